"""A cluster without Ray: the run's own rules over actors that are objects of this process.

What decides is real: the set of rollout workers, the scoring, the curriculum with its scheduler, the buffer, the
recovery policy, the rule on staleness, the sandbox. What would take minutes is not: an engine answers right or wrong by
a hash of the rollout's name, and a learner keeps a number for a model. `World` says what goes wrong.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from fake_actors import FakeControl, FakeLearner, FakeScheduler, FakeScorer, FakeWorkerControl, World

from actors.curriculum_scheduler import CurriculumScheduler
from actors.sandbox_executor import SandboxExecutor
from curriculum.potential import TaskPotential
from curriculum.task import Task
from driver.cluster import LearnerClient
from driver.config import RunConfig
from driver.recovery import RecoveryPolicy
from driver.supervision.deadlines import Deadlines
from driver.supervision.gpu_turns import GpuTurns
from driver.supervision.rollout_workers import RolloutWorkers
from driver.supervision.scoring import ScorerClient, Scoring
from driver.supervision.standing_actor import StandingActor
from driver.supervision.task_choice import TaskChoice
from sandbox_service import ExecutionRequest, ExecutionResult


class FakeCluster:
    """A `RunCluster` of fake actors."""

    def __init__(self, config: RunConfig, _: Path, world: World) -> None:
        self._config = config
        self.world = world
        self._policy = RecoveryPolicy(config.recovery)
        self._deadlines = Deadlines.of(config)
        self._rollouts: RolloutWorkers | None = None
        self._scorer: Scoring | None = None
        self._learner: FakeLearner | None = None
        self._turns: GpuTurns | None = None
        self._sandbox: SandboxExecutor | None = None
        self.is_closed = False

    def start_sandbox(self) -> Callable[[ExecutionRequest], Awaitable[ExecutionResult]]:
        """The real thing, on this machine."""
        if self._sandbox is None:
            self._sandbox = SandboxExecutor(self._config.sandbox)
        return self._sandbox.execute

    @property
    def has_rollouts(self) -> bool:
        """Whether they were started."""
        return self._rollouts is not None

    def start_rollouts(self) -> RolloutWorkers:
        """The real set of fake workers."""
        if self._rollouts is None:
            size = self._config.rollout.group_size
            self._rollouts = RolloutWorkers(
                FakeWorkerControl(self.world, size),
                self._config.placement.rollout_workers,
                capacity=self._config.engine.max_num_seqs,
                group_size=size,
                policy=self._policy,
                deadlines=self._deadlines,
            )
            self._rollouts.start()
        return self._rollouts

    def start_scorer(self) -> Scoring:
        """The real handling of a fake scorer."""
        if self._scorer is None:
            control = FakeControl(lambda: FakeScorer(self._config, self.world))
            actor: StandingActor[ScorerClient] = StandingActor(
                "scorer", control, self._policy, start_s=self._deadlines.start_s
            )
            self._scorer = Scoring(actor, self._deadlines)
        return self._scorer

    def start_learner(self) -> LearnerClient:
        """A learner with nothing in it."""
        if self._learner is None:
            self._learner = FakeLearner(self._config, self.world)
            self.world.learners.append(self._learner)
            if self._config.placement.shares_gpu and self.has_rollouts:
                sleeps = self._config.engine.sleeps
                self._turns = GpuTurns(self._learner, self.start_rollouts(), sleeps=sleeps)
        return self._turns or self._learner

    def start_curriculum(self, tasks: Sequence[Task], potentials: Sequence[TaskPotential]) -> TaskChoice:
        """The real scheduler, behind calls that may fail."""

        def create() -> FakeScheduler:
            return FakeScheduler(CurriculumScheduler(tasks, potentials, self._config.curriculum), self.world)

        return TaskChoice(FakeControl(create), self._policy, self._deadlines)

    def metrics(self) -> dict[str, float]:
        """Of the rollout workers."""
        numbers = {} if self._rollouts is None else self._rollouts.metrics()
        return {f"rollout/{name}": value for name, value in numbers.items()}

    async def end_learner(self) -> None:
        """Its memory is free."""
        if self._learner is not None:
            self._learner.is_closed = True
            self._learner = None
        if self._turns is not None:
            turns, self._turns = self._turns, None
            await turns.wake()

    async def close(self) -> None:
        """End what was started."""
        await self.end_learner()
        if self._rollouts is not None:
            await self._rollouts.close()
        if self._scorer is not None:
            await self._scorer.close()
        if self._sandbox is not None:
            await self._sandbox.close()
        self.is_closed = True
