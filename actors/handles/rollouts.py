"""The rollout workers as one: the least loaded takes a group, all load new weights, a dead one is replaced."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError

from actors.errors import EngineError, WeightSyncError
from actors.handles.calls import CLOSE_S, Handle, Reference, added, own_errors, settled
from actors.records import WeightManifest
from curriculum.task import Task


class RolloutHandles:
    """The rollout workers and the policy version they serve; a dead worker is replaced and brought up to date."""

    def __init__(self, create: Callable[[int], Handle], count: int, max_replacements: int = 3) -> None:
        self._create = create
        self._workers = [create(index) for index in range(count)]
        self._in_flight = [0] * count
        self._replacements_left = max_replacements
        self._served: tuple[WeightManifest, Sequence[Reference]] | str | None = None
        self._replacing = asyncio.Lock()

    async def ready(self) -> None:
        """Wait until every engine is up.

        Raises:
            EngineError: one did not start.
        """
        await asyncio.gather(*[own_errors(worker.metrics.remote(), EngineError) for worker in self._workers])

    async def rollout_group(self, task: Task, group_id: str, **options: Any) -> Reference:
        """Roll out a group on the least loaded worker; the reference of the finished `RolloutGroup`.

        Raises:
            EngineError: workers died more often than they may be replaced.
        """
        while True:
            index = min(range(len(self._workers)), key=self._in_flight.__getitem__)
            worker = self._workers[index]
            self._in_flight[index] += 1
            group, receipt = worker.rollout_group.options(num_returns=2).remote(task, group_id, **options)
            try:
                # Awaits the receipt alone, so the tokens are not fetched to this process.
                await receipt
                return group
            except (RayActorError, EngineError) as error:
                await self._replace(index, worker, error)
            finally:
                self._in_flight[index] -= 1

    async def load_weights(self, manifest: WeightManifest, buckets: Sequence[Reference]) -> float:
        """Have every worker serve a published version; seconds of the slowest."""
        self._served = (manifest, buckets)
        return max(await self._all("load_weights", manifest, *buckets))

    async def load_folder(self, folder: str, version: int) -> float:
        """Have every worker serve the model saved in `folder`."""
        self._served = folder
        return max(await self._all("load_folder", folder, version))

    async def metrics(self) -> dict[str, float]:
        """The workers' numbers, added up."""
        return added(await self._all("metrics"))

    async def close(self) -> None:
        """End the engines; must come before the actors are killed, or the engines' processes stay."""
        await asyncio.gather(*[w.close.remote() for w in self._workers], return_exceptions=True)

    async def _all(self, method: str, *args: Any) -> list[Any]:
        calls = [getattr(worker, method).remote(*args) for worker in self._workers]
        return list(await asyncio.gather(*[own_errors(call, WeightSyncError) for call in calls]))

    async def _replace(self, index: int, dead: Handle, error: Exception) -> None:
        async with self._replacing:
            if self._workers[index] is not dead:
                return
            if self._replacements_left <= 0:
                raise EngineError(
                    f"rollout worker {index} died and no replacement is left ({type(error).__name__}: {error}): "
                    "see its log in the dashboard; engine.cpu_kv_cache_gib and engine.gpu_memory_utilization decide "
                    "its memory"
                ) from error
            self._replacements_left -= 1
            # An engine may be dead in a living actor; what is left of its processes goes first.
            await asyncio.wait({asyncio.ensure_future(settled(dead.close.remote()))}, timeout=CLOSE_S)
            ray.kill(dead)
            worker = self._create(index)
            if isinstance(self._served, str):
                await worker.load_folder.remote(self._served, 0)
            elif self._served is not None:
                manifest, buckets = self._served
                await worker.load_weights.remote(manifest, *buckets)
            self._workers[index] = worker
