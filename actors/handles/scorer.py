"""The reward scorer's handle."""

import asyncio
from collections.abc import Callable
from typing import Any

from actors.errors import ActorLostError
from actors.handles.calls import CLOSE_S, Handle, Reference, own_errors, settled
from actors.records import GroupSummary


class ScorerHandle:
    """The reward scorer."""

    def __init__(self, actor: Handle) -> None:
        self.actor = actor

    async def score(self, group: Reference) -> tuple[Reference, GroupSummary]:
        """Score a group; the reference of the `ScoredGroup`, and its numbers."""
        scored, summary = self.actor.score.options(num_returns=2).remote(group)
        return scored, await own_errors(summary, ActorLostError)


class ScorerControl:
    """How a scorer is made and ended."""

    def __init__(self, create: Callable[[], Handle], kill: Callable[[Handle], None]) -> None:
        self._create = create
        self._kill = kill

    def create(self) -> ScorerHandle:
        """Ask for a scorer."""
        return ScorerHandle(self._create())

    async def end(self, actor: Any) -> None:
        """End its checkers' processes, then itself."""
        await asyncio.wait({asyncio.ensure_future(settled(actor.actor.close.remote()))}, timeout=CLOSE_S)
        self._kill(actor.actor)
