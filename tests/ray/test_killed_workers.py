"""Real actors, killed and stopped by signal while they roll out, load and idle; their engines play written replies."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import ray

from actors.engines.engine import ServedModel
from actors.engines.scripted_engine import ScriptedEngine
from actors.episodes.config import RolloutConfig
from actors.handles.calls import fetched
from actors.handles.rollouts import RolloutControl
from actors.handles.scorer import ScorerControl
from actors.reward_scorer import RewardScorer
from actors.rewards.config import RewardConfig
from actors.rollout_worker import RolloutWorker
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set
from driver.config import RecoveryConfig
from driver.models import resolve_model
from driver.recovery import RecoveryPolicy
from driver.supervision.deadlines import Deadlines
from driver.supervision.rollout_workers import RolloutWorkers
from driver.supervision.scoring import Scoring
from driver.supervision.standing_actor import StandingActor

pytestmark = [pytest.mark.ray, pytest.mark.slow]
# The actors' processes cannot import a test by its name.
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
DEADLINES = Deadlines(start_s=120.0, load_s=15.0, group_s=60.0, check_s=10.0, call_s=10.0)
(PRODUCT,) = build_task_set(
    TaskSetConfig(
        preset="smoke",
        families=("products",),
        sft_per_family=0,
        train_per_family=1,
        test_per_family=0,
        held_out_per_family=0,
    )
)


class SlowEngine(ScriptedEngine):
    """Takes its time, so that there is time to be killed in, and loads any weights."""

    async def generate(self, *args: Any) -> Any:
        await asyncio.sleep(0.5)
        return await super().generate(*args)


class NamedWorker(RolloutWorker):
    """A rollout worker that tells its process."""

    def pid(self) -> int:
        return os.getpid()


def opened(model: str) -> ServedModel:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    return ServedModel(engine=SlowEngine(tokenizer, lambda *_: "It is <<<6>>>"), tokenizer=tokenizer)


class Workers:
    """The set of workers over real actors, with a note of who was made."""

    def __init__(self, folder: Path) -> None:
        self.model = str(resolve_model("tiny-random-llama"))
        self.made: list[Any] = []
        self.pool = RolloutWorkers(
            RolloutControl(self.create, ray.kill),
            2,
            capacity=8,
            group_size=4,
            policy=RecoveryPolicy(RecoveryConfig()),
            deadlines=DEADLINES,
        )

    def create(self, index: int) -> Any:
        config = RolloutConfig(group_size=4, instructions="short", max_turn_tokens=64, max_rollout_tokens=512)
        model = self.model
        actor = (
            ray.remote(NamedWorker)
            .options(num_cpus=0.1, max_concurrency=100)
            .remote(config, lambda: opened(model), None, index)
        )
        self.made.append(actor)
        return actor

    async def send(self, worker: int, number: signal.Signals) -> int:
        pid = int(await self.made[worker].pid.remote())
        os.kill(pid, number)
        return pid

    async def serving(self, count: int) -> None:
        for _ in range(600):
            if self.pool.metrics()["workers"] == count:
                return
            await asyncio.sleep(0.1)
        pytest.fail(f"not {count} workers within a minute: {self.pool.metrics()}")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workers]:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100 * 2**20, logging_level="warning")
    yield Workers(tmp_path)
    ray.shutdown()


@pytest.mark.timeout(200)
async def test_workers_killed_and_stopped_while_they_work_cost_no_group(workers: Workers) -> None:
    pool = workers.pool
    pool.start()
    await pool.load_folder(workers.model, 0)
    await workers.serving(2)

    running = [asyncio.ensure_future(pool.rollout_group(PRODUCT, f"g/{i}")) for i in range(6)]
    await asyncio.sleep(0.3)
    await workers.send(0, signal.SIGKILL)
    groups = await asyncio.wait_for(asyncio.gather(*running), 90)
    held = await asyncio.gather(*groups)
    assert [group.group_id for group in held] == [f"g/{i}" for i in range(6)]
    assert all(len(group.rollouts) == 4 for group in held)
    await workers.serving(2)

    # One that hangs in its sleep is given up when it does not load, and does not fail the load of the other.
    pid = await workers.send(1, signal.SIGSTOP)
    await asyncio.wait_for(pool.load_folder(workers.model, 1), 60)
    await workers.serving(2)
    assert not psutil.pid_exists(pid), "the hung worker was left behind"
    (held_later,) = await asyncio.gather(await pool.rollout_group(PRODUCT, "later"))
    assert held_later.rollouts[0].oldest_version == 1
    assert pool.metrics() == {"workers": 2.0, "workers_lost": 2.0}
    assert len(workers.made) == 4
    await pool.close()


@pytest.mark.timeout(200)
async def test_a_cancelled_group_stops_being_rolled_out(workers: Workers) -> None:
    pool = workers.pool
    pool.start()
    await pool.load_folder(workers.model, 0)
    await workers.serving(2)
    running = asyncio.ensure_future(pool.rollout_group(PRODUCT, "g"))
    await asyncio.sleep(0.2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for _ in range(100):
        numbers = [await actor.metrics.remote() for actor in workers.made]
        if not sum(n["groups_running"] for n in numbers):
            break
        await asyncio.sleep(0.05)
    assert sum(n["rollouts"] for n in numbers) == 0, "a cancelled group was rolled out to its end"
    await pool.close()


@pytest.mark.timeout(200)
async def test_a_scorer_killed_while_it_scores_is_replaced(workers: Workers) -> None:
    pool = workers.pool
    pool.start()
    await pool.load_folder(workers.model, 0)
    group = await pool.rollout_group(PRODUCT, "g")
    made: list[Any] = []

    def create() -> Any:
        made.append(
            ray.remote(RewardScorer).options(num_cpus=0.1, max_concurrency=100).remote(RewardConfig())
        )
        return made[-1]

    policy = RecoveryPolicy(RecoveryConfig())
    actor: StandingActor[Any] = StandingActor("scorer", ScorerControl(create, ray.kill), policy, start_s=60.0)
    scoring = Scoring(actor, DEADLINES)
    await scoring.score(group, 4)
    running = [asyncio.ensure_future(scoring.score(group, 4)) for _ in range(20)]
    ray.kill(made[0])
    results = await asyncio.wait_for(asyncio.gather(*running), 90)
    assert {summary.num_rollouts for _, summary in results} == {4}
    (scored,) = await fetched([results[0][0]], 10.0)
    assert len(scored.scores) == 4
    assert len(made) == 2
    await scoring.close()
    await pool.close()
