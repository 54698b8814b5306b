"""Intervals and smoothing for the report. Pure: numbers in, numbers out.

Notation: n items, each with an outcome in [0, 1]: the share of its samples that were right.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval: `Interval(mean=0.5, low=0.24, high=0.76, n=10)`."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside: the sign of the estimate is then settled at this level."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Band:
    """A smoothed curve: centre, and the 95 % interval of the centre; NaN where it has no value."""

    mean: list[float]
    low: list[float]
    high: list[float]


def wilson_interval(outcomes: Sequence[float]) -> Interval | None:
    """Wilson's 95 % score interval of a mean of outcomes; None without outcomes.

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). Wilson 1927. An outcome that is a share
    varies less than a coin with the same mean, so for it the interval is too wide rather than too narrow.
    """
    n = len(outcomes)
    if n == 0:
        return None
    p = _mean_in_unit_interval(outcomes)
    low, high = _wilson(p, n)
    return Interval(mean=p, low=low, high=high, n=n)


def paired_difference(before: Sequence[float], after: Sequence[float]) -> Interval | None:
    """95 % interval of mean(after) - mean(before) on the same items; None without items.

    Newcombe's square-and-add interval for paired proportions (Statistics in Medicine 17, 1998, method 10):
    the Wilson limits of both means, joined by the correlation of the pairs with his continuity correction.
    Unlike a bootstrap it does not collapse to a point when few items change.

    Args:
        before: outcome per item.
        after: outcome of the same items in the same order.
    """
    n = len(before)
    if n != len(after):
        raise ValueError(f"before has {n} items and after has {len(after)}: they must be the same items")
    if n == 0:
        return None
    p1, p2 = _mean_in_unit_interval(after), _mean_in_unit_interval(before)
    (l1, u1), (l2, u2) = _wilson(p1, n), _wilson(p2, n)
    phi = _correlation(after, before, p1, p2)
    d = p1 - p2
    low = d - _root((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2)
    high = d + _root((u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2)
    return Interval(mean=d, low=low, high=high, n=n)


def moving_average(values: Sequence[float], window: int) -> Band:
    """Centred moving average with the 95 % interval mean +- z s/sqrt(k) of the k values in each window.

    s^2 = sum (v_i - mean_i)^2 / sum (1 - 1/k_i) over all places: one spread for the whole curve, since a window
    holds too few values for one of its own. A trend inside the window widens it. NaN values are left out; a place
    whose window holds none is NaN, and so is the band where no spread can be known.
    """
    if window < 1:
        raise ValueError(f"window={window} must be at least 1")
    before, after = (window - 1) // 2, window // 2
    means, counts = [], []
    for i in range(len(values)):
        near = [v for v in values[max(0, i - before) : i + after + 1] if not math.isnan(v)]
        means.append(sum(near) / len(near) if near else math.nan)
        counts.append(len(near))
    known = [i for i, v in enumerate(values) if not math.isnan(v)]
    freedom = sum(1 - 1 / counts[i] for i in known)
    spread = sum((values[i] - means[i]) ** 2 for i in known)
    sigma = math.sqrt(spread / freedom) if freedom > 0 else math.nan
    halves = [Z95 * sigma / math.sqrt(k) if k else math.nan for k in counts]
    return Band(
        mean=means,
        low=[m - h for m, h in zip(means, halves, strict=True)],
        high=[m + h for m, h in zip(means, halves, strict=True)],
    )


def _wilson(p: float, n: int) -> tuple[float, float]:
    z2 = Z95 * Z95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # At p = 0 or 1 one limit is p itself; rounding must not push it past.
    return min(max(0.0, centre - half), p), max(min(1.0, centre + half), p)


def _correlation(x: Sequence[float], y: Sequence[float], p: float, q: float) -> float:
    n = len(x)
    both = sum(a * b for a, b in zip(x, y, strict=True))
    only_x, only_y = n * p - both, n * q - both
    neither = n - both - only_x - only_y
    scale = n * n * math.sqrt(p * (1 - p) * q * (1 - q))
    if scale == 0:
        return 0.0
    product = both * neither - only_x * only_y
    corrected = max(product - n / 2, 0.0) if product > 0 else product
    return corrected / scale


def _root(square: float) -> float:
    return math.sqrt(max(square, 0.0))


def _mean_in_unit_interval(outcomes: Sequence[float]) -> float:
    if not all(0 <= x <= 1 for x in outcomes):
        worst = max(outcomes, key=lambda x: abs(x - 0.5))
        raise ValueError(f"outcomes must lie in [0, 1], one is {worst}")
    return sum(outcomes) / len(outcomes)
