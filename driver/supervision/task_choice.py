"""Tasks from the curriculum scheduler, within a deadline; a scheduler that is lost goes on from its last state.

The last state is a saved one and the calls since: the scheduler draws from a generator of its own, so the same calls in
the same order bring another one to the same place.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from curriculum.task import Task, TaskOutcome
from driver.recovery import RecoveryPolicy
from driver.supervision.deadlines import Deadlines
from driver.supervision.standing_actor import ActorControl, StandingActor

_MAX_CALLS = 512
"""Calls since the saved state after which it is saved anew: they must be made again in the time of a restart."""
Answer = TypeVar("Answer")


class CurriculumClient(Protocol):
    """What is asked of a curriculum scheduler. Raises `ActorLostError` when it is dead."""

    def next_tasks(self, count: int, step: int) -> Awaitable[list[Task]]:
        """Tasks for a training step."""
        ...

    def observe(self, outcome: TaskOutcome) -> Awaitable[None]:
        """Feed an outcome back."""
        ...

    def metrics(self) -> Awaitable[dict[str, float]]:
        """Stage, pool size and the like."""
        ...

    def state_dict(self) -> Awaitable[dict[str, Any]]:
        """All that a resumed run needs."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> Awaitable[None]:
        """Go on from a saved state."""
        ...


Call = Callable[[CurriculumClient], Awaitable[Any]]


class TaskChoice:
    """The curriculum scheduler with its last state."""

    def __init__(
        self, control: ActorControl[CurriculumClient], policy: RecoveryPolicy, deadlines: Deadlines
    ) -> None:
        """Creates the scheduler."""
        self._limit_s = deadlines.call_s
        self._state: dict[str, Any] | None = None
        self._calls: list[Call] = []
        self._lock = asyncio.Lock()
        self._actor: StandingActor[CurriculumClient] = StandingActor(
            "curriculum", control, policy, start_s=deadlines.start_s, restore=self._restore
        )

    async def next_tasks(self, count: int, step: int) -> list[Task]:
        """`count` tasks for training step `step`."""
        return await self._changing(lambda actor: actor.next_tasks(count, step))

    async def observe(self, outcome: TaskOutcome) -> None:
        """Feed an outcome back."""
        await self._changing(lambda actor: actor.observe(outcome))

    async def metrics(self) -> dict[str, float]:
        """Stage, pool size and the like."""
        async with self._lock:
            return await self._actor.call(lambda actor: actor.metrics(), self._limit_s)

    async def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        async with self._lock:
            return await self._saved()

    async def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        async with self._lock:
            await self._actor.call(lambda actor: actor.load_state_dict(state), self._limit_s)
            self._state, self._calls = state, []

    async def close(self) -> None:
        """End the scheduler."""
        await self._actor.close()

    async def _changing(self, call: Callable[[CurriculumClient], Awaitable[Answer]]) -> Answer:
        # One at a time, so that the order in which they are kept is the order in which they were made.
        async with self._lock:
            answer = await self._actor.call(call, self._limit_s)
            self._calls.append(call)
            if len(self._calls) >= _MAX_CALLS:
                await self._saved()
            return answer

    async def _saved(self) -> dict[str, Any]:
        self._state = await self._actor.call(lambda actor: actor.state_dict(), self._limit_s)
        self._calls = []
        return self._state

    async def _restore(self, actor: CurriculumClient) -> None:
        if self._state is not None:
            await actor.load_state_dict(self._state)
        for call in self._calls:
            await call(actor)
