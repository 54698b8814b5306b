"""Serialises access to one Curriculum: which task next, and what became of it. One CPU actor per run."""

from collections.abc import Sequence
from typing import Any

from curriculum.config import CurriculumConfig
from curriculum.potential import TaskPotential
from curriculum.scheduler import Curriculum
from curriculum.task import Task, TaskOutcome


class CurriculumScheduler:
    """The actor around `Curriculum`; an actor runs one call at a time, which is all the locking there is."""

    def __init__(
        self, tasks: Sequence[Task], potentials: Sequence[TaskPotential], config: CurriculumConfig
    ) -> None:
        self._curriculum = Curriculum(tasks, potentials, config)

    def __repr__(self) -> str:
        return "CurriculumScheduler"

    def next_tasks(self, count: int, step: int) -> list[Task]:
        """`count` tasks for training step `step`."""
        return self._curriculum.next_tasks(count, step)

    def observe(self, outcome: TaskOutcome) -> None:
        """Learn how a group went."""
        self._curriculum.observe(outcome)

    def metrics(self) -> dict[str, float]:
        """Stage, pool size and the like."""
        return self._curriculum.metrics()

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return self._curriculum.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self._curriculum.load_state_dict(state)
