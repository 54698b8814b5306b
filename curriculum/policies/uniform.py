"""The control: every task equally often, whatever was measured and however it goes.

Epochs are seeded shuffles of all tasks, so that at any moment no task was drawn more than once oftener than another.
Estimates are kept for the metrics alone.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curriculum.config import CurriculumConfig
from curriculum.policies.draws import TaskDraws
from curriculum.policies.estimates import SuccessEstimates
from curriculum.potential import TaskPotential
from curriculum.sampler import TaskSampler
from curriculum.stages import StagePlan, one_stage
from curriculum.task import Task, TaskOutcome


class UniformPolicy:
    """Shuffles all tasks again and again. Example: `UniformPolicy(tasks, [], CurriculumConfig(policy="uniform"))`."""

    def __init__(
        self, tasks: Sequence[Task], potentials: Sequence[TaskPotential], config: CurriculumConfig
    ) -> None:
        """Opens all tasks.

        Args:
            tasks: All tasks that may be trained on, ids distinct.
            potentials: Measured success, where there is one: for the metrics.
            config: Seed, number of steps, and what the metrics need.
        """
        self._estimates = SuccessEstimates(tasks, potentials, config)
        self._plan = one_stage(
            list(self._estimates.index),
            sum(config.steps_per_stage),
            "policy uniform: all tasks, equally often",
        )
        self._all = np.arange(len(self._estimates.tasks))
        # With a whole pool in every epoch nobody rests, and any limit is kept.
        sampler = TaskSampler(len(self._all), seed=config.seed, epoch_share=1.0, max_rest_epochs=1)
        self._draws = TaskDraws("uniform", self._estimates, sampler, self.plan)

    @property
    def plan(self) -> StagePlan:
        """One stage with all tasks."""
        return self._plan

    def next_tasks(self, num: int, step: int) -> list[Task]:
        """Draws the next tasks of the shuffle, at whatever step."""
        self.plan.open_stage(step)
        return self._draws.tasks(self._draws.draw(num, self._all, np.ones(len(self._all))))

    def observe(self, outcome: TaskOutcome) -> None:
        """Counts a group of rollouts.

        Raises:
            ValueError: If the task is unknown or the counts are impossible.
        """
        self._estimates.observe(outcome)

    def metrics(self) -> dict[str, float]:
        """Where the curriculum stands, for the log."""
        return self._draws.metrics(self._all, stage=1, num_retired=0)

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next, as JSON."""
        return self._draws.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state of the same tasks.

        Raises:
            ValueError: If fields are missing or unknown, or it belongs to another policy or other tasks.
        """
        self._draws.load_state_dict(state)
