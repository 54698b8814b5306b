"""The plot of docs/theory.md: what a group of rollouts can teach against the success rate of its task.

usage: python benchmarks/plot_theory.py [docs/theory.png]
Lines are formulas; points are drawn groups through the trainer's own advantages, with two standard errors.
"""

import math
import sys
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from actors.learning.advantages import group_advantages, has_mixed_outcome
from driver.report.figures import PRINT, figure, png

GROUP_SIZES = (5, 8, 16)
NUM_GROUPS = 4000
_DRAWN_AT = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9)


def mixed_chance(p: NDArray[np.float64], group_size: int) -> NDArray[np.float64]:
    """P(mixed) = 1 - p^G - (1 - p)^G: mean square of a std-normalised advantage, over 1 - 1/G."""
    return np.asarray(1 - p**group_size - (1 - p) ** group_size)


def drawn(p: float, group_size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Over seeded groups: whether each is mixed, and 4 / (1 - 1/G) times its mean square advantage.

    The second one's mean is 4 p (1 - p) by Lemma C.1. Every p and G has draws of its own.
    """
    outcomes_NG = np.random.default_rng([group_size, round(1000 * p)]).random((NUM_GROUPS, group_size)) < p
    mixed_N = np.array([float(has_mixed_outcome(row_G)) for row_G in outcomes_NG])
    squares_N = np.array([np.mean(group_advantages(row_G.astype(np.float64)) ** 2) for row_G in outcomes_NG])
    return mixed_N, 4 / (1 - 1 / group_size) * squares_N


def _lines(ax: Axes, rates: NDArray[np.float64]) -> None:
    plain, *others = PRINT.series
    ax.plot(rates, 4 * rates * (1 - rates), color=plain, label="4p(1 - p): potential, exact mean")
    for color, group_size in zip(others, GROUP_SIZES, strict=False):
        label = f"P(mixed), G = {group_size}: with std"
        ax.plot(rates, mixed_chance(rates, group_size), color=color, label=label)


def _points(ax: Axes) -> None:
    plain, *others = PRINT.series
    for p in _DRAWN_AT:
        for color, group_size in zip(others, GROUP_SIZES, strict=False):
            mixed_N, squares_N = drawn(p, group_size)
            _point(ax, p, mixed_N, color)
            if group_size == GROUP_SIZES[0]:
                _point(ax, p, squares_N, plain)


def _point(ax: Axes, p: float, values_N: NDArray[np.float64], color: str) -> None:
    error = 2 * float(values_N.std(ddof=1)) / math.sqrt(len(values_N))
    ax.errorbar(p, float(values_N.mean()), error, fmt="o", color=color, markersize=3, linewidth=1)


def plot() -> bytes:
    """Both panels as PNG: all rates, and the rare end on logarithmic axes."""
    with figure(3.6, PRINT) as made:
        whole, rare = made.subplots(1, 2)
        for ax, rates in ((whole, np.linspace(0, 1, 401)), (rare, np.geomspace(0.001, 0.5, 200))):
            _lines(ax, rates)
            _points(ax)
            ax.set_xlabel("success rate p")
            ax.grid(color=PRINT.grid)
        whole.set_title("Signal of a group, its largest value 1")
        rare.set_title("The same where right answers are rare")
        rare.set(xscale="log", yscale="log", xlim=(0.001, 0.5), ylim=(0.003, 1.3))
        whole.legend(loc="lower center")
        return png(made)


if __name__ == "__main__":
    default = Path(__file__).parents[1] / "docs" / "theory.png"
    (Path(sys.argv[1]) if len(sys.argv) > 1 else default).write_bytes(plot())
