"""Serialises access to one curriculum policy: which task next, and what became of it. One CPU actor per run."""

from collections.abc import Sequence
from typing import Any

from curriculum.config import CurriculumConfig
from curriculum.policies.choice import curriculum_policy
from curriculum.potential import TaskPotential
from curriculum.task import Task, TaskOutcome


class CurriculumScheduler:
    """The actor around a `CurriculumPolicy`; an actor runs one call at a time, which is all the locking there is."""

    def __init__(
        self, tasks: Sequence[Task], potentials: Sequence[TaskPotential], config: CurriculumConfig
    ) -> None:
        self._policy = curriculum_policy(tasks, potentials, config)

    def __repr__(self) -> str:
        return "CurriculumScheduler"

    def next_tasks(self, count: int, step: int) -> list[Task]:
        """`count` tasks for training step `step`."""
        return self._policy.next_tasks(count, step)

    def observe(self, outcome: TaskOutcome) -> None:
        """Learn how a group went."""
        self._policy.observe(outcome)

    def metrics(self) -> dict[str, float]:
        """Stage, pool size and the like."""
        return self._policy.metrics()

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return self._policy.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self._policy.load_state_dict(state)
