"""What is believed of each task's success rate: a Beta estimate, decayed because the policy in training moves on.

It starts from the measured potential, where there is one. Stateful as the policies are that own it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curriculum.config import CurriculumConfig
from curriculum.gates import checked_counts, has_learning_signal
from curriculum.posterior import expected_potential
from curriculum.potential import TaskPotential, one_per_task
from curriculum.sampler import check_fields
from curriculum.task import Task, TaskOutcome

_FIELDS = ("successes", "failures", "num_observed", "num_mixed")


class SuccessEstimates:
    """Decayed counts of right and wrong rollouts, an entry per task in the order of `tasks`.

    Example: `SuccessEstimates(tasks, potentials, CurriculumConfig()).expected_potentials()`.
    """

    def __init__(
        self, tasks: Sequence[Task], potentials: Sequence[TaskPotential], config: CurriculumConfig
    ) -> None:
        """Begins with what was measured, counted for at most `prior_rollouts` rollouts of each task.

        Args:
            tasks: All tasks that may be trained on, ids distinct.
            potentials: Measured success of some, all or none of them.
            config: Prior, decay, and the ranges of potential in `metrics`.

        Raises:
            ValueError: If ids are shared, or a potential is of an unknown task.
        """
        self.tasks = list(tasks)
        self.index = {task.task_id: i for i, task in enumerate(self.tasks)}
        if len(self.index) != len(self.tasks):
            raise ValueError(f"{len(self.tasks)} tasks share ids: a curriculum needs one task per id")
        self.measured = one_per_task(potentials)
        strangers = [p.task_id for p in self.measured if p.task_id not in self.index]
        if strangers:
            raise ValueError(
                f"{len(strangers)} potentials are of unknown tasks, such as {strangers[0]}: measure again"
            )
        self._decay, self._thresholds = config.decay, config.thresholds
        self._successes, self._failures = np.zeros(len(self.tasks)), np.zeros(len(self.tasks))
        for record in self.measured:
            scale = min(1.0, config.prior_rollouts / max(record.num_rollouts, 1))
            at = self.index[record.task_id]
            self._successes[at] = scale * record.num_correct
            self._failures[at] = scale * (record.num_rollouts - record.num_correct)
        self._num_observed = self._num_mixed = 0

    def index_of(self, outcome: TaskOutcome) -> int:
        """Where the outcome's task stands.

        Raises:
            ValueError: If the task is unknown or the counts are impossible.
        """
        index = self.index.get(outcome.task_id)
        if index is None:
            raise ValueError(f"outcome of unknown task {outcome.task_id}: it is not of this run's task set")
        checked_counts(outcome.num_correct, outcome.num_rollouts)
        return index

    def observe(self, outcome: TaskOutcome, age: int = 1) -> None:
        """Adds a group's counts to those before it; a group without scored rollouts changes nothing.

        Args:
            outcome: How the group went.
            age: How many times the older counts are decayed before.

        Raises:
            ValueError: If the task is unknown or the counts are impossible.
        """
        index = self.index_of(outcome)
        if outcome.num_rollouts == 0:
            return
        keep = self._decay**age
        self._successes[index] = keep * self._successes[index] + outcome.num_correct
        self._failures[index] = keep * self._failures[index] + outcome.num_rollouts - outcome.num_correct
        self._num_observed += 1
        self._num_mixed += has_learning_signal(outcome.num_correct, outcome.num_rollouts)

    def expected_potentials(self) -> np.ndarray:
        """E[4 p (1 - p)] of each task, float [num_tasks], for p ~ Beta(1 + right, 1 + wrong)."""
        return expected_potential(self._successes, self._failures)

    def expected_rates(self) -> np.ndarray:
        """E[p] of each task under the same Beta, float [num_tasks]."""
        return np.asarray((self._successes + 1) / (self._successes + self._failures + 2))

    def decayed_rate(self, index: int) -> float:
        """Share of right rollouts among a task's decayed counts, without the prior; 1/2 where nothing was seen."""
        total = self._successes[index] + self._failures[index]
        return float(self._successes[index] / total) if total else 0.5

    def metrics(self, pool: np.ndarray) -> dict[str, float]:
        """Of the tasks that may be drawn: how many, what they promise, and how many in which range of potential.

        Args:
            pool: int [P], indices of the open tasks.
        """
        rates = self.expected_rates()[pool]
        values = {
            "num_open_tasks": float(len(pool)),
            "num_tasks": float(len(self.tasks)),
            "num_observed": float(self._num_observed),
            "mixed_share": self._num_mixed / max(self._num_observed, 1),
            "expected_potential": float(self.expected_potentials()[pool].mean()),
            "expected_success_rate": float(rates.mean()),
        }
        upper = np.inf
        for number, lower in enumerate(self._thresholds):
            potentials = 4 * rates * (1 - rates)
            values[f"num_open_in_range_{number + 1}"] = float(
                ((potentials >= lower) & (potentials < upper)).sum()
            )
            upper = lower
        return values

    def state_dict(self) -> dict[str, Any]:
        """The counts, as JSON."""
        return {
            "successes": self._successes.tolist(),
            "failures": self._failures.tolist(),
            "num_observed": self._num_observed,
            "num_mixed": self._num_mixed,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from saved counts.

        Raises:
            ValueError: If fields are missing or unknown, or it is of another number of tasks.
        """
        check_fields(state, _FIELDS, "estimates")
        for name in ("successes", "failures"):
            if len(state[name]) != len(self.tasks):
                raise ValueError(
                    f"estimates of {len(state[name])} tasks, but there are {len(self.tasks)}: "
                    "resume with the task set the run began with"
                )
        self._successes = np.array(state["successes"], dtype=np.float64)
        self._failures = np.array(state["failures"], dtype=np.float64)
        self._num_observed, self._num_mixed = int(state["num_observed"]), int(state["num_mixed"])
