"""Figures 1b, 3, 4 and 5 of the paper from our numbers, as far as what was read of it says what they show.

A run and a palette in, a figure out; None without its numbers. What of each is known, and what is ours, is in
`CAPTIONS`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from driver.report.behaviour import Behaviour, StepRollouts, behaviours, training_steps
from driver.report.bootstrap import FamilyMean, gain_over_families, mean_over_families
from driver.report.evaluation import POLICIES, paired
from driver.report.figures import (
    Palette,
    curve,
    figure,
    finish,
    mark_stages,
    policy_color,
    share_axis,
    stage_starts,
)
from driver.report.paper.numbers import GAIN_BY_FAMILIES
from driver.report.run_data import RunData
from driver.report.tables import LABELS, counts_of

CAPTIONS = {
    "paper_1b": (
        "Figure 1b: the reward over the steps of staged GRPO. Of the paper's it is said that most is gained "
        "in stages 1 and 2, that the level dips where a group of tasks joins, and that stage 4 is flat. Here: "
        "the share of right rollouts among all that were made (points, moving average with its 95 % band), "
        "each stage's mean over its rollouts (thick), and accuracy before and after on tasks that were not trained on "
        "(diamonds, mean over families, both kinds)."
    ),
    "paper_3": (
        "Figure 3: of its panels only d is described, the gain of GRPO against the number of families trained "
        "on, and of that its two ends. Right: those two and this run. Left, ours: accuracy on tasks that were "
        "not trained on by agent and policy, mean over families; lines are 95 % intervals for other tasks of "
        "the same families."
    ),
    "paper_4": (
        "Figure 4: what it shows was not to be read. Ours: the training tasks by their success rate under the "
        "SFT model, from which potential 4p(1 - p) follows (line), and how many tasks each stage adds and has "
        "open."
    ),
    "paper_5": (
        "Figure 5: what it shows was not to be read; of the paper it is known that the length of answers "
        "stays and that self-checks become more frequent. Ours: sampled tokens, scripts and code of the "
        "rollouts that training stored, turns of all, and the share that checked themselves by our rule "
        "(actors/rewards/self_check.py), while training and, as diamonds, when evaluated before and after."
    ),
}
"""What each figure shows, and what the accounts of the paper do not say."""


def reward_by_stage(data: RunData, palette: Palette) -> Figure | None:
    """Success rate over GRPO's steps with the stages' bounds and means."""
    steps, values = data.series("train", "success_rate")
    if not steps:
        return None
    starts = stage_starts(data)
    with figure(3.1, palette) as made:
        ax = made.subplots()
        curve(ax, steps, values, palette.series[0], "", [step for step, _ in starts])
        bounds = [step for step, _ in starts[1:]] + [steps[-1] + 1]
        for (first, _), beyond in zip(starts, bounds, strict=True):
            mean = _mean_between(data, first, beyond)
            if mean is not None and len(starts) > 1:
                color = palette.series[1]
                ax.plot([first - 0.4, beyond - 0.6], [mean, mean], color=color, linewidth=2.2, alpha=0.8)
                _say(ax, f"{mean:.0%}", (first, mean), (8, 4), color=color, ha="left")
        shown = [*values, *_before_and_after(ax, data, steps, palette)]
        finish(ax, "Share of right rollouts while training", "GRPO step")
        mark_stages(ax, starts, palette)
        share_axis(ax, shown)
        return made


def agents_and_gains(data: RunData, palette: Palette) -> Figure | None:
    """Accuracy by agent and policy, and GRPO's gain against the number of families trained on."""
    agents = [agent for agent, evaluation in data.by_agent.items() if any(evaluation.values())]
    if not agents:
        return None
    with figure(3.1, palette) as made:
        left, right = made.subplots(1, 2, width_ratios=[3, 2])
        _accuracy_bars(left, data, agents, palette)
        _gain_points(right, data, palette)
        return made


def potential_and_groups(data: RunData, palette: Palette) -> Figure | None:
    """Training tasks by success rate, coloured by stage, and how many each stage adds."""
    tasks = (data.potential or {}).get("tasks", [])
    rates: dict[int, list[float]] = {}
    for task in tasks:
        right, answered = counts_of(task, data.agent)
        if answered:
            rates.setdefault(int(task["stage"]), []).append(right / answered)
    if not rates:
        return None
    stages = sorted(rates)
    colors = [palette.series[i % len(palette.series)] for i in range(len(stages))]
    with figure(2.8, palette) as made:
        left, right = made.subplots(1, 2, width_ratios=[3, 2])
        bins = [(i - 0.5) / 20 for i in range(22)]
        labels = [f"stage {stage}" for stage in stages]
        shown = [rates[stage] for stage in stages]
        left.hist(shown, bins=bins, stacked=True, color=colors, label=labels, rwidth=0.9)
        most = max(sum(low <= p < low + 0.05 for group in shown for p in group) for low in bins[:-1])
        grid = [i / 50 for i in range(51)]
        left.plot(grid, [4 * p * (1 - p) * most for p in grid], color=palette.muted, linewidth=1.0)
        finish(left, "Training tasks by success rate before GRPO", "success rate p; line: 4p(1 - p)")
        left.set_ylabel("tasks")
        left.set_ylim(0, most * 1.3)
        left.legend(loc="upper left", ncols=len(stages))
        _open_tasks(right, labels, [len(group) for group in shown], colors, palette)
        return made


def ways_of_answering(data: RunData, palette: Palette) -> Figure | None:
    """Tokens, turns, code and self-checks over training, self-checks by policy where training has none."""
    steps = training_steps(data.folder)
    checked = [b for b in behaviours(data) if b.share_checked is not None and b.agent == data.agent]
    if not steps and not checked:
        return None
    with figure(4.8, palette) as made:
        (length, turns), (code, checks) = made.subplots(2, 2)
        starts = stage_starts(data)
        _length_panel(length, steps, starts, palette)
        _turns_panel(turns, data, steps, starts, palette)
        _code_panel(code, steps, starts, palette)
        _checks_panel(checks, data, checked, palette)
        return made


PAPER_FIGURES: dict[str, Callable[[RunData, Palette], Figure | None]] = {
    "paper_1b": reward_by_stage,
    "paper_3": agents_and_gains,
    "paper_4": potential_and_groups,
    "paper_5": ways_of_answering,
}


def _mean_between(data: RunData, first: int, beyond: int) -> float | None:
    """Share of right rollouts in these steps: a step that few rollouts ended in weighs little."""
    lines = [line.values for line in data.lines_of("train") if first <= line.step < beyond]
    known = [line for line in lines if math.isfinite(line.get("success_rate", math.nan))]
    weights = [line.get("groups_done", 1.0) for line in known]
    right = sum(w * line["success_rate"] for w, line in zip(weights, known, strict=True))
    return right / sum(weights) if sum(weights) > 0 else None


def _say(ax: Axes, text: str, place: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    ax.annotate(text, place, offset, textcoords="offset points", **({"ha": "center"} | style))


def _before_and_after(ax: Axes, data: RunData, steps: Sequence[int], palette: Palette) -> list[float]:
    shown = []
    for policy, place, side in (("sft", steps[0] - 1, "left"), ("grpo", steps[-1] + 1, "right")):
        cell = _mean(data, data.agent, policy)
        if cell is not None:
            color = palette.series[policy_color(policy)]
            ax.plot([place], [cell.mean], "D", color=color, markersize=7, markeredgecolor=palette.paper)
            _say(ax, f"{_short(policy)} {cell.mean:.0%}", (place, cell.mean), (0, -15), color=color, ha=side)
            shown.append(cell.mean)
    return shown


def _accuracy_bars(ax: Axes, data: RunData, agents: Sequence[str], palette: Palette) -> None:
    shown = [policy for policy in POLICIES if any(data.by_agent[agent].get(policy) for agent in agents)]
    thick = 0.8 / len(shown)
    highs = []
    for k, policy in enumerate(shown):
        color, is_named = palette.series[policy_color(policy)], False
        for x, agent in enumerate(agents):
            cell = _mean(data, agent, policy)
            if cell is None:
                continue
            place = x + (k - (len(shown) - 1) / 2) * thick
            ax.bar(place, cell.mean, thick * 0.9, color=color, label=None if is_named else LABELS[policy])
            ax.plot([place, place], [cell.tasks.low, cell.tasks.high], color=palette.ink, linewidth=1.0)
            _say(ax, f"{100 * cell.mean:.0f}", (place, cell.tasks.high), (0, 2), fontsize=8)
            highs.append(cell.tasks.high)
            is_named = True
    ax.set_xticks(range(len(agents)), [agent.replace("_", " ") for agent in agents])
    ax.set_xlim(-0.6, len(agents) - 0.4)
    finish(ax, "Accuracy by agent and policy", "")
    ax.set_ylim(0, min(1.25, max(0.1, max(highs) * 1.3)))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.legend(loc="upper left", ncols=len(shown), columnspacing=1.0, handlelength=1.2)


def _gain_points(ax: Axes, data: RunData, palette: Palette) -> None:
    ax.plot(
        *zip(*GAIN_BY_FAMILIES, strict=True),
        "s--",
        color=palette.muted,
        linewidth=0.8,
        label="the paper's two ends",
    )
    pairs = paired(data.evaluation, "sft", "grpo")
    trained = {before.family for before, _ in pairs if not before.is_held_out}
    gain = gain_over_families(
        [before.correct for before, _ in pairs],
        [after.correct for _, after in pairs],
        [b.family for b, _ in pairs],
    )
    if gain is not None and trained:
        x, color = len(trained), palette.series[0]
        ax.plot([x, x], [100 * gain.tasks.low, 100 * gain.tasks.high], color=color, linewidth=1.4)
        ax.plot([x], [100 * gain.mean], "o", color=color, markersize=7, label="this run")
    ax.axhline(0, color=palette.muted, linewidth=0.7)
    ax.set_xscale("log")
    ax.set_xticks([1, 10, 107], ["1", "10", "107"])
    ax.minorticks_off()
    finish(ax, "GRPO over SFT, points", "families trained on")
    ax.margins(x=0.1, y=0.2)
    ax.legend(loc="upper right")


def _open_tasks(
    ax: Axes, labels: Sequence[str], sizes: Sequence[int], colors: Sequence[str], palette: Palette
) -> None:
    total = 0
    for x, (size, color) in enumerate(zip(sizes, colors, strict=True)):
        ax.bar(x, total, 0.62, color=palette.grid)
        ax.bar(x, size, 0.62, bottom=total, color=color)
        total += size
        _say(ax, f"+{size}", (x, total), (0, 3))
    ax.set_xticks(range(len(sizes)), labels)
    ax.set_ylim(0, total * 1.15)
    finish(ax, "Tasks open in each stage, new ones on top", "")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))


def _length_panel(
    ax: Axes, steps: Sequence[StepRollouts], starts: Sequence[tuple[int, int]], palette: Palette
) -> None:
    finish(ax, "Tokens of a rollout", "GRPO step")
    if not steps:
        _absent(ax, "no training rollouts stored", palette)
        return
    values = [step.num_tokens for step in steps]
    curve(ax, [step.step for step in steps], values, palette.series[0], "")
    mark_stages(ax, starts, palette, named=False)
    ax.set_ylim(0, max(values) * 1.25)


def _turns_panel(
    ax: Axes,
    data: RunData,
    steps: Sequence[StepRollouts],
    starts: Sequence[tuple[int, int]],
    palette: Palette,
) -> None:
    finish(ax, "Turns and scripts of a rollout", "GRPO step")
    places, turns = data.series("train", "turns_mean")
    if not steps and not places:
        _absent(ax, "no training rollouts stored", palette)
        return
    if places:
        curve(ax, places, turns, palette.series[3], "turns")
    scripts = [step.num_executions for step in steps]
    if steps:
        curve(ax, [step.step for step in steps], scripts, palette.series[2], "scripts")
    mark_stages(ax, starts, palette, named=False)
    ax.set_ylim(0, max(0.1, *scripts, *(v for v in turns if math.isfinite(v))) * 1.35)
    ax.legend(loc="upper left", ncols=2, fontsize=7.5)


def _checks_panel(ax: Axes, data: RunData, checked: Sequence[Behaviour], palette: Palette) -> None:
    places, shares = data.series("train", "self_check_share")
    finish(ax, "Rollouts that checked themselves", "GRPO step" if places else "")
    if places:
        starts = stage_starts(data)
        curve(ax, places, shares, palette.series[0], "", [step for step, _ in starts])
        mark_stages(ax, starts, palette, named=False)
    shown = [v for v in shares if math.isfinite(v)]
    for x, one in enumerate(checked):
        share, color = one.share_checked or 0.0, palette.series[policy_color(one.policy)]
        if places and one.policy != "base":
            place, side = (places[0] - 1, "left") if one.policy == "sft" else (places[-1] + 1, "right")
            ax.plot([place], [share], "D", color=color, markersize=7, markeredgecolor=palette.paper)
            _say(ax, f"{_short(one.policy)} {share:.1%}", (place, share), (0, 8), color=color, ha=side)
        elif not places:
            ax.bar(x, share, 0.62, color=color)
            _say(ax, f"{share:.1%}", (x, share), (0, 3))
        shown.append(share)
    if not shown:
        _absent(ax, "not written down by this run", palette)
        return
    if not places:
        ax.set_xticks(range(len(checked)), [_short(one.policy) for one in checked])
    share_axis(ax, shown)


def _code_panel(
    ax: Axes, steps: Sequence[StepRollouts], starts: Sequence[tuple[int, int]], palette: Palette
) -> None:
    finish(ax, "Code", "GRPO step")
    if not steps:
        _absent(ax, "no training rollouts stored", palette)
        return
    places = [step.step for step in steps]
    curve(ax, places, [step.share_code for step in steps], palette.series[2], "rollouts that ran a script")
    failing = [(step.step, step.share_failed) for step in steps if step.share_failed is not None]
    if failing:
        curve(ax, [s for s, _ in failing], [v for _, v in failing], palette.series[4], "scripts that failed")
    mark_stages(ax, starts, palette, named=False)
    ax.set_ylim(0, 1.35)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1.0])
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.legend(loc="upper left", fontsize=7.5)


def _mean(data: RunData, agent: str, policy: str) -> FamilyMean | None:
    items = data.by_agent[agent].get(policy, [])
    return mean_over_families([i.correct for i in items], [i.family for i in items])


def _short(policy: str) -> str:
    return LABELS[policy].removeprefix("SFT + ")


def _absent(ax: Axes, why: str, palette: Palette) -> None:
    ax.annotate(why, (0.5, 0.5), xycoords="axes fraction", ha="center", color=palette.muted)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
