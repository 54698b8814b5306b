"""No stages: tasks are weighed by what training's own rollouts say of them, and solved ones are retired.

A task's weight is its expected potential E[4 p (1 - p)] under a Beta estimate that forgets (CurES, arXiv:2510.01037,
weighs by such a posterior; arXiv:2504.03380 filters online for balance). A task solved oftener than `retire_above`
leaves the pool (ScaleRL, arXiv:2510.13786, retires at 0.9). It is tried again every `retest_epochs` epochs, and is back
for good as soon as its estimate falls below `return_below`; between the two bounds a task stays as it is.
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

_OWN_FIELDS = ("retired", "num_tried", "last_heard", "last_asked", "num_retirements", "num_returns")
_LEAST_ROLLOUTS = 8
"""Rollouts in training before a task may be retired: one lucky group does not show that it is solved."""


class OnlinePolicy:
    """Keeps open what still teaches. Example: `OnlinePolicy(tasks, [], CurriculumConfig(policy="online"))`."""

    def __init__(
        self, tasks: Sequence[Task], potentials: Sequence[TaskPotential], config: CurriculumConfig
    ) -> None:
        """Opens all tasks.

        Args:
            tasks: All tasks that may be trained on, ids distinct.
            potentials: Measured success, where there is one: what the estimates begin with.
            config: Sampler, prior, decay, and when tasks retire.
        """
        self._config = config.online
        self._estimates = SuccessEstimates(tasks, potentials, config)
        num = len(self._estimates.tasks)
        self._plan = one_stage(
            list(self._estimates.index),
            sum(config.steps_per_stage),
            "policy online: all tasks open, weighed by training's own rollouts",
        )
        sampler = TaskSampler(
            num, seed=config.seed, epoch_share=config.epoch_share, max_rest_epochs=config.max_rest_epochs
        )
        self._least_open = min(config.min_tasks_per_group, num)
        self._draws = TaskDraws("online", self._estimates, sampler, self.plan)
        self._retired = np.zeros(num, dtype=bool)
        self._num_tried = np.zeros(num, dtype=np.int64)
        self._last_heard = np.zeros(num, dtype=np.int64)
        self._last_asked = np.zeros(num, dtype=np.int64)
        self._num_retirements = self._num_returns = 0

    @property
    def plan(self) -> StagePlan:
        """One stage with all tasks."""
        return self._plan

    def next_tasks(self, num: int, step: int) -> list[Task]:
        """Draws the next tasks from those not retired and those due for another try."""
        self.plan.open_stage(step)
        drawn = self._draws.draw(num, self._pool(), self._estimates.expected_potentials())
        # When it was asked for, not when it is heard of: a group may never come back.
        self._last_asked[drawn] = self._draws.sampler.epoch
        return self._draws.tasks(drawn)

    def observe(self, outcome: TaskOutcome) -> None:
        """Learns from a group of rollouts, and retires its task or takes it back.

        Older counts are decayed once for every epoch since the task was last heard of, and at least once.

        Raises:
            ValueError: If the task is unknown or the counts are impossible.
        """
        index = self._estimates.index_of(outcome)
        if outcome.num_rollouts == 0:
            return
        epoch = self._draws.sampler.epoch
        self._estimates.observe(outcome, age=max(1, epoch - int(self._last_heard[index])))
        self._num_tried[index] += outcome.num_rollouts
        self._last_heard[index] = epoch
        rate = self._estimates.decayed_rate(index)
        if self._retired[index]:
            if rate < self._config.return_below:
                self._retired[index] = False
                self._num_returns += 1
        elif rate >= self._config.retire_above and self._num_tried[index] >= _LEAST_ROLLOUTS:
            self._retired[index] = True
            self._num_retirements += 1

    def metrics(self) -> dict[str, float]:
        """Where the curriculum stands, for the log; retired tasks due for another try count as open."""
        return {
            **self._draws.metrics(self._pool(), stage=1, num_retired=int(self._retired.sum())),
            "num_retirements": float(self._num_retirements),
            "num_returns": float(self._num_returns),
        }

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next, as JSON."""
        return {
            **self._draws.state_dict(),
            "retired": np.flatnonzero(self._retired).tolist(),
            "num_tried": self._num_tried.tolist(),
            "last_heard": self._last_heard.tolist(),
            "last_asked": self._last_asked.tolist(),
            "num_retirements": self._num_retirements,
            "num_returns": self._num_returns,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state of the same tasks.

        Raises:
            ValueError: If fields are missing or unknown, or it belongs to another policy or other tasks.
        """
        self._draws.load_state_dict(state, _OWN_FIELDS)
        self._retired[:] = False
        self._retired[np.asarray(state["retired"], dtype=np.int64)] = True
        self._num_tried[:], self._last_heard[:] = state["num_tried"], state["last_heard"]
        self._last_asked[:] = state["last_asked"]
        self._num_retirements, self._num_returns = int(state["num_retirements"]), int(state["num_returns"])

    def _pool(self) -> np.ndarray:
        """Int [P]: tasks not retired, retired ones due for another try, and never fewer than the least."""
        due = self._retired & (self._draws.sampler.epoch - self._last_asked >= self._config.retest_epochs)
        is_open = ~self._retired | due
        lacking = self._least_open - int(is_open.sum())
        if lacking > 0:
            closed = np.flatnonzero(~is_open)
            hardest = np.argsort(self._estimates.expected_rates()[closed], kind="stable")
            is_open[closed[hardest[:lacking]]] = True
        return np.flatnonzero(is_open)
