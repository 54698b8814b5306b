"""From actor handles to typed async callables: with driver/launch.py the only place that knows Ray.

A Ray error does not mean that a call was not executed, so what is retried carries an id that makes a repeat harmless:
`execution_id` for scripts, `group_id` for rollouts. Tokens and weights stay in the object store: groups and buckets are
handed on as references, and the driver sees their numbers only.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.util.metrics import Gauge

from actors.errors import ActorError, EngineError, ExecutorLostError, WeightSyncError
from actors.records import GroupSummary, PolicyVersion, ScoredGroup, SftRollout, StepReport, WeightManifest
from actors.sandbox_directory import ListedExecutor, SandboxListing
from actors.sandbox_dispatch import DispatchLimits, SandboxDispatcher
from actors.sandbox_scaling import ExecutorLoad
from curriculum.task import Task, TaskOutcome
from sandbox_service import ExecutionRequest, ExecutionResult

Handle = Any
"""A Ray actor handle."""
Reference = Any
"""A Ray object reference."""

_QUEUE_ALLOWANCE_S = 600.0
_ANSWER_S = 5.0
_CLOSE_S = 20.0
_PER_FIXED_WORKER = 32


class SandboxHandles:
    """An `ExecuteFn` over the sandbox actors: over one that stays (`fixed`), or over those that a directory lists.

    Pickled into every rollout worker; each copy has its own view of the load.
    """

    def __init__(self, directory: Handle | None = None, fixed: SandboxListing | None = None) -> None:
        self._directory = directory
        self._fixed = fixed
        self._name = uuid.uuid4().hex
        if directory is None:
            # Nobody else could take what waits, so it may as well wait there.
            self._dispatch = SandboxDispatcher(
                _executed, listing=fixed, limits=DispatchLimits(per_worker=_PER_FIXED_WORKER)
            )
        else:
            self._dispatch = SandboxDispatcher(_executed, look=self._look)

    @classmethod
    def fixed(cls, executor: Handle, num_workers: int) -> "SandboxHandles":
        """Over this executor alone; Ray restarts it when it dies."""
        listed = ListedExecutor(executor_id="executor-0", num_workers=num_workers, address=executor)
        return cls(fixed=SandboxListing(version=0, executors=(listed,)))

    def __reduce__(self) -> tuple[Any, ...]:
        return SandboxHandles, (self._directory, self._fixed)

    async def __call__(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script; `infrastructure` once it was given up.

        Raises:
            SandboxUnavailableError: no executor can give the isolation that the config demands.
        """
        return await self._dispatch(request)

    async def run_batch(self, requests: Sequence[ExecutionRequest]) -> list[ExecutionResult]:
        """Run many scripts at once, results in the same order."""
        return list(await asyncio.gather(*[self(request) for request in requests]))

    async def metrics(self) -> dict[str, float]:
        """The executors' numbers, added up."""
        return _added(await asyncio.gather(*[e.address.metrics.remote() for e in self._dispatch.executors]))

    async def close(self) -> None:
        """End the fixed executor's workers; those of a directory are ended by `SandboxScaler`."""
        await self._dispatch.close()
        executors = self._fixed.executors if self._fixed is not None else ()
        await asyncio.gather(*[e.address.close.remote() for e in executors], return_exceptions=True)

    async def _look(self, num_waiting: int, known_version: int) -> SandboxListing | None:
        call = self._directory.look.remote(self._name, num_waiting, known_version)
        return await _in_time(call, _ANSWER_S, ActorError)


class SandboxControl:
    """An `ExecutorControl`: what `SandboxScaler` does, done to actors."""

    def __init__(
        self,
        directory: Handle,
        create: Callable[[int], Handle],
        kill: Callable[[Handle], None],
        answer_s: float = _ANSWER_S,
    ) -> None:
        self._directory = directory
        self._answer_s = answer_s
        self.create = create
        self.kill = kill

    async def ready(self, address: Handle) -> None:
        """Wait until it is up."""
        await _own_errors(address.ready.remote(), ExecutorLostError)

    async def load(self, address: Handle) -> ExecutorLoad:
        """What it has to do."""
        return await _own_errors(asyncio.wait_for(address.load.remote(), self._answer_s), ExecutorLostError)

    async def retire(self, address: Handle) -> bool:
        """Have it refuse all work if it has none."""
        return await _own_errors(asyncio.wait_for(address.retire.remote(), self._answer_s), ExecutorLostError)

    async def close(self, address: Handle) -> None:
        """End its workers, for as long as that may take."""
        await asyncio.wait({asyncio.ensure_future(_settled(address.close.remote()))}, timeout=_CLOSE_S)

    async def publish(self, listing: SandboxListing) -> int:
        """Into the directory."""
        return await _in_time(self._directory.publish.remote(listing), self._answer_s, ActorError)


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
        await asyncio.gather(*[_own_errors(worker.metrics.remote(), EngineError) for worker in self._workers])

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
        return _added(await self._all("metrics"))

    async def close(self) -> None:
        """End the engines; must come before the actors are killed, or the engines' processes stay."""
        await asyncio.gather(*[w.close.remote() for w in self._workers], return_exceptions=True)

    async def _all(self, method: str, *args: Any) -> list[Any]:
        calls = [getattr(worker, method).remote(*args) for worker in self._workers]
        return list(await asyncio.gather(*[_own_errors(call, WeightSyncError) for call in calls]))

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
            await asyncio.wait({asyncio.ensure_future(_settled(dead.close.remote()))}, timeout=_CLOSE_S)
            ray.kill(dead)
            worker = self._create(index)
            if isinstance(self._served, str):
                await worker.load_folder.remote(self._served, 0)
            elif self._served is not None:
                manifest, buckets = self._served
                await worker.load_weights.remote(manifest, *buckets)
            self._workers[index] = worker


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
        return list(await asyncio.gather(*[_own_errors(call, ActorError) for call in calls]))


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


class CurriculumHandle:
    """The curriculum scheduler."""

    def __init__(self, actor: Handle) -> None:
        self._actor = actor

    async def next_tasks(self, count: int, step: int) -> list[Task]:
        """Tasks for a training step."""
        return await self._actor.next_tasks.remote(count, step)

    async def observe(self, outcome: TaskOutcome) -> None:
        """Feed an outcome back."""
        await self._actor.observe.remote(outcome)

    async def metrics(self) -> dict[str, float]:
        """Stage, pool size and the like."""
        return await self._actor.metrics.remote()

    async def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return await self._actor.state_dict.remote()

    async def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        await self._actor.load_state_dict.remote(state)


class ClusterMetrics:
    """Sends the main numbers to Ray's own metrics, as gauges `r1ci_<phase>_<name>` with the run as a tag.

    A sink of the metrics log; does nothing while this process is not connected to a cluster.
    """

    NAMES = frozenset(
        {
            "reward_mean", "success_rate", "loss", "entropy", "tokens_per_s", "generated", "trained", "buffered",
            "executions", "executions/ok", "executions/error", "executions/timeout", "execute_s_mean", "sandbox_share",
            "learner_share", "rollout_share", "overlap", "weights_publish_s", "weights_load_s", "staleness_mean",
            "stage", "step_s", "memory_mib", "executors", "backlog",
        }
    )  # fmt: skip

    def __init__(self, run: str) -> None:
        self._run = run
        self._gauges: dict[str, Any] = {}

    def __call__(self, phase: str, step: int, values: Mapping[str, float]) -> None:
        """Set the gauges of what is in `values`."""
        if not ray.is_initialized():
            return
        for key in self.NAMES & values.keys():
            name = f"r1ci_{phase}_{key}".replace("/", "_")
            if name not in self._gauges:
                self._gauges[name] = Gauge(name, description=f"{key} of phase {phase}", tag_keys=("run",))
            self._gauges[name].set(values[key], tags={"run": self._run})


async def fetched(references: Sequence[Reference]) -> list[ScoredGroup]:
    """The groups themselves, for writing them down."""
    return list(await asyncio.gather(*references))


async def serve(
    learner: LearnerHandles, rollouts: RolloutHandles, version: int, bucket_bytes: int
) -> PolicyVersion:
    """Publish the learner's policy as `version` and have every rollout worker serve it."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    manifest, buckets = await learner.publish(version, bucket_bytes)
    published = loop.time()
    load_s = await rollouts.load_weights(manifest, buckets)
    return PolicyVersion(version=version, publish_s=published - started, load_s=load_s)


async def _settled(call: Awaitable[Any]) -> None:
    await asyncio.gather(call, return_exceptions=True)


async def _executed(executor: Handle, request: ExecutionRequest) -> ExecutionResult:
    return await _in_time(
        executor.execute.remote(request), request.timeout_s + _QUEUE_ALLOWANCE_S, ExecutorLostError
    )


async def _in_time(call: Awaitable[Any], limit_s: float, lost: type[ActorError]) -> Any:
    """Await a call; one that takes longer is lost too."""
    try:
        return await _own_errors(asyncio.wait_for(call, limit_s), lost)
    except TimeoutError as error:
        raise lost(f"no answer within {limit_s:.0f} s: see the actor's node in the dashboard") from error


async def _own_errors(call: Awaitable[Any], unknown: type[ActorError]) -> Any:
    """Await a call; our own errors come back as they were raised, a lost actor as one of ours."""
    try:
        return await call
    except RayTaskError as error:
        cause = error.cause
        if isinstance(cause, Exception):
            raise cause from error
        raise
    except RayError as error:
        raise unknown(
            f"an actor was lost during a call ({type(error).__name__}: {error}): see the dashboard"
        ) from error


def _added(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    keys = {key for row in rows for key in row}
    return {key: sum(row.get(key, 0.0) for row in rows) for key in sorted(keys)}
