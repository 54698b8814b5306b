"""The paper's policy: stages open groups of tasks, a sampler draws from them, outcomes shift its weights.

Tasks are sorted into groups once, by the potential measured before training; stage s trains on groups 1 to s
(R1-Code-Interpreter, section on curriculum learning). A task's weight inside the open pool is its expected potential.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curriculum.config import CurriculumConfig
from curriculum.policies.draws import TaskDraws
from curriculum.policies.estimates import SuccessEstimates
from curriculum.potential import TaskPotential, potential_groups
from curriculum.sampler import TaskSampler
from curriculum.stages import StagePlan, one_stage, stage_plan
from curriculum.task import Task, TaskOutcome


class StagesPolicy:
    """Opens groups of falling potential one after the other.

    Example: `StagesPolicy(tasks, potentials, CurriculumConfig()).next_tasks(128, step=0)`.
    """

    def __init__(
        self, tasks: Sequence[Task], potentials: Sequence[TaskPotential], config: CurriculumConfig
    ) -> None:
        """Plans the stages.

        Args:
            tasks: All tasks that may be trained on, ids distinct.
            potentials: Measured success of each; unmeasured tasks join the last group. Without any, all tasks
                are open from the start.
            config: Grouping, stages and sampler.
        """
        self._estimates = SuccessEstimates(tasks, potentials, config)
        measured = [p for p in self._estimates.measured if p.num_rollouts]
        self._plan = _plan(self._estimates.tasks, measured, config)
        index = self._estimates.index
        self._pools = [
            np.array([index[i] for i in self.plan.open_task_ids(s)], dtype=np.int64)
            for s in range(len(self.plan.stages))
        ]
        sampler = TaskSampler(
            len(index),
            seed=config.seed,
            epoch_share=config.epoch_share,
            max_rest_epochs=config.max_rest_epochs,
        )
        self._draws = TaskDraws("stages", self._estimates, sampler, self.plan)
        self._stage = 0

    @property
    def plan(self) -> StagePlan:
        """Which tasks open at which step."""
        return self._plan

    def next_tasks(self, num: int, step: int) -> list[Task]:
        """Draws the next tasks from those open at a training step; moves the sampler on."""
        self._stage = self.plan.open_stage(step)
        weights = self._estimates.expected_potentials()
        return self._draws.tasks(self._draws.draw(num, self._pools[self._stage], weights))

    def observe(self, outcome: TaskOutcome) -> None:
        """Learns from a group of rollouts; one without scored rollouts teaches nothing.

        Raises:
            ValueError: If the task is unknown or the counts are impossible.
        """
        self._estimates.observe(outcome)

    def metrics(self) -> dict[str, float]:
        """Where the curriculum stands, for the log."""
        return self._draws.metrics(self._pools[self._stage], stage=self._stage + 1, num_retired=0)

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next, as JSON."""
        return {**self._draws.state_dict(), "stage": self._stage}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state of the same tasks and the same plan.

        Raises:
            ValueError: If fields are missing or unknown, or it belongs to another policy, other tasks or another plan.
        """
        self._draws.load_state_dict(state, ("stage",))
        self._stage = int(state["stage"])


def _plan(tasks: list[Task], measured: list[TaskPotential], config: CurriculumConfig) -> StagePlan:
    """Stages over the measured groups; unmeasured tasks go last, or all at once if nothing was measured."""
    if not measured:
        ids, num_steps = [t.task_id for t in tasks], sum(config.steps_per_stage)
        return one_stage(ids, num_steps, "no potential was measured: one stage with all tasks")
    groups = list(
        potential_groups(
            measured,
            config.grouping,
            thresholds=config.thresholds,
            family_of={t.task_id: t.family for t in tasks},
            seed=config.seed,
        )
    )
    known = {p.task_id for p in measured}
    unmeasured = tuple(t.task_id for t in tasks if t.task_id not in known)
    groups[-1] += unmeasured
    plan = stage_plan(groups, config.steps_per_stage, min_tasks=config.min_tasks_per_group)
    note = (f"{len(unmeasured)} tasks without a measured potential joined the last group",)
    return plan.model_copy(update={"notes": plan.notes + note}) if unmeasured else plan
