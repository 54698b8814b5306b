import asyncio
import hashlib
import threading
from typing import Any

import numpy as np
import pytest

from actors.callables import Generation, SamplingSpec
from actors.engines.engine import Engine, ServedModel
from actors.engines.scripted_engine import ScriptedEngine
from actors.episodes.config import RolloutConfig
from actors.errors import EngineError, WeightSyncError
from actors.records import EndReason
from actors.rollout_worker import RolloutWorker, rollout_seed
from actors.weights.buckets import checksum, manifest_of
from actors.weights.plan import bucket_plan
from driver.models import resolve_model
from sandbox_service import SandboxPool
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN, task

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG = RolloutConfig(
    instructions="short",
    group_size=4,
    max_executions=2,
    execution_timeout_s=5,
    max_turn_tokens=120,
    max_rollout_tokens=1024,
)
TURNS = (SCRIPT_TURN, ANSWER_TURN)


class ListeningEngine(ScriptedEngine):
    """Remembers how it was asked to sample."""

    def __init__(self, tokenizer: Any) -> None:
        super().__init__(tokenizer, lambda _, turn: TURNS[turn])
        self.asked: list[SamplingSpec] = []

    async def generate(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Generation:
        self.asked.append(sampling)
        return await super().generate(prompt_token_ids, sampling)


def _worker(engine: Engine, tokenizer: Any, pool: SandboxPool) -> RolloutWorker:
    return RolloutWorker(CONFIG, lambda: ServedModel(engine, tokenizer), pool.execute)


@pytest.fixture
def worker(tiny_tokenizer: Any, pool: SandboxPool) -> RolloutWorker:
    engine = ScriptedEngine(tiny_tokenizer, lambda _, turn: TURNS[turn])
    return _worker(engine, tiny_tokenizer, pool)


async def test_a_group_of_four_is_held_recorded_and_counted(worker: RolloutWorker) -> None:
    group, num_tokens = await worker.rollout_group(task(), "worker/four")
    assert [r.rollout_id for r in group.rollouts] == [f"worker/four/{i}" for i in range(4)]
    assert {r.end_reason for r in group.rollouts} == {EndReason.ANSWER}
    assert [e.output for r in group.rollouts for e in r.executions] == ["Code Execution Results:\n6"] * 4
    assert num_tokens == sum(r.num_generated_tokens for r in group.rollouts) > 0
    metrics = worker.metrics()
    assert (metrics["rollouts"], metrics["executions"], metrics["tokens"]) == (4, 4, num_tokens)
    assert metrics["groups_running"] == 0


async def test_size_temperatures_and_agent_of_a_call_go_before_the_configured_ones(
    tiny_tokenizer: Any, pool: SandboxPool
) -> None:
    engine = ListeningEngine(tiny_tokenizer)
    worker = _worker(engine, tiny_tokenizer, pool)
    group, _ = await worker.rollout_group(
        task(), "worker/call", size=2, temperatures=[0.0], agent="code_first"
    )
    assert len(group.rollouts) == 2
    assert {spec.temperature for spec in engine.asked} == {0.0}
    assert "always write one complete Python script" in group.rollouts[0].segments[0].text


async def test_a_repeated_group_samples_with_the_same_seeds_and_every_sibling_with_its_own(
    tiny_tokenizer: Any, pool: SandboxPool
) -> None:
    seeds = []
    for name in ("worker/again", "worker/again", "worker/other"):
        engine = ListeningEngine(tiny_tokenizer)
        worker = _worker(engine, tiny_tokenizer, pool)
        await worker.rollout_group(task(), name)
        seeds.append(sorted(spec.seed for spec in engine.asked if spec.seed is not None))
    assert seeds[0] == seeds[1]
    assert not set(seeds[0]) & set(seeds[2])
    assert len(set(seeds[0])) == 8


async def test_a_seed_depends_on_the_name_alone_and_fits_the_engine() -> None:
    assert rollout_seed("train/7", 3) == int(hashlib.blake2b(b"train/7/3", digest_size=6).hexdigest(), 16)
    assert rollout_seed("train/7", 3) < 2**48
    assert len({rollout_seed("train/7", i) for i in range(100)}) == 100


async def test_a_sibling_whose_engine_call_failed_leaves_the_others_alone(
    tiny_tokenizer: Any, pool: SandboxPool
) -> None:
    calls = []

    def reply(_: str, turn: int) -> str:
        calls.append(turn)
        if len(calls) == 1:
            raise EngineError("this one request failed")
        return TURNS[turn]

    worker = _worker(ScriptedEngine(tiny_tokenizer, reply), tiny_tokenizer, pool)
    group, _ = await worker.rollout_group(task(), "worker/failed")
    reasons = sorted(r.end_reason for r in group.rollouts)
    assert reasons == [EndReason.ANSWER] * 3 + [EndReason.INFRASTRUCTURE]


async def test_a_group_whose_engine_died_is_an_error_and_not_a_failed_group(
    tiny_tokenizer: Any, pool: SandboxPool
) -> None:
    engine = ScriptedEngine(tiny_tokenizer, lambda *_: ANSWER_TURN)
    engine.is_dead = True
    worker = _worker(engine, tiny_tokenizer, pool)
    with pytest.raises(EngineError, match="engine of rollout worker 0 died"):
        await worker.rollout_group(task(), "worker/dead")
    assert worker.metrics()["rollouts"] == 0


async def test_groups_are_held_side_by_side(tiny_tokenizer: Any, pool: SandboxPool) -> None:
    running = []
    engine = ScriptedEngine(tiny_tokenizer, lambda _, turn: TURNS[turn])
    worker = _worker(engine, tiny_tokenizer, pool)

    async def watched() -> None:
        await asyncio.sleep(0)
        running.append(worker.metrics()["groups_running"])

    await asyncio.gather(
        worker.rollout_group(task(), "worker/a"), worker.rollout_group(task(), "worker/b"), watched()
    )
    assert running == [2]


async def test_new_weights_are_verified_before_they_are_served(worker: RolloutWorker) -> None:
    bucket = np.arange(8, dtype=np.uint8)
    plan = bucket_plan([("w", "float32", (2,))], max_bytes=64)
    manifest = manifest_of(5, plan, [checksum(bucket)])
    with pytest.raises(WeightSyncError, match="bucket 0 of policy version 5"):
        await worker.load_weights(manifest, bucket + 1)
    assert worker.metrics()["version"] == 0
    assert await worker.load_weights(manifest, bucket) >= 0
    assert worker.metrics()["version"] == 5
    group, _ = await worker.rollout_group(task(), "worker/new", size=2)
    assert {r.oldest_version for r in group.rollouts} == {5}


async def test_conversations_go_on_while_weights_are_verified(worker: RolloutWorker) -> None:
    seen = threading.Event()

    class Slow(np.ndarray):
        """An array whose bytes come once something else was done meanwhile."""

        @property
        def data(self) -> memoryview:
            assert seen.wait(60), "nothing else was done while the weights were read"
            return memoryview(np.asarray(self))

    bucket = np.arange(8, dtype=np.uint8)
    plan = bucket_plan([("w", "float32", (2,))], max_bytes=64)
    loading = asyncio.ensure_future(
        worker.load_weights(manifest_of(5, plan, [checksum(bucket)]), bucket.view(Slow))
    )
    await worker.rollout_group(task(), "worker/meanwhile", size=2)
    seen.set()
    await loading
    assert worker.metrics()["version"] == 5


async def test_a_saved_model_is_served_as_the_version_asked_for(worker: RolloutWorker, tmp_path: Any) -> None:
    await worker.load_folder(str(resolve_model("tiny-random-llama")), 2)
    assert worker.metrics()["version"] == 2
    with pytest.raises(WeightSyncError, match=r"no \*.safetensors"):
        await worker.load_folder(str(tmp_path), 3)


async def test_a_closed_worker_has_closed_its_engine(tiny_tokenizer: Any, pool: SandboxPool) -> None:
    engine = ScriptedEngine(tiny_tokenizer, lambda *_: ANSWER_TURN)
    await _worker(engine, tiny_tokenizer, pool).close()
    assert engine.is_closed
