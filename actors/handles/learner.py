"""All ranks of the learner as one, and the way of a policy from them to the rollout workers."""

import asyncio
from collections.abc import Sequence
from typing import Any

import ray

from actors.errors import ActorError
from actors.handles.calls import Handle, Reference, own_errors
from actors.handles.rollouts import RolloutHandles
from actors.records import PolicyVersion, SftRollout, StepReport, WeightManifest


class LearnerHandles:
    """All ranks of the learner as one: every call goes to every rank, since gathers and sums need them all."""

    def __init__(self, ranks: Sequence[Handle]) -> None:
        self._ranks = list(ranks)

    async def setup(self, model_path: str, phase: str) -> None:
        """Let the ranks meet and load the model."""
        host, port = await self._ranks[0].address.remote()
        await self._all("setup", host, port, model_path, phase)

    async def begin_phase(self, phase: str, total_steps: int, reference_path: str | None = None) -> None:
        """Fresh optimiser and learning rate."""
        await self._all("begin_phase", phase, total_steps, reference_path)

    async def sft_step(self, rollouts: Sequence[SftRollout], version: int) -> StepReport:
        """One supervised step."""
        shared = ray.put(list(rollouts))
        return (await self._all("sft_step", shared, version))[0]

    async def train_step(self, groups: Sequence[Reference], version: int) -> StepReport:
        """One GRPO step on groups that stay in the object store."""
        return (await self._all("train_on", version, *groups))[0]

    async def publish(self, version: int, bucket_bytes: int) -> tuple[WeightManifest, list[Reference]]:
        """Put the policy into the object store; its manifest and the references of its buckets."""
        count = await self._ranks[0].num_buckets.remote(bucket_bytes)
        first = self._ranks[0].publish.options(num_returns=1 + count).remote(version, bucket_bytes)
        others = [rank.publish.remote(version, bucket_bytes) for rank in self._ranks[1:]]
        manifest, *_ = await asyncio.gather(first[0], *others)
        return manifest, list(first[1:])

    async def save_checkpoint(self, folder: str, state: dict[str, Any]) -> None:
        """Weights, optimiser and `state`."""
        await self._all("save_checkpoint", folder, state)

    async def load_checkpoint(self, folder: str) -> dict[str, Any]:
        """Go on from a checkpoint; the state saved with it."""
        return (await self._all("load_checkpoint", folder))[0]

    async def save_hf(self, folder: str) -> None:
        """Write the policy in Hugging Face form."""
        await self._all("save_hf", folder)

    async def memory_mib(self) -> float:
        """Most memory a rank has held, added up."""
        return sum(await self._all("memory_mib"))

    async def close(self) -> None:
        """Free the model."""
        await asyncio.gather(*[rank.close.remote() for rank in self._ranks], return_exceptions=True)

    async def _all(self, method: str, *args: Any) -> list[Any]:
        calls = [getattr(rank, method).remote(*args) for rank in self._ranks]
        return list(await asyncio.gather(*[own_errors(call, ActorError) for call in calls]))


async def publish_policy(
    learner: LearnerHandles, rollouts: RolloutHandles, version: int, bucket_bytes: int
) -> PolicyVersion:
    """Publish the learner's policy as `version` and have every rollout worker serve it."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    manifest, buckets = await learner.publish(version, bucket_bytes)
    published = loop.time()
    load_s = await rollouts.load_weights(manifest, buckets)
    return PolicyVersion(version=version, publish_s=published - started, load_s=load_s)
