"""Turns plain classes into Ray actors and ends them again. With actors/handles/calls.py the only place that knows Ray.

Order of ending: engines close themselves first (or their processes outlive them), then actors are killed, then Ray, if
this process started it, is shut down.
"""

import asyncio
import logging
import os
import tempfile
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ray

from actors.curriculum_scheduler import CurriculumScheduler
from actors.engines.config import EngineConfig
from actors.engines.engine import ServedModel
from actors.engines.vllm_engine import served_by_vllm
from actors.handles.curriculum import CurriculumControl
from actors.handles.gauges import ClusterMetrics
from actors.handles.learner import LearnerHandles
from actors.handles.nodes import node_views, own_view
from actors.handles.rollouts import RolloutControl
from actors.handles.sandbox import SandboxControl, SandboxHandles
from actors.handles.scorer import ScorerControl
from actors.policy_learner import PolicyLearner
from actors.reward_scorer import RewardScorer
from actors.rollout_worker import RolloutWorker
from actors.sandbox_executor import SandboxExecutor
from actors.sandbox_pool.directory import SandboxDirectory
from actors.sandbox_pool.dispatcher import DispatchLimits
from actors.sandbox_pool.scaler import SandboxScaler
from curriculum.potential import TaskPotential
from curriculum.task import Task
from driver import placement, preflight
from driver.actor_options import actor_options, learner_env, local_files, paths_of, rollouts_at_once
from driver.cluster import LearnerClient
from driver.config import RunConfig
from driver.errors import PlacementError
from driver.models import LocalFiles
from driver.preflight import patiently
from driver.recovery import RecoveryPolicy
from driver.supervision.deadlines import Deadlines
from driver.supervision.gpu_turns import GpuTurns
from driver.supervision.rollout_workers import RolloutWorkers
from driver.supervision.scoring import ScorerClient, Scoring
from driver.supervision.standing_actor import StandingActor
from driver.supervision.task_choice import TaskChoice

_log = logging.getLogger(__name__)
_ADDRESS = "RAY_ADDRESS"
_CLOSE_S = 20.0
_LET_GO_S = 20.0
_QUIET_ENGINE = {"VLLM_LOGGING_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore", "TORCH_CPP_LOG_LEVEL": "ERROR"}
"""An engine's start prints pages of notes; its errors are shown. Setting VLLM_LOGGING_LEVEL shows the rest."""


class Cluster:
    """The actors of one run, each made when a phase first asks for it."""

    def __init__(self, config: RunConfig, model_path: Path) -> None:
        self._config = config
        self._model_path = model_path
        self._actors: list[Any] = []
        self._owns_ray = connect(config)
        self._placement = placement.plan(config)
        self._local = local_files(config, model_path)
        try:
            self._look_before_starting()
        except BaseException:
            if self._owns_ray:
                ray.shutdown()
            raise
        self._sandbox: SandboxHandles | None = None
        self._scaler: SandboxScaler | None = None
        self._rollouts: RolloutWorkers | None = None
        self._learner: LearnerHandles | None = None
        self._turns: GpuTurns | None = None
        self._scorer: Scoring | None = None
        self._choice: TaskChoice | None = None
        self._policy = RecoveryPolicy(config.recovery)
        self._deadlines = Deadlines.of(config)

    def _look_before_starting(self) -> None:
        """Refuse a run that cannot end well, or that would wait for what others hold, before any actor is there."""
        config, plan = self._config, self._placement
        # Nodes of a cluster that others started may still boot; a machine of one's own does not grow.
        boot_s = 0.0 if self._owns_ray else config.placement.nodes_s
        patiently(
            lambda: placement.check(plan, ray.cluster_resources()),
            boot_s,
            "placement.nodes_s",
            say=_log.warning,
        )
        to_read, to_write = paths_of(config, self._model_path)
        if self._owns_ray:
            views = [own_view(to_read, to_write)]
        else:
            # Actors that have just been ended let go of what they held within a moment.
            patiently(
                lambda: preflight.refuse_busy(plan, ray.cluster_resources(), ray.available_resources()),
                _LET_GO_S,
            )
            views = node_views(to_read, to_write)
            preflight.refuse_full_nodes(config, plan, views)
        preflight.refuse_views(config, plan, self._model_path, views)

    def start_sandbox(self) -> SandboxHandles:
        """Start the sandbox actors, if they are not there yet; a pool of several needs a running event loop."""
        if self._sandbox is None:
            is_fixed = self._spec("sandbox").max_count == 1
            self._sandbox = self._fixed_sandbox() if is_fixed else self._sandbox_pool()
        return self._sandbox

    def metrics(self) -> dict[str, float]:
        """Sizes of the pools of actors, and actors lost."""
        scaler = {} if self._scaler is None else self._scaler.metrics()
        rollouts = {} if self._rollouts is None else self._rollouts.metrics()
        pools = {"sandbox": scaler, "rollout": rollouts}
        return {f"{pool}/{name}": value for pool, numbers in pools.items() for name, value in numbers.items()}

    @property
    def has_rollouts(self) -> bool:
        """Whether the rollout workers were started."""
        return self._rollouts is not None

    def start_rollouts(self) -> RolloutWorkers:
        """Start the rollout workers, if they are not there yet; needs a running event loop."""
        if self._rollouts is None:
            self._rollouts = RolloutWorkers(
                RolloutControl(self._rollout_actor, self._kill),
                self._spec("rollout").count,
                capacity=rollouts_at_once(self._config),
                group_size=self._config.rollout.group_size,
                policy=self._policy,
                deadlines=self._deadlines,
            )
            self._rollouts.start()
        return self._rollouts

    def start_learner(self) -> LearnerClient:
        """Start the learner's ranks, if they are not there yet."""
        learner = self._learner_ranks()
        if self._config.placement.shares_gpu and self._turns is None and self.has_rollouts:
            self._turns = GpuTurns(learner, self.start_rollouts(), sleeps=self._config.engine.sleeps)
        return self._turns or learner

    def _learner_ranks(self) -> LearnerHandles:
        if self._learner is None:
            learner, role = self._config.learner, self._config.learner_role
            count = self._spec("learner").count
            self._learner = LearnerHandles(
                [
                    self._actor(
                        PolicyLearner,
                        "learner",
                        rank,
                        learner,
                        role,
                        rank,
                        count,
                        self._local,
                        env=learner_env(self._config),
                    )
                    for rank in range(count)
                ],
                start_s=self._deadlines.start_s,
                limit_s=self._config.recovery.learner_s,
            )
        return self._learner

    def start_scorer(self) -> Scoring:
        """Start the reward scorer, if it is not there yet."""
        if self._scorer is None:
            control = ScorerControl(self._scorer_actor, self._kill)
            actor: StandingActor[ScorerClient] = StandingActor(
                "scorer", control, self._policy, start_s=self._deadlines.start_s
            )
            self._scorer = Scoring(actor, self._deadlines)
        return self._scorer

    def start_curriculum(self, tasks: Sequence[Task], potentials: Sequence[TaskPotential]) -> TaskChoice:
        """Start a curriculum over these tasks."""

        def create() -> Any:
            return self._actor(
                CurriculumScheduler, "curriculum", 0, tasks, potentials, self._config.curriculum
            )

        self._choice = TaskChoice(CurriculumControl(create, self._kill), self._policy, self._deadlines)
        return self._choice

    async def end_learner(self) -> None:
        """Give the learner's memory back."""
        if self._learner is not None:
            learner, self._learner = self._learner, None
            await learner.close(self._kill)
        if self._turns is not None:
            turns, self._turns = self._turns, None
            await turns.wake()

    async def close(self) -> None:
        """End everything that this run started, in order; does not raise for what is already gone."""
        parts = [self._rollouts, self._sandbox, self._scaler, self._scorer, self._choice]
        self._turns = None  # nobody is to wake what is being ended
        closing = [asyncio.wait_for(part.close(), _CLOSE_S) for part in parts if part is not None]
        await asyncio.gather(*closing, self.end_learner(), return_exceptions=True)
        for actor in self._actors:
            ray.kill(actor)
        self._actors.clear()
        if self._owns_ray:
            ray.shutdown()

    def _spec(self, role: str) -> placement.ActorSpec:
        return next(spec for spec in self._placement.actors if spec.role == role)

    def _fixed_sandbox(self) -> SandboxHandles:
        # Without a limit on restarts: what a broken executor costs is counted in groups.
        executor = self._sandbox_actor(0, restarts=-1)
        return SandboxHandles.fixed(executor, self._config.sandbox.num_workers, self._dispatch_limits())

    def _sandbox_pool(self) -> SandboxHandles:
        # It keeps nothing that the next tick of the scaler does not tell it again.
        directory = self._actor(SandboxDirectory, "directory", 0, restarts=-1)
        metrics = ClusterMetrics(self._config.name)
        self._scaler = SandboxScaler(
            placement.scaling(self._config),
            SandboxControl(directory, self._sandbox_actor, self._kill),
            observe=lambda values: metrics("sandbox", 0, values),
        )
        self._scaler.start()
        return SandboxHandles(directory, limits=self._dispatch_limits())

    def _dispatch_limits(self) -> DispatchLimits:
        recovery = self._config.recovery
        return DispatchLimits(
            max_attempts=recovery.attempts, asks_again=True, patience_s=recovery.script_wait_s
        )

    def _sandbox_actor(self, index: int, restarts: int = 0) -> Any:
        # Whoever sends scripts counts the attempts, over all executors: one that tried again by itself would multiply.
        config = self._config.sandbox.model_copy(update={"retries": 0})
        return self._actor(SandboxExecutor, "sandbox", index, config, index, restarts=restarts)

    def _scorer_actor(self) -> Any:
        return self._actor(RewardScorer, "scorer", 0, self._config.reward, self._config.reward_role)

    def _kill(self, actor: Any) -> None:
        ray.kill(actor)
        if actor in self._actors:
            self._actors.remove(actor)

    def _rollout_actor(self, index: int) -> Any:
        config = self._config
        env = {} if os.environ.get("VLLM_LOGGING_LEVEL") else _QUIET_ENGINE
        return self._actor(
            RolloutWorker,
            "rollout",
            index,
            config.rollout,
            # Called in the actor's process, which then owns the engine's.
            partial(_served, config.engine, self._local, str(self._model_path)),
            self.start_sandbox(),
            index,
            self._local,
            env=env,
        )

    def _actor(
        self,
        cls: Callable[..., Any],
        role: str,
        index: int,
        *args: Any,
        env: dict[str, str] | None = None,
        restarts: int = 0,
    ) -> Any:
        name = f"{self._config.name}:{role}-{index}:{uuid.uuid4().hex[:6]}"
        options = actor_options(self._spec(role), cls, env or {}) | {"name": name, "max_restarts": restarts}
        actor = ray.remote(cls).options(**options).remote(*args)
        self._actors.append(actor)
        return actor


def _served(config: EngineConfig, local: LocalFiles, model_path: str) -> ServedModel:
    return served_by_vllm(config, local(model_path))


def joins_cluster() -> bool:
    """Whether a run's actors go to a cluster that others started, and perhaps not to this machine."""
    return ray.is_initialized() or bool(os.environ.get(_ADDRESS))


def connect(config: RunConfig) -> bool:
    """Join the Ray cluster that this job or shell belongs to, or start one here; whether this process owns it.

    Raises:
        PlacementError: a local cluster could not be started.
    """
    if ray.is_initialized():
        return False
    address = os.environ.get(_ADDRESS)
    common: dict[str, Any] = {"namespace": config.name, "logging_level": "warning", "log_to_driver": True}
    if address:
        ray.init(address=address, **common)
        return False
    # A cluster of our own demands a token, which Ray would otherwise leave in the home folder, where it changes how
    # every later cluster of this user starts.
    if "RAY_AUTH_TOKEN_PATH" not in os.environ and "RAY_AUTH_MODE" not in os.environ:
        token = Path(tempfile.mkdtemp(prefix="r1ci-")) / "token"
        token.write_text(uuid.uuid4().hex)
        os.environ["RAY_AUTH_TOKEN_PATH"] = str(token)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        size = config.placement.object_store_gib
        ray.init(
            include_dashboard=False, object_store_memory=None if size is None else int(size * 2**30), **common
        )
    except (RuntimeError, OSError, ValueError, ConnectionError) as error:
        raise PlacementError(
            f"Ray did not start on this machine ({type(error).__name__}: {error}): "
            "is another process using its ports or is /tmp full? `python -m driver doctor` tells"
        ) from error
    return True
