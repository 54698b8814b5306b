"""The plot of docs/scaling.md: where a step's seconds go, and how near each part is to its end."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from driver.report.figures import PRINT, figure, png
from scale.closed_forms import learner_s, work_s
from scale.settings import ScaleSettings

_TIMES = {"wait_s": "groups", "train_s": "learner", "sync_s": "weights", "write_s": "writing"}
_LINES = {
    "weights, their whole way": "weights, their whole way",
    "network": "of it, the network",
    "scorer": "scorer",
    "driver, handing groups to ranks": "driver: groups to ranks",
    "driver, a group's calls": "driver: calls",
    "ranks, preparing groups": "ranks: preparing",
}


def plotted(built: Sequence[dict[str, Any]], mended: Sequence[dict[str, Any]]) -> bytes:
    """Both panels as PNG, from simulated runs at the same scales."""
    with figure(3.8, PRINT) as made:
        seconds, shares = made.subplots(1, 2)
        _seconds(seconds, built, mended)
        _shares(shares, [run["gpus"] for run in built])
        return png(made)


def _seconds(ax: Axes, built: Sequence[dict[str, Any]], mended: Sequence[dict[str, Any]]) -> None:
    places = range(len(built))
    below = [0.0] * len(built)
    for (name, label), color in zip(_TIMES.items(), PRINT.series, strict=False):
        heights = [run[name] for run in built]
        ax.bar(places, heights, bottom=below, color=color, label=label, width=0.7)
        below = [a + b for a, b in zip(below, heights, strict=True)]
    ax.plot(
        places, [run["total_s"] for run in mended], "o", color=PRINT.ink, markersize=4, label="mended, all"
    )
    ax.set_xticks(list(places), [f"{run['gpus']:,}" for run in built], fontsize=7)
    ax.set(xlabel="GPUs", ylabel="seconds")
    ax.set_title("A step, simulated")
    ax.grid(axis="y", color=PRINT.grid)
    ax.legend(loc="upper left")


def _shares(ax: Axes, scales: Sequence[int]) -> None:
    at = [ScaleSettings(gpus=gpus) for gpus in scales]
    for (part, label), color in zip(_LINES.items(), PRINT.series, strict=False):
        # None at all has no place on a logarithmic axis.
        shares = [work_s(s)[part] / learner_s(s) or math.nan for s in at]
        ax.plot(scales, shares, color=color, label=label)
    ax.axhline(1.0, color=PRINT.ink, linewidth=0.8, linestyle="--")
    ax.set(xscale="log", yscale="log", xlabel="GPUs", ylim=(0.001, 100))
    ax.set_xticks(list(scales), [f"{gpus:,}" for gpus in scales], fontsize=7)
    ax.minorticks_off()
    ax.set_title("Work of a step over the learner's passes, as built")
    ax.grid(color=PRINT.grid)
    ax.legend(loc="upper left", fontsize=7)
