"""The curriculum scheduler's handle."""

from collections.abc import Callable
from typing import Any

from actors.errors import ActorLostError
from actors.handles.calls import Handle, own_errors
from curriculum.task import Task, TaskOutcome


class CurriculumHandle:
    """The curriculum scheduler."""

    def __init__(self, actor: Handle) -> None:
        self.actor = actor

    async def next_tasks(self, count: int, step: int) -> list[Task]:
        """Tasks for a training step."""
        tasks: list[Task] = await own_errors(self.actor.next_tasks.remote(count, step), ActorLostError)
        return tasks

    async def observe(self, outcome: TaskOutcome) -> None:
        """Feed an outcome back."""
        await own_errors(self.actor.observe.remote(outcome), ActorLostError)

    async def metrics(self) -> dict[str, float]:
        """Stage, pool size and the like."""
        values: dict[str, float] = await own_errors(self.actor.metrics.remote(), ActorLostError)
        return values

    async def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        state: dict[str, Any] = await own_errors(self.actor.state_dict.remote(), ActorLostError)
        return state

    async def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        await own_errors(self.actor.load_state_dict.remote(state), ActorLostError)


class CurriculumControl:
    """How a scheduler is made and ended."""

    def __init__(self, create: Callable[[], Handle], kill: Callable[[Handle], None]) -> None:
        self._create = create
        self._kill = kill

    def create(self) -> CurriculumHandle:
        """Ask for a scheduler."""
        return CurriculumHandle(self._create())

    async def end(self, actor: Any) -> None:
        """It holds nothing that must be ended first."""
        self._kill(actor.actor)
