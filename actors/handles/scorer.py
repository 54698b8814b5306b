"""The reward scorer's handle."""

import asyncio

from actors.handles.calls import Handle, Reference
from actors.records import GroupSummary


class ScorerHandle:
    """The reward scorer."""

    def __init__(self, actor: Handle) -> None:
        self._actor = actor

    async def score(self, group: Reference) -> tuple[Reference, GroupSummary]:
        """Score a group; the reference of the `ScoredGroup`, and its numbers."""
        scored, summary = self._actor.score.options(num_returns=2).remote(group)
        return scored, await summary

    async def metrics(self) -> dict[str, float]:
        """Totals."""
        return await self._actor.metrics.remote()

    async def close(self) -> None:
        """End the checker's process."""
        await asyncio.gather(self._actor.close.remote(), return_exceptions=True)
