"""The figures of the report, one function each: a run and a palette in, a figure out; None without its numbers."""

import math
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from curriculum.whole_files import whole_file
from driver.errors import RunFolderError
from driver.outputs.run_folder import not_written
from driver.report.evaluation import POLICIES
from driver.report.figures import (
    PAGE,
    PRINT,
    Palette,
    curve,
    figure,
    finish,
    mark_stages,
    png,
    policy_color,
    share_axis,
    stage_starts,
    svg,
)
from driver.report.paper.figures import PAPER_FIGURES
from driver.report.run_data import RunData
from driver.report.statistics import wilson_interval
from driver.report.tables import LABELS, family_rows

_MAX_FAMILIES = 40
_DETAILS = (
    ("sft", "loss", "SFT loss per token"),
    ("train", "entropy", "GRPO: entropy of the policy"),
    ("train", "clip_fraction", "GRPO: share of tokens clipped"),
    ("train", "grad_norm", "GRPO: gradient norm"),
    ("train", "approx_kl", "GRPO: KL to the behaviour policy"),
    ("train", "staleness_mean", "GRPO: versions behind, mean"),
)
_TERMINATION_COLORS = {
    "ok": 2,
    "error": 4,
    "timeout": 1,
    "memory": 3,
    "output_limit": 0,
    "killed": 5,
    "infrastructure": 5,
}
"""Terminations in the order of the bars, with their place in the palette."""


def learning(data: RunData, palette: Palette) -> Figure | None:
    """Success rate and reward per step, stages marked."""
    panels = [
        (name, title)
        for name, title in (("success_rate", "Success rate of rollouts"), ("reward_mean", "Mean reward"))
        if data.values("train", name)
    ]
    if not panels:
        return None
    starts = stage_starts(data)
    with figure(2.9, palette) as made:
        axes = made.subplots(1, len(panels), squeeze=False)[0]
        for ax, (name, title) in zip(axes, panels, strict=True):
            steps, values = data.series("train", name)
            curve(ax, steps, values, palette.series[0], title, [step for step, _ in starts])
            finish(ax, title, "GRPO step")
            mark_stages(ax, starts, palette)
            if name == "success_rate":
                share_axis(ax, values)
            else:
                ax.margins(y=0.15)
        return made


def details(data: RunData, palette: Palette) -> Figure | None:
    """Small multiples of what the optimisers did."""
    shown = [panel for panel in _DETAILS if data.values(panel[0], panel[1])]
    if not shown:
        return None
    starts = stage_starts(data)
    rows = math.ceil(len(shown) / 3)
    with figure(2.2 * rows, palette) as made:
        axes = made.subplots(rows, 3, squeeze=False).flatten()
        for ax, (phase, name, title) in zip(axes, shown, strict=False):
            steps, values = data.series(phase, name)
            breaks = [step for step, _ in starts] if phase == "train" else []
            curve(ax, steps, values, palette.series[1 if phase == "sft" else 0], title, breaks)
            finish(ax, title, f"{'SFT' if phase == 'sft' else 'GRPO'} step")
            if phase == "train":
                mark_stages(ax, starts, palette, named=False)
        for ax in axes[len(shown) :]:
            ax.set_axis_off()
        return made


def families(data: RunData, palette: Palette) -> Figure | None:
    """Accuracy per family and policy, as bars; of more than forty families those that changed most."""
    known = family_rows(data)
    if not known:
        return None
    rows = sorted(sorted(known, key=lambda row: -abs(row.change))[:_MAX_FAMILIES], key=lambda row: row.order)
    shown = [policy for policy in POLICIES if data.evaluation.get(policy)]
    thick = 0.8 / len(shown)
    with figure(0.7 + 0.2 * len(rows) * (0.5 + 0.5 * len(shown)), palette) as made:
        ax = made.subplots()
        for k, policy in enumerate(shown):
            color = palette.series[policy_color(policy)]
            for y, row in enumerate(rows):
                cell = row.accuracy.get(policy)
                if cell is None:
                    continue
                place = y + (k - (len(shown) - 1) / 2) * thick
                ax.barh(place, cell.mean, thick * 0.86, color=color, label=LABELS[policy] if y == 0 else None)
                ax.plot([cell.low, cell.high], [place, place], color=palette.ink, linewidth=0.8, alpha=0.55)
        ax.set_yticks(range(len(rows)), [row.label for row in rows])
        ax.invert_yaxis()
        if len(rows) < len(known):
            ax.set_xlabel(
                f"{len(rows)} of {len(known)} families: those that changed most; all are in the table"
            )
        ax.set_xlim(0, 1)
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.grid(axis="x")
        ax.margins(y=0.02)
        ax.spines["left"].set_visible(False)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(shown), borderaxespad=0.2)
        return made


def potential(data: RunData, palette: Palette) -> Figure | None:
    """Histogram of improvement potential, coloured by the stage in which a task opens."""
    tasks = (data.potential or {}).get("tasks", [])
    if not tasks:
        return None
    stages = sorted({int(task["stage"]) for task in tasks})
    groups = [[float(task["potential"]) for task in tasks if int(task["stage"]) == stage] for stage in stages]
    with figure(2.4, palette) as made:
        ax = made.subplots()
        ax.set_xlim(-0.02, 1.02)
        ax.hist(
            groups,
            bins=[i / 20 for i in range(21)],
            stacked=True,
            color=[palette.series[i % len(palette.series)] for i in range(len(stages))],
            label=[f"stage {stage}: {len(group)} tasks" for stage, group in zip(stages, groups, strict=True)],
            rwidth=0.92,
        )
        for edge in (data.potential or {}).get("boundaries", []):
            if 0 < float(edge) < 1:
                ax.axvline(float(edge), color=palette.muted, linewidth=0.8, linestyle=(0, (3, 3)))
        finish(ax, "", "improvement potential 4p(1-p)")
        ax.set_ylabel("tasks")
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return made


def executions(data: RunData, palette: Palette) -> Figure | None:
    """How executions ended, as shares of each step's executions."""
    lines = [line for line in data.lines_of("train") if any(n.startswith("executions/") for n in line.values)]
    present = data.totals("train", "executions/")
    kinds = [kind for kind in _TERMINATION_COLORS if present.get(kind)]
    if not lines or not kinds:
        return None
    steps = [line.step for line in lines]
    counts = [[line.values.get(f"executions/{kind}", 0.0) for kind in kinds] for line in lines]
    with figure(2.3, palette) as made:
        ax = made.subplots()
        shares = [[row[k] / max(sum(row), 1.0) for row in counts] for k in range(len(kinds))]
        colors = [palette.series[_TERMINATION_COLORS[kind]] for kind in kinds]
        bottom = [0.0] * len(steps)
        for share, kind, color in zip(shares, kinds, colors, strict=True):
            ax.bar(steps, share, 0.9, bottom=bottom, color=color, label=kind, linewidth=0)
            bottom = [low + high for low, high in zip(bottom, share, strict=True)]
        finish(ax, "", "GRPO step")
        ax.set_ylim(0, 1)
        ax.margins(x=0.02)
        ax.set_ylabel("share of executions")
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return made


def busy(data: RunData, palette: Palette) -> Figure | None:
    """Share of each step's wall time in which each part was busy, and how much of the learner's was shared."""
    names = (
        ("rollout_share", "generating"),
        ("learner_share", "learner computing"),
        ("sandbox_share", "scripts running"),
        ("overlap", "learner's time with rollouts beside it"),
    )
    shown = [(i, name, label) for i, (name, label) in enumerate(names) if data.values("train", name)]
    if not shown:
        return None
    with figure(2.3, palette) as made:
        ax = made.subplots()
        for i, name, label in shown:
            curve(ax, *data.series("train", name), palette.series[i], label)
        finish(ax, "", "GRPO step")
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("share of wall time")
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return made


def readme(data: RunData, palette: Palette) -> Figure | None:
    """The main plot: accuracy of the three policies, and the success rate while training."""
    shown = [policy for policy in POLICIES if data.evaluation.get(policy)]
    steps, values = data.series("train", "success_rate")
    if not shown and not steps:
        return None
    with figure(2.9, palette) as made:
        left, right = made.subplots(1, 2, width_ratios=[1, 2])
        for x, policy in enumerate(shown):
            cell = wilson_interval([item.correct for item in data.evaluation[policy]])
            if cell is None:
                continue
            left.bar(x, cell.mean, 0.62, color=palette.series[policy_color(policy)])
            left.plot([x, x], [cell.low, cell.high], color=palette.ink, linewidth=1.1)
            left.annotate(f"{cell.mean:.0%}", (x, cell.high), (0, 3), textcoords="offset points", ha="center")
        left.set_xticks(range(len(shown)), [LABELS[policy] for policy in shown])
        left.set_ylim(0, 1.08)
        left.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        finish(left, "Accuracy on items not trained on", "")
        if steps:
            starts = stage_starts(data)
            curve(right, steps, values, palette.series[2], "", [step for step, _ in starts])
            share_axis(right, values)
            finish(right, "Success rate of rollouts during GRPO", "step")
            mark_stages(right, starts, palette)
        else:
            right.set_axis_off()
        return made


FIGURES: dict[str, Callable[[RunData, Palette], Figure | None]] = {
    "learning": learning,
    "details": details,
    "families": families,
    "potential": potential,
    "executions": executions,
    "busy": busy,
}


def page_figures(data: RunData) -> dict[str, str]:
    """Every figure that the run has numbers for, as inline SVG by name."""
    made = {name: draw(data, PAGE) for name, draw in (FIGURES | PAPER_FIGURES).items()}
    return {name: svg(fig) for name, fig in made.items() if fig is not None}


def write_plots(data: RunData) -> list[Path]:
    """Write `plots/learning.png` and those of the paper's figures, `plots/paper_*.png`; none without its numbers."""
    written = []
    for name, draw in ({"learning": readme} | PAPER_FIGURES).items():
        made = draw(data, PRINT)
        if made is None:
            continue
        path = data.folder / "plots" / f"{name}.png"
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise not_written(path, error) from error
        with whole_file(path, failure=RunFolderError) as draft:
            draft.write_bytes(png(made))
        written.append(path)
    return written
