"""Metric sums of one optimiser step on one rank, to be added up over ranks."""

from collections.abc import Callable

SumOverRanks = Callable[[list[float]], list[float]]
MaxOverRanks = Callable[[float], float]


class Totals:
    """Collects metrics over micro-batches.

    Example: `totals.add(120, whole={"loss": 0.2}, per_token={"entropy": 96.0})`, then `reduced(...)` gives
    `{"loss": 0.2, "entropy": 0.8}` for one rank.
    """

    def __init__(self) -> None:
        self._whole: dict[str, float] = {}
        self._per_token: dict[str, float] = {}
        self._num_tokens = 0
        self._ratio_max = 0.0

    def add(
        self, num_tokens: int, *, whole: dict[str, float], per_token: dict[str, float], ratio_max: float = 0.0
    ) -> None:
        """Add a micro-batch of `num_tokens`: parts that add up to a mean, and sums over its tokens.

        An empty micro-batch, `num_tokens` 0, adds nothing but the metrics' names: ranks must agree on them.
        """
        scale = 1.0 if num_tokens else 0.0
        for own, new in ((self._whole, whole), (self._per_token, per_token)):
            for name, value in new.items():
                own[name] = own.get(name, 0.0) + scale * value
        self._num_tokens += num_tokens
        self._ratio_max = max(self._ratio_max, scale * ratio_max)

    def reduced(self, sum_over_ranks: SumOverRanks, max_over_ranks: MaxOverRanks) -> dict[str, float]:
        """The same on every rank: parts added up, token sums divided by all tokens."""
        names = [*self._whole, *self._per_token]
        values = [*self._whole.values(), *self._per_token.values(), float(self._num_tokens)]
        *sums, num_tokens = sum_over_ranks(values)
        means = {
            name: total if name in self._whole else total / max(num_tokens, 1.0)
            for name, total in zip(names, sums, strict=True)
        }
        ratio_max = max_over_ranks(self._ratio_max)
        return {**means, "ratio_max": ratio_max} if "ratio_mean" in means else means
