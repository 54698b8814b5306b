"""Actors that are objects of this process: quick, and as faulty as `World` tells them to be."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from actors.curriculum_scheduler import CurriculumScheduler
from actors.errors import ActorLostError
from actors.learning.samples import refuse_stale
from actors.records import (
    EndReason,
    GroupSummary,
    Rollout,
    RolloutGroup,
    ScoredGroup,
    Segment,
    SftRollout,
    Source,
    StepReport,
    WeightManifest,
)
from actors.rewards.scoring import countable_rollouts, scored_group
from curriculum.task import Task, TaskOutcome
from driver.config import RunConfig

RIGHT, WRONG = "It is <<<1>>>", "It is <<<0>>>"
Hook = Callable[..., Awaitable[Any] | Any]


class World:
    """What happens around the driver: hooks for faults, and what was seen. Outlives an attempt at a run."""

    def __init__(self) -> None:
        self.hooks: dict[str, Hook] = {}
        """By the name of a call (`group`, `load`, `ready`, `score`, `step`, `publish`, `save`, `choose`, `observe`):
        is called with what the call is about before it is answered, may wait, and may raise."""
        self.rollout: Callable[[str], str | None] = lambda name: RIGHT if chance(name) % 2 else WRONG
        """What a rollout says, by its name; None if it is lost to a fault of ours."""
        self.workers: list[FakeWorker] = []
        self.learners: list[FakeLearner] = []
        self.calls: Counter[str] = Counter()
        self.steps: list[tuple[int, list[str]]] = []
        """Version and group ids of every step that was learned."""
        self.staleness: list[int] = []
        """Of every token that was learned from."""

    async def happens(self, call: str, *about: Any) -> Any:
        """Count a call and let its hook have its way."""
        self.calls[call] += 1
        await asyncio.sleep(0)
        hook = self.hooks.get(call)
        result = None if hook is None else hook(*about)
        return await result if isinstance(result, Awaitable) else result

    @property
    def living(self) -> "list[FakeWorker]":
        """Rollout workers that were not killed."""
        return [worker for worker in self.workers if not worker.death.done()]


class FakeWorker:
    """A rollout worker: serves a version, and can be killed."""

    def __init__(self, index: int, world: World) -> None:
        self.index = index
        self.version = -1
        self.folder = ""
        self.is_asleep = False
        self.running: set[str] = set()
        self.death: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._world = world

    def kill(self) -> None:
        """As `kill -9` does: whatever it was asked fails, and whatever it will be."""
        if not self.death.done():
            self.death.set_result(None)

    async def answered(self, call: Awaitable[Any]) -> Any:
        """What a call to it gives while it lives."""
        running = asyncio.ensure_future(call)
        try:
            await asyncio.wait({running, self.death}, return_when=asyncio.FIRST_COMPLETED)
            if self.death.done():
                raise ActorLostError(f"worker {self.index} was killed")
            return running.result()
        finally:
            running.cancel()

    async def group(self, task: Task, group_id: str, size: int) -> RolloutGroup:
        """Every rollout is two tokens, with other work in between; their versions are what it serves by then."""
        self.running.add(group_id)
        try:
            await self._world.happens("group", self, group_id)
            rollouts = [await self._rollout(f"{group_id}/{i}") for i in range(size)]
        finally:
            self.running.discard(group_id)
        return RolloutGroup(group_id=group_id, task=task, rollouts=tuple(rollouts))

    async def _rollout(self, name: str) -> Rollout:
        said = self._world.rollout(name)
        first = self.version
        for _ in range(chance(name) % 3):
            await asyncio.sleep(0)
        return Rollout(
            rollout_id=name,
            segments=(
                _segment(Source.PROMPT, "?", []),
                _segment(Source.MODEL, said or "", [first, self.version]),
            ),
            executions=(),
            end_reason=EndReason.INFRASTRUCTURE if said is None else EndReason.ANSWER,
            generate_s=0.0,
            execute_s=0.0,
        )


class FakeWorkerControl:
    """A `WorkerControl` over fake workers."""

    def __init__(self, world: World, group_size: int) -> None:
        self._world = world
        self._group_size = group_size

    def create(self, index: int) -> FakeWorker:
        """A worker, not ready yet."""
        worker = FakeWorker(index, self._world)
        self._world.workers.append(worker)
        return worker

    async def ready(self, address: FakeWorker) -> None:
        """Up after the hook."""
        await address.answered(self._world.happens("ready", address))

    async def rollout_group(
        self, address: FakeWorker, task: Task, group_id: str, **options: Any
    ) -> "asyncio.Future[RolloutGroup]":
        """A reference, as an actor's call gives one."""
        size = options.get("size") or self._group_size
        return reference(await address.answered(address.group(task, group_id, size)))

    async def load_weights(
        self, address: FakeWorker, manifest: WeightManifest, buckets: Sequence[Any]
    ) -> float:
        """Serve a version."""
        await address.answered(self._world.happens("load", address, manifest.version))
        assert not address.is_asleep, "weights for an engine that sleeps"
        assert [await bucket for bucket in buckets] == [manifest.version], "other buckets than the manifest's"
        address.version = manifest.version
        return 0.5

    async def load_folder(self, address: FakeWorker, folder: str, version: int) -> float:
        """Serve a folder."""
        await address.answered(self._world.happens("load", address, version))
        assert (Path(folder) / "config.json").is_file(), f"no model in {folder}"
        address.folder, address.version = folder, version
        return 0.5

    async def sleep(self, address: FakeWorker) -> None:
        """Answers no group until it wakes."""
        await address.answered(self._world.happens("sleep", address))
        address.is_asleep = True

    async def wake(self, address: FakeWorker) -> None:
        """Awake again."""
        await address.answered(self._world.happens("wake", address))
        address.is_asleep = False

    async def end(self, address: FakeWorker) -> None:
        """Kill it."""
        address.kill()


class FakeScorer:
    """A scorer whose checker knows `RIGHT`; the rules of scoring are the real ones."""

    def __init__(self, config: RunConfig, world: World) -> None:
        self._config = config
        self._world = world

    async def score(self, group: "RolloutGroup | asyncio.Future[RolloutGroup]") -> tuple[Any, GroupSummary]:
        """As `RewardScorer` does."""
        await self._world.happens("score", self)
        held = group if isinstance(group, RolloutGroup) else await group
        outcomes = [rollout.model_text == RIGHT for rollout in countable_rollouts(held)]
        scored = scored_group(held, outcomes, self._config.reward)
        return reference(scored), GroupSummary.of(scored)


class FakeScheduler:
    """The real scheduler, behind calls that may fail."""

    def __init__(self, actor: CurriculumScheduler, world: World) -> None:
        self._actor = actor
        self._world = world

    async def next_tasks(self, count: int, step: int) -> list[Task]:
        """From the real one."""
        await self._world.happens("choose", self)
        return self._actor.next_tasks(count, step)

    async def observe(self, outcome: TaskOutcome) -> None:
        """By the real one."""
        await self._world.happens("observe", self)
        self._actor.observe(outcome)

    async def metrics(self) -> dict[str, float]:
        """Of the real one."""
        await self._world.happens("metrics", self)
        return self._actor.metrics()

    async def state_dict(self) -> dict[str, Any]:
        """Through JSON, as a checkpoint keeps it."""
        await self._world.happens("state", self)
        state: dict[str, Any] = json.loads(json.dumps(self._actor.state_dict()))
        return state

    async def load_state_dict(self, state: dict[str, Any]) -> None:
        """Into the real one."""
        await self._world.happens("restore", self)
        self._actor.load_state_dict(state)


class FakeControl:
    """An `ActorControl`: makes one kind of actor."""

    def __init__(self, create: Callable[[], Any]) -> None:
        self.create = create

    async def end(self, actor: Any) -> None:
        """Nothing to end."""


class FakeLearner:
    """A learner whose model is a number: how many steps it has learned."""

    def __init__(self, config: RunConfig, world: World) -> None:
        self._max_staleness = config.training.max_staleness
        self._world = world
        self.model = 0
        self.phase = ""
        self.is_closed = False

    async def setup(self, model_path: str, phase: str) -> None:
        """Load the number in a folder."""
        await self._world.happens("setup", self)
        self.model = _model_in(Path(model_path))
        self.phase = phase

    async def begin_phase(self, phase: str, total_steps: int, reference_path: str | None = None) -> None:
        """A phase with its steps."""
        await self._world.happens("begin", phase, total_steps)

    async def sft_step(self, rollouts: Sequence[SftRollout], version: int) -> StepReport:
        """Learn once."""
        report = await self._world.happens("sft_step", version)
        if isinstance(report, StepReport):
            return report
        self.model += 1
        return StepReport(version=version + 1, metrics={"loss": 1.0 / self.model})

    async def train_step(self, groups: Sequence["asyncio.Future[ScoredGroup]"], version: int) -> StepReport:
        """Refuse what is too stale, as the real one does, and learn once."""
        held = [await group for group in groups]
        report = await self._world.happens("step", version, [g.group.group_id for g in held])
        refuse_stale(held, version=version, max_staleness=self._max_staleness)
        if isinstance(report, StepReport):
            return report
        segments = [s for g in held for r in g.group.rollouts for s in r.segments if len(s.versions)]
        self._world.staleness += [version - int(born) for s in segments for born in s.versions]
        self._world.steps.append((version, [g.group.group_id for g in held]))
        self.model += 1
        return StepReport(version=version + 1, metrics={"loss": 0.5})

    async def publish(self, version: int, bucket_bytes: int) -> tuple[WeightManifest, list[Any]]:
        """One bucket that holds the version."""
        await self._world.happens("publish", version)
        return WeightManifest(version=version, tensors=(), checksums=("",)), [reference(version)]

    async def save_checkpoint(self, folder: str, state: dict[str, Any]) -> None:
        """The number and the caller's state."""
        await self._world.happens("save", folder)
        _write(Path(folder) / "learner.json", {"model": self.model, "state": state})

    async def load_checkpoint(self, folder: str) -> dict[str, Any]:
        """The number and the caller's state."""
        await self._world.happens("load_checkpoint", folder)
        saved = json.loads((Path(folder) / "learner.json").read_text())
        self.model = saved["model"]
        state: dict[str, Any] = saved["state"]
        return state

    async def save_hf(self, folder: str) -> None:
        """A model is a config with a number."""
        await self._world.happens("save", folder)
        _write(Path(folder) / "config.json", {"model": self.model})


def reference(value: Any) -> "asyncio.Future[Any]":
    """What an actor's call leaves in the object store: can be awaited, more than once."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


def chance(name: str) -> int:
    """A number that depends on the name alone."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest())


def _segment(source: Source, text: str, versions: list[int]) -> Segment:
    count = len(versions) or 1
    return Segment(
        source=source,
        token_ids=np.arange(count, dtype=np.int32),
        logprobs=np.full(len(versions), -0.5, dtype=np.float32),
        versions=np.array(versions, dtype=np.int32),
        text=text,
    )


def _model_in(folder: Path) -> int:
    content = json.loads((folder / "config.json").read_text())
    return int(content.get("model", 0)) if isinstance(content.get("model", 0), int) else 0


def _write(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
