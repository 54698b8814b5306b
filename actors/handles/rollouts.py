"""A rollout worker's handle: what `RolloutWorkers` in driver/supervision does to it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import ray

from actors.errors import ActorLostError
from actors.handles.calls import CLOSE_S, Handle, Reference, own_errors, settled
from actors.records import WeightManifest
from curriculum.task import Task


class RolloutControl:
    """Calls to rollout workers; an address is an actor handle."""

    def __init__(self, create: Callable[[int], Handle], kill: Callable[[Handle], None]) -> None:
        self.create = create
        self._kill = kill

    async def ready(self, address: Handle) -> None:
        """Wait until its engine is up."""
        await own_errors(address.metrics.remote(), ActorLostError)

    async def rollout_group(self, address: Handle, task: Task, group_id: str, **options: Any) -> Reference:
        """The reference of a finished `RolloutGroup`."""
        group, receipt = address.rollout_group.options(num_returns=2).remote(task, group_id, **options)
        try:
            # Awaits the receipt alone, so the tokens are not fetched to this process.
            await own_errors(receipt, ActorLostError)
        except asyncio.CancelledError:
            ray.cancel(receipt)
            raise
        return group

    async def load_weights(
        self, address: Handle, manifest: WeightManifest, buckets: Sequence[Reference]
    ) -> float:
        """Serve a published policy; seconds."""
        seconds: float = await own_errors(address.load_weights.remote(manifest, *buckets), ActorLostError)
        return seconds

    async def load_folder(self, address: Handle, folder: str, version: int) -> float:
        """Serve the model saved in `folder`; seconds."""
        seconds: float = await own_errors(address.load_folder.remote(folder, version), ActorLostError)
        return seconds

    async def sleep(self, address: Handle) -> None:
        """Have its engine give its GPU memory back."""
        await own_errors(address.sleep.remote(), ActorLostError)

    async def wake(self, address: Handle) -> None:
        """Have its engine take its memory again."""
        await own_errors(address.wake.remote(), ActorLostError)

    async def end(self, address: Handle) -> None:
        """End its engine, then itself: the engine's processes outlive an actor that is only killed."""
        await asyncio.wait({asyncio.ensure_future(settled(address.close.remote()))}, timeout=CLOSE_S)
        self._kill(address)
