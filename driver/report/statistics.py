"""Intervals and smoothing for the report. Pure: numbers in, numbers out.

Notation: n items, each with an outcome in [0, 1]: the share of its samples that were right.

Two questions, two intervals. *Other questions of the same families*: the items are independent draws
(`wilson_interval`, `paired_difference`). *Other families like these*: the families are the draws, and their items,
which rise and fall together, only measure them (`interval_over_families`); with few families it is much the wider one.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

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


def pass_at_k(num_correct: int, num_samples: int, k: int) -> float:
    """The chance that at least one of k samples drawn from `num_samples` without putting back is right.

    1 - C(n - c, k) / C(n, k), which is unbiased for the chance that one of k fresh samples is (Chen et al. 2021,
    arXiv 2107.03374, equation 1).

    Raises:
        ValueError: k is not in 1 to `num_samples`, or more samples are right than there are.
    """
    if not 1 <= k <= num_samples or not 0 <= num_correct <= num_samples:
        raise ValueError(f"pass@{k} cannot be told from {num_correct} of {num_samples} samples")
    return 1 - math.comb(num_samples - num_correct, k) / math.comb(num_samples, k)


def interval_over_families(
    outcomes: Sequence[float],
    families: Sequence[str],
    of_items: Interval,
    *,
    lowest: float = 0.0,
    resamples: int = 10_000,
) -> Interval | None:
    """95 % interval of the mean for families like these; None for fewer than two of them.

    The widest of three, since each is too narrow in a case of its own:

    * the percentiles of the bootstrap that draws G families with all their items, taken further out by
      Phi(-sqrt(G/(G-1)) t_{G-1}) instead of Phi(-z): the plain ones are too narrow by sqrt((G-1)/G) and know no t
      (Hesterberg, The American Statistician 69, 2015, section 4.3);
    * mean -+ t_{G-1} s with s^2 = G/(G-1) sum_g (sum_i x_gi - n_g mean)^2 / n^2: with three or four families the
      bootstrap ends at the best and the worst of them;
    * the interval of the items, which is not zero where all families happen to agree.

    In simulations of 24 items a family it held the truth 91 to 97 times in 100 from four families on; 81 to 93 times
    where most families are next to never solved and a few nearly always. The items' interval did so 37 to 75 times.

    Args:
        outcomes: outcome per item, or difference of two outcomes.
        families: family of each item.
        of_items: mean and interval of the same outcomes that take the items for independent.
        lowest: least value that an outcome can have: 0 for a share, -1 for a difference of shares.
        resamples: draws of the bootstrap.

    Returns:
        The same mean, with `n` families.
    """
    if len(outcomes) != len(families):
        raise ValueError(f"{len(outcomes)} outcomes but {len(families)} families: each item has one of each")
    names = sorted(set(families))
    num_families = len(names)
    if num_families < 2:
        return None
    index = {name: i for i, name in enumerate(names)}
    place = np.array([index[name] for name in families])
    sums_G = np.bincount(place, weights=np.asarray(outcomes, dtype=float), minlength=num_families)
    counts_G = np.bincount(place, minlength=num_families).astype(float)
    mean, inflation = float(sums_G.sum() / counts_G.sum()), num_families / (num_families - 1)
    quantile = t_quantile(num_families - 1)
    spread = math.sqrt(inflation * float(((sums_G - counts_G * mean) ** 2).sum())) / len(outcomes)
    # Seeded: the same run has the same report.
    drawn_RG = np.random.default_rng(0).multinomial(
        num_families, np.full(num_families, 1 / num_families), resamples
    )
    means_R = (drawn_RG @ sums_G) / (drawn_RG @ counts_G)
    tail = NormalDist().cdf(-math.sqrt(inflation) * quantile)
    lows = (float(np.quantile(means_R, tail)), mean - quantile * spread, of_items.low)
    highs = (float(np.quantile(means_R, 1 - tail)), mean + quantile * spread, of_items.high)
    return Interval(mean=of_items.mean, low=max(lowest, min(lows)), high=min(1.0, max(highs)), n=num_families)


@functools.cache
def t_quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t distribution with this many degrees of freedom."""
    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_share_below(middle, freedom) < 0.975 else (low, middle)
    return low


def _t_share_below(x: float, freedom: int) -> float:
    """P(t <= x) for x >= 0: with x = sqrt(v) tan(a) the density becomes cos(a)^(v-1), which Simpson's rule adds up."""
    angles = np.linspace(0.0, math.atan(x / math.sqrt(freedom)), 2001)
    heights = np.cos(angles) ** (freedom - 1)
    weights = np.where(np.arange(2001) % 2, 4.0, 2.0)
    weights[[0, -1]] = 1.0
    area = float(weights @ heights) * float(angles[1]) / 3
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    return 0.5 + scale * area


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
