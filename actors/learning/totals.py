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
        self._largest: dict[str, float] = {}

    def add(
        self,
        num_tokens: int,
        *,
        whole: dict[str, float],
        per_token: dict[str, float],
        largest: dict[str, float] | None = None,
    ) -> None:
        """Add a micro-batch of `num_tokens`: parts that add up to a mean, sums over its tokens, and their largest.

        An empty micro-batch, `num_tokens` 0, adds nothing but the metrics' names: ranks must agree on them.
        """
        scale = 1.0 if num_tokens else 0.0
        for name, value in (largest or {}).items():
            self._largest[name] = max(self._largest.get(name, 0.0), scale * value)
        for own, new in ((self._whole, whole), (self._per_token, per_token)):
            for name, value in new.items():
                own[name] = own.get(name, 0.0) + scale * value
        self._num_tokens += num_tokens

    def reduced(self, sum_over_ranks: SumOverRanks, max_over_ranks: MaxOverRanks) -> dict[str, float]:
        """The same on every rank: parts added up, token sums divided by all tokens, the largest of the largest."""
        names = [*self._whole, *self._per_token]
        values = [*self._whole.values(), *self._per_token.values(), float(self._num_tokens)]
        *sums, num_tokens = sum_over_ranks(values)
        means = {
            name: total if name in self._whole else total / max(num_tokens, 1.0)
            for name, total in zip(names, sums, strict=True)
        }
        return {**means, **{name: max_over_ranks(value) for name, value in self._largest.items()}}
