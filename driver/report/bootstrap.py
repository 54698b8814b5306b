"""Bootstrap intervals of a mean over families, in which each family counts once however many tasks it has.

The paper's averages are over families ("tasks" there); with as many tasks of each family it is the plain mean too.
Two intervals, as in `driver.report.statistics`: other tasks of the same families, and other families like these. Pure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driver.report.statistics import Interval, interval_over_families, paired_difference, wilson_interval

_RESAMPLES = 2000


@dataclass(frozen=True)
class FamilyMean:
    """A mean over families: `tasks` for other tasks of the same families, `families` for other families."""

    tasks: Interval
    """Its `n` is the number of tasks."""
    families: Interval | None
    """Its `n` is the number of families; None for fewer than two."""

    @property
    def mean(self) -> float:
        """The mean of the families' means."""
        return self.tasks.mean


def mean_over_families(outcomes: Sequence[float], families: Sequence[str]) -> FamilyMean | None:
    """Mean of the families' mean outcomes with both 95 % intervals; None without tasks.

    Args:
        outcomes: outcome in [0, 1] per task.
        families: family of each task.
    """
    stand_in = wilson_interval(outcomes)
    return None if stand_in is None else _both(outcomes, families, stand_in, lowest=0.0)


def gain_over_families(
    before: Sequence[float], after: Sequence[float], families: Sequence[str]
) -> FamilyMean | None:
    """Mean of the families' mean gains on the same tasks with both 95 % intervals; None without tasks.

    Args:
        before: outcome in [0, 1] per task.
        after: outcome of the same tasks in the same order.
        families: family of each task.
    """
    stand_in = paired_difference(before, after)
    if stand_in is None:
        return None
    return _both([b - a for a, b in zip(before, after, strict=True)], families, stand_in, lowest=-1.0)


def _both(
    outcomes: Sequence[float], families: Sequence[str], stand_in: Interval, *, lowest: float
) -> FamilyMean:
    tasks = interval_over_tasks(outcomes, families, stand_in, lowest=lowest)
    means = _family_means(outcomes, families)
    return FamilyMean(
        tasks=tasks,
        families=interval_over_families(
            list(means.values()), list(means), tasks, lowest=lowest, resamples=_RESAMPLES
        ),
    )


def interval_over_tasks(
    outcomes: Sequence[float], families: Sequence[str], stand_in: Interval, *, lowest: float
) -> Interval:
    """95 % percentile bootstrap of the mean over families that draws tasks anew within each family.

    Each family's draws are spread by sqrt(n/(n-1)) around its mean, since those of n tasks vary by (n-1)/n too little
    (Hesterberg, The American Statistician 69, 2015, section 4.3). Where the tasks of every family agree, nothing is
    drawn but the mean itself; the width of `stand_in`, an interval of the same tasks taken for independent, is used.

    Args:
        outcomes: outcome per task, or difference of two outcomes.
        families: family of each task.
        stand_in: see above.
        lowest: least value that an outcome can have.
    """
    if len(outcomes) != len(families):
        raise ValueError(f"{len(outcomes)} outcomes but {len(families)} families: each task has one of each")
    rng = np.random.default_rng(0)
    names = sorted(set(families))
    values, place = np.asarray(outcomes, dtype=float), np.asarray(families)
    drawn_R = np.zeros(_RESAMPLES)
    total = 0.0
    for name in names:
        # L different outcomes: drawing how often each comes is drawing tasks.
        levels_L, counts_L = np.unique(values[place == name], return_counts=True)
        n = int(counts_L.sum())
        mean = float(counts_L @ levels_L) / n
        total += mean
        if len(levels_L) > 1:
            drawn_RL = rng.multinomial(n, counts_L / n, _RESAMPLES)
            drawn_R += (drawn_RL @ levels_L / n - mean) * math.sqrt(n / (n - 1))
    mean, drawn_R = total / len(names), drawn_R / len(names)
    if not drawn_R.any():
        low, high = mean - (stand_in.mean - stand_in.low), mean + (stand_in.high - stand_in.mean)
    else:
        low, high = mean + float(np.quantile(drawn_R, 0.025)), mean + float(np.quantile(drawn_R, 0.975))
    return Interval(mean=mean, low=max(lowest, low), high=min(1.0, high), n=len(outcomes))


def _family_means(outcomes: Sequence[float], families: Sequence[str]) -> dict[str, float]:
    by_family: dict[str, list[float]] = {}
    for outcome, family in zip(outcomes, families, strict=True):
        by_family.setdefault(family, []).append(outcome)
    return {family: sum(found) / len(found) for family, found in sorted(by_family.items())}
