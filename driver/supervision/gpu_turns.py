"""The learner where it shares a GPU with an engine: who may have the GPU's memory, and when.

An engine measures the free memory when it starts, so the learner comes after it. With `engine.sleeps` the engine gives
its memory back while the learner computes, and has it again before it is needed: for the next rollouts after a step,
for new weights before they are published, for good when the learner ends.

Invariant: the engines are awake whenever no call of the learner is running that needs them asleep, but for the time
from `setup` to the first publication or the learner's end, when nothing is rolled out.
"""

from collections.abc import Sequence
from typing import Any

from actors.records import SftRollout, StepReport, WeightManifest
from driver.cluster import LearnerClient
from driver.supervision.rollout_workers import RolloutWorkers


class GpuTurns:
    """A `LearnerClient` over the real one."""

    def __init__(self, learner: LearnerClient, rollouts: RolloutWorkers, *, sleeps: bool) -> None:
        """Asks for nothing yet.

        Args:
            learner: computes.
            rollouts: whose engines share its GPU; started already.
            sleeps: whether they are to sleep while it does.
        """
        self._learner = learner
        self._rollouts = rollouts
        self._sleeps = sleeps
        self._are_asleep = False

    async def setup(self, model_path: str, phase: str) -> None:
        """Load the model once the engines have what they need."""
        await self._rollouts.until_up()
        await self._put_to_sleep()
        await self._learner.setup(model_path, phase)

    async def begin_phase(self, phase: str, total_steps: int, reference_path: str | None = None) -> None:
        """Fresh optimiser and learning rate."""
        await self._put_to_sleep()
        await self._learner.begin_phase(phase, total_steps, reference_path)

    async def sft_step(self, rollouts: Sequence[SftRollout], version: int) -> StepReport:
        """One supervised step; the engines sleep on, since nobody asks them for anything."""
        await self._put_to_sleep()
        return await self._learner.sft_step(rollouts, version)

    async def train_step(self, groups: Sequence[Any], version: int) -> StepReport:
        """One GRPO step; the rollouts of the next one go on afterwards."""
        await self._put_to_sleep()
        try:
            return await self._learner.train_step(groups, version)
        finally:
            await self.wake()

    async def publish(self, version: int, bucket_bytes: int) -> tuple[WeightManifest, list[Any]]:
        """The policy's manifest and the references of its buckets, which awake engines load."""
        await self.wake()
        return await self._learner.publish(version, bucket_bytes)

    async def save_checkpoint(self, folder: str, state: dict[str, Any]) -> None:
        """Weights, optimiser and `state`."""
        await self._learner.save_checkpoint(folder, state)

    async def load_checkpoint(self, folder: str) -> dict[str, Any]:
        """Go on from a checkpoint; the state saved with it."""
        await self._put_to_sleep()
        return await self._learner.load_checkpoint(folder)

    async def save_hf(self, folder: str) -> None:
        """Write the policy in Hugging Face form."""
        await self._learner.save_hf(folder)

    async def wake(self) -> None:
        """Give the engines their memory again; whoever ends the learner calls it afterwards."""
        if self._are_asleep:
            self._are_asleep = False
            await self._rollouts.wake()

    async def _put_to_sleep(self) -> None:
        if self._sleeps and not self._are_asleep:
            self._are_asleep = True
            await self._rollouts.sleep()
