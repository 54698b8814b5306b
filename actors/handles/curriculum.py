"""The curriculum scheduler's handle."""

from typing import Any

from actors.handles.calls import Handle
from curriculum.task import Task, TaskOutcome


class CurriculumHandle:
    """The curriculum scheduler."""

    def __init__(self, actor: Handle) -> None:
        self._actor = actor

    async def next_tasks(self, count: int, step: int) -> list[Task]:
        """Tasks for a training step."""
        return await self._actor.next_tasks.remote(count, step)

    async def observe(self, outcome: TaskOutcome) -> None:
        """Feed an outcome back."""
        await self._actor.observe.remote(outcome)

    async def metrics(self) -> dict[str, float]:
        """Stage, pool size and the like."""
        return await self._actor.metrics.remote()

    async def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return await self._actor.state_dict.remote()

    async def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        await self._actor.load_state_dict.remote(state)
