"""What is done to rollout workers, wherever they are. `actors/handles/rollouts.py` does it to actors."""

from collections.abc import Sequence
from typing import Any, Protocol

from actors.records import WeightManifest
from curriculum.task import Task


class WorkerControl(Protocol):
    """What is done to rollout workers; an address is whatever `create` gave.

    Every call raises `ActorLostError` when the worker is dead.
    """

    def create(self, index: int) -> Any:
        """Ask for a worker; its address, at once."""

    async def ready(self, address: Any) -> None:
        """Wait until its engine is up. Raises `ActorLostError` if it does not come up."""

    async def rollout_group(self, address: Any, task: Task, group_id: str, **options: Any) -> Any:
        """The reference of a finished `RolloutGroup`; cancelling ends its rollouts. Raises `EngineError`."""

    async def load_weights(self, address: Any, manifest: WeightManifest, buckets: Sequence[Any]) -> float:
        """Serve a published policy; seconds. Raises `WeightSyncError`."""

    async def load_folder(self, address: Any, folder: str, version: int) -> float:
        """Serve a saved model; seconds. Raises `WeightSyncError`."""

    async def sleep(self, address: Any) -> None:
        """Have its engine give its GPU memory back; turns wait."""

    async def wake(self, address: Any) -> None:
        """Have its engine take its memory again and go on."""

    async def end(self, address: Any) -> None:
        """End its engine and itself; returns in any case."""
