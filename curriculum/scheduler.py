"""Which tasks come next: stages open groups of tasks, a sampler draws from them, outcomes shift its weights.

Every task has a Beta estimate of its success rate, started from its measured potential and decayed with each
new outcome because the policy moves on. Its weight is the expected potential under that estimate. Not
thread-safe: one owner calls it.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from curriculum.config import CurriculumConfig
from curriculum.gates import checked_counts, has_learning_signal
from curriculum.potential import TaskPotential, one_per_task, potential_groups
from curriculum.sampler import TaskSampler, check_fields
from curriculum.stages import StagePlan, stage_plan
from curriculum.task import Task, TaskOutcome

_FIELDS = (
    "fingerprint",
    "sampler",
    "successes",
    "failures",
    "num_drawn",
    "num_observed",
    "num_mixed",
    "stage",
)


class Curriculum:
    """Chooses tasks and learns from their outcomes.

    Example: `Curriculum(tasks, potentials, CurriculumConfig()).next_tasks(128, step=0)`.
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
        self._config = config
        self._tasks = list(tasks)
        self._index = {task.task_id: i for i, task in enumerate(self._tasks)}
        if len(self._index) != len(self._tasks):
            raise ValueError(f"{len(self._tasks)} tasks share ids: a curriculum needs one task per id")
        measured = one_per_task(potentials)
        strangers = [p.task_id for p in measured if p.task_id not in self._index]
        if strangers:
            raise ValueError(
                f"{len(strangers)} potentials are of unknown tasks, such as {strangers[0]}: measure again"
            )
        self.plan = _plan(self._tasks, [p for p in measured if p.num_rollouts], config)
        self._pools = [
            np.array([self._index[i] for i in self.plan.open_task_ids(s)], dtype=np.int64)
            for s in range(len(self.plan.stages))
        ]
        self._successes, self._failures = self._measured_counts(measured)
        self._sampler = TaskSampler(
            len(self._tasks),
            seed=config.seed,
            epoch_share=config.epoch_share,
            max_rest_epochs=config.max_rest_epochs,
        )
        self._stage = self._num_drawn = self._num_observed = self._num_mixed = 0

    def next_tasks(self, num: int, step: int) -> list[Task]:
        """Draws the next tasks from those open at a training step; moves the sampler on."""
        self._stage = self.plan.open_stage(step)
        drawn = self._sampler.draw(num, self._pools[self._stage], self._weights())
        self._num_drawn += len(drawn)
        return [self._tasks[i] for i in drawn]

    def observe(self, outcome: TaskOutcome) -> None:
        """Learns from a group of rollouts; one without scored rollouts teaches nothing.

        Raises:
            ValueError: If the task is unknown or the counts are impossible.
        """
        index = self._index.get(outcome.task_id)
        if index is None:
            raise ValueError(f"outcome of unknown task {outcome.task_id}: it is not of this run's task set")
        checked_counts(outcome.num_correct, outcome.num_rollouts)
        if outcome.num_rollouts == 0:
            return
        keep = self._config.decay
        self._successes[index] = keep * self._successes[index] + outcome.num_correct
        self._failures[index] = keep * self._failures[index] + outcome.num_rollouts - outcome.num_correct
        self._num_observed += 1
        self._num_mixed += has_learning_signal(outcome.num_correct, outcome.num_rollouts)

    def metrics(self) -> dict[str, float]:
        """Where the curriculum stands, for the log."""
        pool = self._pools[self._stage]
        return {
            "stage": self._stage + 1.0,
            "num_open_tasks": float(len(pool)),
            "num_tasks": float(len(self._tasks)),
            "epoch": float(self._sampler.epoch),
            "num_drawn": float(self._num_drawn),
            "num_observed": float(self._num_observed),
            "mixed_share": self._num_mixed / max(self._num_observed, 1),
            "expected_potential": float(self._weights()[pool].mean()),
            "expected_success_rate": float(self._expected_rates()[pool].mean()),
        }

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next, as JSON."""
        return {
            "fingerprint": self._fingerprint(),
            "sampler": self._sampler.state_dict(),
            "successes": self._successes.tolist(),
            "failures": self._failures.tolist(),
            "num_drawn": self._num_drawn,
            "num_observed": self._num_observed,
            "num_mixed": self._num_mixed,
            "stage": self._stage,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state of the same tasks and the same plan.

        Raises:
            ValueError: If fields are missing or unknown, or it belongs to other tasks or another plan.
        """
        check_fields(state, _FIELDS, "curriculum")
        if state["fingerprint"] != self._fingerprint():
            raise ValueError(
                "curriculum state is of other tasks or stages: resume with the config it began with"
            )
        self._sampler.load_state_dict(state["sampler"])
        self._successes = np.array(state["successes"], dtype=np.float64)
        self._failures = np.array(state["failures"], dtype=np.float64)
        self._num_drawn, self._num_observed = int(state["num_drawn"]), int(state["num_observed"])
        self._num_mixed, self._stage = int(state["num_mixed"]), int(state["stage"])

    def _measured_counts(self, measured: list[TaskPotential]) -> tuple[np.ndarray, np.ndarray]:
        """Counts of right and wrong per task, scaled down to at most `prior_rollouts` together."""
        successes, failures = np.zeros(len(self._tasks)), np.zeros(len(self._tasks))
        for record in measured:
            scale = min(1.0, self._config.prior_rollouts / max(record.num_rollouts, 1))
            index = self._index[record.task_id]
            successes[index] = scale * record.num_correct
            failures[index] = scale * (record.num_rollouts - record.num_correct)
        return successes, failures

    def _weights(self) -> np.ndarray:
        """E[4 p (1 - p)] = 4 a b / ((a + b) (a + b + 1)) for p ~ Beta(a, b), each one more than its count."""
        a, b = self._successes + 1, self._failures + 1
        return np.asarray(4 * a * b / ((a + b) * (a + b + 1)))

    def _expected_rates(self) -> np.ndarray:
        return np.asarray((self._successes + 1) / (self._successes + self._failures + 2))

    def _fingerprint(self) -> str:
        text = "\n".join([*self._index, self.plan.model_dump_json()])
        return hashlib.sha256(text.encode()).hexdigest()


def _plan(tasks: list[Task], measured: list[TaskPotential], config: CurriculumConfig) -> StagePlan:
    """Stages over the measured groups; unmeasured tasks go last, or all at once if nothing was measured."""
    if not measured:
        plan = stage_plan([[t.task_id for t in tasks]], [sum(config.steps_per_stage)])
        return plan.model_copy(update={"notes": ("no potential was measured: one stage with all tasks",)})
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
