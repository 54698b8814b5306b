"""What k right of N rollouts say of a task's success rate p: with a uniform prior, p ~ Beta(k + 1, N - k + 1).

An expected potential takes counts that decay made fractions, and arrays of them; an interval needs whole counts.
"""

from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from curriculum.frozen import Frozen
from curriculum.gates import checked_counts

INTERVAL_LEVEL = 0.9
"""Share of the posterior inside the interval that is written down, as much left out below as above."""
_BISECTIONS = 40  # to 1e-12


class SuccessPosterior(Frozen):
    """What is known of a success rate.

    Example: `success_posterior(0, 8)` has mean 0.1 and the interval 0.0057 to 0.2831.
    """

    mean: float
    """Posterior mean of p: (k + 1) / (N + 2)."""
    low: float
    """p is below this with half of the probability that the interval leaves out."""
    high: float
    """p is above this with the other half."""
    expected_potential: float
    """Posterior mean of 4p(1-p)."""


@lru_cache(maxsize=4096)
def success_posterior(num_correct: int, num_rollouts: int, level: float = INTERVAL_LEVEL) -> SuccessPosterior:
    """Mean, interval and expected potential of Beta(k + 1, N - k + 1); without rollouts, of the uniform prior.

    Args:
        num_correct: k.
        num_rollouts: N.
        level: Probability inside the interval, in (0, 1).

    Raises:
        ValueError: If the counts are impossible, or the level is no probability inside (0, 1).
    """
    checked_counts(num_correct, num_rollouts)
    if not 0 < level < 1:
        raise ValueError(f"an interval of level {level} is impossible: choose one between 0 and 1")
    return SuccessPosterior(
        mean=(num_correct + 1) / (num_rollouts + 2),
        low=_quantile((1 - level) / 2, num_correct, num_rollouts),
        high=_quantile((1 + level) / 2, num_correct, num_rollouts),
        expected_potential=float(expected_potential(num_correct, num_rollouts - num_correct)),
    )


def expected_potential(num_correct: ArrayLike, num_wrong: ArrayLike) -> np.ndarray:
    """E[4 p (1 - p)] = 4 a b / ((a + b) (a + b + 1)) for p ~ Beta(a, b), a and b one more than the counts.

    Args:
        num_correct: float, of any shape.
        num_wrong: float, of the same shape.

    Returns:
        float, of that shape, in (0, 1).
    """
    a, b = np.add(num_correct, 1.0), np.add(num_wrong, 1.0)
    return np.asarray(4 * a * b / ((a + b) * (a + b + 1)))


def is_settled(num_correct: int, num_rollouts: int, *, width: float, level: float = INTERVAL_LEVEL) -> bool:
    """True if p is known to within an interval of this width: more rollouts of the task would tell little.

    It settles soonest where all or none are right, which is where most tasks of a weak model are. Counts at which
    sampling stopped by this rule are not binomial: the bias correction N / (N - 1) then does not hold exactly.

    Args:
        num_correct: k.
        num_rollouts: N.
        width: Widest interval that is narrow enough, in (0, 1).
        level: Probability inside the interval.
    """
    posterior = success_posterior(num_correct, num_rollouts, level)
    return posterior.high - posterior.low <= width


def _quantile(share: float, num_correct: int, num_rollouts: int) -> float:
    """Where Beta(k + 1, N - k + 1) has this share below it, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _share_below(middle, num_correct, num_rollouts) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _share_below(p: float, num_correct: int, num_rollouts: int) -> float:
    """The Beta's distribution function: more than k of N + 1 draws below p, each with probability p."""
    n = num_rollouts + 1
    return sum(comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(num_correct + 1, n + 1))
