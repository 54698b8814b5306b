"""The paper's policy: stages open groups of tasks, a sampler draws from them, outcomes shift its weights.

Tasks are sorted into groups once, by the potential measured before training; stage s trains on groups 1 to s
(R1-Code-Interpreter, section on curriculum learning). A task's weight inside the open pool is its expected potential.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curriculum.config import CurriculumConfig
from curriculum.policies.estimates import SuccessEstimates
from curriculum.policies.policy import fingerprint, refuse_other_fingerprint
from curriculum.potential import TaskPotential, potential_groups
from curriculum.sampler import TaskSampler, check_fields
from curriculum.stages import StagePlan, one_stage, stage_plan
from curriculum.task import Task, TaskOutcome

_FIELDS = ("fingerprint", "sampler", "estimates", "num_drawn", "stage")


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
        self._sampler = TaskSampler(
            len(index),
            seed=config.seed,
            epoch_share=config.epoch_share,
            max_rest_epochs=config.max_rest_epochs,
        )
        self._fingerprint = fingerprint("stages", index, self.plan)
        self._stage = self._num_drawn = 0

    @property
    def plan(self) -> StagePlan:
        """Which tasks open at which step."""
        return self._plan

    def next_tasks(self, num: int, step: int) -> list[Task]:
        """Draws the next tasks from those open at a training step; moves the sampler on."""
        self._stage = self.plan.open_stage(step)
        drawn = self._sampler.draw(num, self._pools[self._stage], self._estimates.expected_potentials())
        self._num_drawn += len(drawn)
        return [self._estimates.tasks[i] for i in drawn]

    def observe(self, outcome: TaskOutcome) -> None:
        """Learns from a group of rollouts; one without scored rollouts teaches nothing.

        Raises:
            ValueError: If the task is unknown or the counts are impossible.
        """
        self._estimates.observe(outcome)

    def metrics(self) -> dict[str, float]:
        """Where the curriculum stands, for the log."""
        return {
            "stage": self._stage + 1.0,
            "epoch": float(self._sampler.epoch),
            "num_drawn": float(self._num_drawn),
            "num_retired": 0.0,
            **self._estimates.metrics(self._pools[self._stage]),
        }

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next, as JSON."""
        return {
            "fingerprint": self._fingerprint,
            "sampler": self._sampler.state_dict(),
            "estimates": self._estimates.state_dict(),
            "num_drawn": self._num_drawn,
            "stage": self._stage,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state of the same tasks and the same plan.

        Raises:
            ValueError: If fields are missing or unknown, or it belongs to another policy, other tasks or another plan.
        """
        check_fields(state, _FIELDS, "curriculum")
        refuse_other_fingerprint(state["fingerprint"], self._fingerprint)
        self._sampler.load_state_dict(state["sampler"])
        self._estimates.load_state_dict(state["estimates"])
        self._num_drawn, self._stage = int(state["num_drawn"]), int(state["stage"])


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
