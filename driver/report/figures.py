"""How every figure of the report is drawn: fonts, colours, stage marks, confidence bands, and export.

In the page a figure is inline SVG whose colours are CSS variables, so that it follows the reader's light or dark
theme; a PNG has fixed colours on white. No figure goes through pyplot: nothing global, nothing to close.
"""

import io
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from driver.report.run_data import RunData
from driver.report.statistics import moving_average

WIDTH_IN = 9.2
"""Width of a full figure; the page scales it to its column."""

_STYLE: dict[str, Any] = {
    "figure.constrained_layout.h_pad": 0.1,
    "figure.constrained_layout.w_pad": 0.06,
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.titlepad": 9.0,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "xtick.major.width": 0.7,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
}


@dataclass(frozen=True)
class Palette:
    """Colours by role. The `PAGE` palette holds stand-ins that `svg` replaces by CSS variables."""

    ink: str
    muted: str
    grid: str
    series: tuple[str, ...]
    paper: str


PAGE = Palette(
    ink="#010203",
    muted="#010204",
    grid="#010205",
    series=("#010211", "#010212", "#010213", "#010214", "#010215", "#010216"),
    paper="#010206",
)
PRINT = Palette(
    ink="#1c2430",
    muted="#5b6675",
    grid="#e3e7ec",
    series=("#2f6fb5", "#d5772a", "#2f8f63", "#8a63b8", "#c4485a", "#7a8594"),
    paper="#ffffff",
)

_VARIABLES = {
    PAGE.ink: "var(--ink)",
    PAGE.muted: "var(--muted)",
    PAGE.grid: "var(--grid)",
    PAGE.paper: "var(--paper)",
    **{color: f"var(--c{i})" for i, color in enumerate(PAGE.series, 1)},
}


@contextmanager
def figure(height_in: float, palette: Palette, width_in: float = WIDTH_IN) -> Iterator[Figure]:
    """A transparent figure in the report's style."""
    settings: Any = _STYLE | {
        "text.color": palette.ink,
        "axes.edgecolor": palette.muted,
        "axes.labelcolor": palette.muted,
        "axes.titlecolor": palette.ink,
        "xtick.color": palette.muted,
        "ytick.color": palette.muted,
        "grid.color": palette.grid,
    }
    with mpl.rc_context(settings):
        made = Figure(figsize=(width_in, height_in), layout="constrained")
        made.patch.set_alpha(0.0)
        yield made


def svg(made: Figure) -> str:
    """The figure as SVG text for inclusion in a page; colours are CSS variables."""
    buffer = io.StringIO()
    made.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for stand_in, variable in _VARIABLES.items():
        text = text.replace(stand_in, variable)
    # Size comes from the page; fonts too.
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return re.sub(r"font-family: [^;\"]*;?|font: (\S+) [^;\"]*", _font, text)


def png(made: Figure, palette: Palette = PRINT) -> bytes:
    """The figure as PNG on the palette's paper."""
    buffer = io.BytesIO()
    made.savefig(buffer, format="png", dpi=160, facecolor=palette.paper)
    return buffer.getvalue()


def curve(
    ax: Axes,
    steps: Sequence[int],
    values: Sequence[float],
    color: str,
    label: str,
    breaks: Sequence[int] = (),
) -> None:
    """The points, their moving average and its 95 % band; smoothing never crosses a step in `breaks`."""
    size, strength = (2.5, 0.35) if len(steps) > 60 else (4.5, 0.5) if len(steps) > 1 else (7, 1.0)
    ax.plot(steps, values, ".", color=color, markersize=size, alpha=strength, markeredgewidth=0)
    edges = [-math.inf, *breaks, math.inf]
    named = False
    for first, beyond in itertools.pairwise(edges):
        inside = [i for i, step in enumerate(steps) if first <= step < beyond]
        if not inside:
            continue
        xs = [steps[i] for i in inside]
        band = moving_average([values[i] for i in inside], window(len(steps)))
        ax.fill_between(xs, band.low, band.high, color=color, alpha=0.16, linewidth=0)
        ax.plot(xs, band.mean, color=color, linewidth=1.7, label=None if named else label)
        named = True


def window(count: int) -> int:
    """Steps that one point of a smoothed curve averages: a tenth of them, odd, 5 to 25."""
    return min(25, max(5, count // 10)) | 1


def stage_starts(data: RunData) -> list[tuple[int, int]]:
    """(step, stage) wherever training entered a stage, first one included."""
    starts: list[tuple[int, int]] = []
    for step, stage in zip(*data.series("train", "stage"), strict=True):
        if math.isfinite(stage) and (not starts or int(stage) != starts[-1][1]):
            starts.append((step, int(stage)))
    return starts


def mark_stages(ax: Axes, starts: Sequence[tuple[int, int]], palette: Palette, *, named: bool = True) -> None:
    """A dashed line where each later stage begins, and the stages' names along the top."""
    for i, (step, stage) in enumerate(starts):
        if i:
            ax.axvline(step - 0.5, color=palette.muted, linewidth=0.8, linestyle=(0, (3, 3)))
        if named and len(starts) > 1:
            ax.annotate(
                f"stage {stage}",
                (step - (0.5 if i else 0.0), 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(4, -2),
                textcoords="offset points",
                va="top",
                fontsize=8,
                color=palette.muted,
            )


def policy_color(policy: str) -> int:
    """Place of a policy's colour in the palette: the same in every figure."""
    return {"base": 5, "sft": 1, "grpo": 0}[policy]


def share_axis(ax: Axes, values: Sequence[float]) -> None:
    """An upright axis in percent from 0 to a little above the largest value."""
    top = max((v for v in values if math.isfinite(v)), default=1.0)
    ax.set_ylim(0, min(1.02, max(0.1, top * 1.25)))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def finish(ax: Axes, title: str, xlabel: str) -> None:
    """Title, name of the level axis, grid; whole numbers on an axis of steps."""
    if title:
        ax.set_title(title)
    ax.set_xlabel(xlabel)
    ax.grid(axis="y")
    if xlabel.endswith("step"):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))


def _font(match: re.Match[str]) -> str:
    return f"font-size: {match[1]}" if match[1] else ""
