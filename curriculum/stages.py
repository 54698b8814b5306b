"""Stages of training: stage s trains on groups 1 to s, for a fixed number of steps each.

Pure: groups in, plan out. A group too small to train on is merged with the next one and its steps are added,
so the total number of steps never changes; the plan says what was merged.
"""

from collections.abc import Sequence

from curriculum.frozen import Frozen


class Stage(Frozen):
    """Steps during which the same tasks are open.

    Example: `Stage(groups=(1,), new_task_ids=("a", "b"), first_step=0, num_steps=150)`.
    """

    groups: tuple[int, ...]
    """Numbers of the groups that open with it, from 1; several where small ones were merged."""
    new_task_ids: tuple[str, ...]
    """Tasks that open with it; those of earlier stages stay open."""
    first_step: int
    """Step at which it opens, from 0."""
    num_steps: int
    """How long until the next one opens."""


class StagePlan(Frozen):
    """All stages in order."""

    stages: tuple[Stage, ...]
    """The stages in order; there is at least one."""
    notes: tuple[str, ...]
    """What was merged and why, for the report."""

    @property
    def num_steps(self) -> int:
        """Steps of all stages together."""
        return sum(s.num_steps for s in self.stages)

    def open_stage(self, step: int) -> int:
        """Index of the stage open at a step; the last stays open for good.

        Raises:
            ValueError: If the step is negative.
        """
        if step < 0:
            raise ValueError(f"step {step} is negative: steps count from 0")
        return sum(s.first_step <= step for s in self.stages) - 1

    def open_task_ids(self, stage: int) -> tuple[str, ...]:
        """Every task open in a stage: its own and those of the stages before it."""
        return tuple(i for s in self.stages[: stage + 1] for i in s.new_task_ids)


def stage_plan(
    groups: Sequence[Sequence[str]], steps_per_stage: Sequence[int], *, min_tasks: int = 1
) -> StagePlan:
    """The cumulative plan over groups, highest potential first.

    Args:
        groups: Task ids per group.
        steps_per_stage: Steps per group.
        min_tasks: A stage takes in more groups until it has this many new tasks; what is left over at the
            end joins the last stage.

    Raises:
        ValueError: If there are no tasks, or the two sequences differ in length.
    """
    if len(groups) != len(steps_per_stage):
        raise ValueError(f"{len(groups)} groups but {len(steps_per_stage)} stage lengths: give each its own")
    if not any(groups):
        raise ValueError("no tasks to train on: build a larger task set (tasks.train_per_family)")
    parts: list[list[int]] = []
    pending: list[int] = []
    for number, _ in enumerate(groups):
        pending.append(number)
        if sum(len(groups[g]) for g in pending) >= min_tasks:
            parts.append(pending)
            pending = []
    if pending and parts:
        parts[-1] += pending
    elif pending:
        parts.append(pending)
    return StagePlan(stages=_stages(parts, groups, steps_per_stage), notes=_notes(parts, groups, min_tasks))


def one_stage(task_ids: Sequence[str], num_steps: int, note: str) -> StagePlan:
    """The plan without stages: all tasks are open from the first step to the last.

    Args:
        task_ids: All of them.
        num_steps: Steps of the whole training.
        note: Why there are no stages, for the report.

    Raises:
        ValueError: If there are no tasks.
    """
    return stage_plan([task_ids], [num_steps]).model_copy(update={"notes": (note,)})


def _stages(
    parts: list[list[int]], groups: Sequence[Sequence[str]], steps: Sequence[int]
) -> tuple[Stage, ...]:
    stages, first_step = [], 0
    for part in parts:
        num_steps = sum(steps[g] for g in part)
        stages.append(
            Stage(
                groups=tuple(g + 1 for g in part),
                new_task_ids=tuple(i for g in part for i in groups[g]),
                first_step=first_step,
                num_steps=num_steps,
            )
        )
        first_step += num_steps
    return tuple(stages)


def _notes(parts: list[list[int]], groups: Sequence[Sequence[str]], min_tasks: int) -> tuple[str, ...]:
    notes = []
    for part in parts:
        if len(part) > 1:
            sizes = ", ".join(f"group {g + 1}: {len(groups[g])} tasks" for g in part)
            notes.append(f"merged into one stage because a group needs {min_tasks} tasks ({sizes})")
    return tuple(notes)
