"""All ranks of the learner as one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import ray

from actors.errors import LearnerError
from actors.handles.calls import CLOSE_S, Handle, Reference, in_time, settled
from actors.records import SftRollout, StepReport, WeightManifest


class LearnerHandles:
    """All ranks of the learner as one: every call goes to every rank, since gathers and sums need them all.

    Every call raises `LearnerError` when a rank dies or the deadline passes; what the others do then is of no use.
    """

    def __init__(self, ranks: Sequence[Handle], *, start_s: float, limit_s: float) -> None:
        self._ranks = list(ranks)
        self._start_s = start_s
        self._limit_s = limit_s

    async def setup(self, model_path: str, phase: str) -> None:
        """Let the ranks meet and load the model."""
        host, port = (await self._answers([self._ranks[0].address.remote()], self._start_s))[0]
        await self._all("setup", host, port, model_path, phase)

    async def begin_phase(self, phase: str, total_steps: int, reference_path: str | None = None) -> None:
        """Fresh optimiser and learning rate."""
        await self._all("begin_phase", phase, total_steps, reference_path)

    async def sft_step(self, rollouts: Sequence[SftRollout], version: int) -> StepReport:
        """One supervised step."""
        shared = ray.put(list(rollouts))
        report: StepReport = (await self._all("sft_step", shared, version))[0]
        return report

    async def train_step(self, groups: Sequence[Reference], version: int) -> StepReport:
        """One GRPO step on groups that stay in the object store."""
        report: StepReport = (await self._all("train_on", version, *groups))[0]
        return report

    async def publish(self, version: int, bucket_bytes: int) -> tuple[WeightManifest, list[Reference]]:
        """Put the policy into the object store; its manifest and the references of its buckets."""
        (count,) = await self._answers([self._ranks[0].num_buckets.remote(bucket_bytes)])
        first = self._ranks[0].publish.options(num_returns=1 + count).remote(version, bucket_bytes)
        others = [rank.publish.remote(version, bucket_bytes) for rank in self._ranks[1:]]
        manifest, *_ = await self._answers([first[0], *others])
        return manifest, list(first[1:])

    async def save_checkpoint(self, folder: str, state: dict[str, Any]) -> None:
        """Weights, optimiser and `state`."""
        await self._all("save_checkpoint", folder, state)

    async def load_checkpoint(self, folder: str) -> dict[str, Any]:
        """Go on from a checkpoint; the state saved with it."""
        state: dict[str, Any] = (await self._all("load_checkpoint", folder))[0]
        return state

    async def save_hf(self, folder: str) -> None:
        """Write the policy in Hugging Face form."""
        await self._all("save_hf", folder)

    async def close(self, kill: Callable[[Handle], None]) -> None:
        """Free the model, and end the ranks."""
        closing = [asyncio.ensure_future(settled(rank.close.remote())) for rank in self._ranks]
        await asyncio.wait(closing, timeout=CLOSE_S)
        for rank in self._ranks:
            kill(rank)

    async def _all(self, method: str, *args: Any) -> list[Any]:
        return await self._answers([getattr(rank, method).remote(*args) for rank in self._ranks])

    async def _answers(self, calls: Sequence[Awaitable[Any]], more_s: float = 0.0) -> list[Any]:
        limit_s = self._limit_s + more_s
        return list(
            await asyncio.gather(
                *[in_time(call, limit_s, LearnerError, "recovery.learner_s") for call in calls]
            )
        )
