"""What the phases of a run ask of its actors. `driver/launch.py` has it over Ray, `tests/support` without."""

from collections.abc import Sequence
from typing import Any, Protocol

from actors.callables import ExecuteFn
from actors.records import SftRollout, StepReport, WeightManifest
from curriculum.potential import TaskPotential
from curriculum.task import Task
from driver.supervision.rollout_workers import RolloutWorkers
from driver.supervision.scoring import Scoring
from driver.supervision.task_choice import TaskChoice


class LearnerClient(Protocol):
    """All ranks of the learner as one; every call raises an `ActorError` at its deadline or when a rank dies."""

    async def setup(self, model_path: str, phase: str) -> None:
        """Let the ranks meet and load the model."""

    async def begin_phase(self, phase: str, total_steps: int, reference_path: str | None = None) -> None:
        """Fresh optimiser and learning rate."""

    async def sft_step(self, rollouts: Sequence[SftRollout], version: int) -> StepReport:
        """One supervised step."""
        ...

    async def train_step(self, groups: Sequence[Any], version: int) -> StepReport:
        """One GRPO step on groups behind references."""
        ...

    async def publish(self, version: int, bucket_bytes: int) -> tuple[WeightManifest, list[Any]]:
        """The policy's manifest and the references of its buckets."""
        ...

    async def save_checkpoint(self, folder: str, state: dict[str, Any]) -> None:
        """Weights, optimiser and `state`."""

    async def load_checkpoint(self, folder: str) -> dict[str, Any]:
        """Go on from a checkpoint; the state saved with it."""
        ...

    async def save_hf(self, folder: str) -> None:
        """Write the policy in Hugging Face form."""


class RunCluster(Protocol):
    """The actors of one run. What is started already is not started again."""

    def start_sandbox(self) -> ExecuteFn:
        """Start the sandbox executors."""
        ...

    @property
    def has_rollouts(self) -> bool:
        """Whether `start_rollouts` was called."""
        ...

    def start_rollouts(self) -> RolloutWorkers:
        """Start the rollout workers."""
        ...

    def start_scorer(self) -> Scoring:
        """Start the reward scorer."""
        ...

    def start_learner(self) -> LearnerClient:
        """Start the learner's ranks."""
        ...

    def start_curriculum(self, tasks: Sequence[Task], potentials: Sequence[TaskPotential]) -> TaskChoice:
        """Start a curriculum over these tasks; a new one each time."""
        ...

    def metrics(self) -> dict[str, float]:
        """Sizes of the pools of actors, and actors lost."""
        ...

    async def end_learner(self) -> None:
        """Give the learner's memory back."""

    async def close(self) -> None:
        """End everything that this run started; does not raise for what is already gone."""
