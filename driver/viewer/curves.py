"""Curves and stages from the lines of metrics.jsonl. Pure."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from driver.outputs.metrics import MetricLine
from driver.viewer.records import Curve, StageLine

MAX_POINTS = 600
"""Most points of a curve; where there are more steps, neighbours are averaged."""


def numbers(lines: Sequence[MetricLine]) -> dict[str, list[str]]:
    """By phase the names of what was logged at more than one step, in the order in which they came up."""
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        counts.setdefault(line.phase, Counter()).update(line.values.keys())
    found = {phase: [name for name, count in mine.items() if count > 1] for phase, mine in counts.items()}
    return {phase: names for phase, names in found.items() if names}


def curve(phase: str, name: str, lines: Sequence[MetricLine]) -> Curve:
    """One number over steps, thinned to `MAX_POINTS` by the means of neighbours.

    Args:
        phase: the phase that all of `lines` are of.
        name: as in `MetricLine.values`.
        lines: in the order of their steps.
    """
    points = [(x.step, x.values[name]) for x in lines if math.isfinite(x.values.get(name, math.nan))]
    size = max(1, math.ceil(len(points) / MAX_POINTS))
    chunks = [points[first : first + size] for first in range(0, len(points), size)]
    return Curve(
        phase=phase,
        name=name,
        steps=[chunk[len(chunk) // 2][0] for chunk in chunks],
        values=[sum(value for _, value in chunk) / len(chunk) for chunk in chunks],
        averaged=size,
    )


def stage_lines(potential: Mapping[str, Any], lines: Sequence[MetricLine]) -> list[StageLine]:
    """One line for each stage that potential.json names or training has reached, in order.

    Args:
        potential: the content of potential.json; empty where there is none.
        lines: all lines of the run.
    """
    tasks: dict[int, list[Mapping[str, Any]]] = {}
    for task in potential.get("tasks", ()):
        tasks.setdefault(int(task["stage"]), []).append(task)
    steps: dict[int, list[MetricLine]] = {}
    for line in lines:
        stage = line.values.get("stage", math.nan)
        if line.phase == "train" and math.isfinite(stage):
            steps.setdefault(int(stage), []).append(line)
    return [
        _stage_line(stage, tasks.get(stage, []), steps.get(stage, [])) for stage in sorted({*tasks, *steps})
    ]


def _stage_line(stage: int, tasks: Sequence[Mapping[str, Any]], lines: Sequence[MetricLine]) -> StageLine:
    potentials = [float(task["potential"]) for task in tasks]
    counts = [count for task in tasks for count in task["agents"].values()]
    rollouts = sum(int(count["num_rollouts"]) for count in counts)
    during = [
        x.values["success_rate"] for x in lines if math.isfinite(x.values.get("success_rate", math.nan))
    ]
    return StageLine(
        stage=stage,
        first_step=min((line.step for line in lines), default=None),
        last_step=max((line.step for line in lines), default=None),
        num_tasks=len(tasks),
        low=min(potentials, default=None),
        high=max(potentials, default=None),
        before=sum(int(count["num_correct"]) for count in counts) / rollouts if rollouts else None,
        during=sum(during) / len(during) if during else None,
        families=dict(Counter(str(task["family"]) for task in tasks).most_common()),
    )
