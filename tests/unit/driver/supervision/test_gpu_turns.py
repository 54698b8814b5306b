"""Whose turn it is on a GPU that an engine and the learner share."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fake_actors import FakeLearner, FakeWorker, World

from actors.errors import ActorLostError, LearnerError
from driver.config_loading import load_config
from driver.supervision.gpu_turns import GpuTurns
from tests.unit.driver.supervision.worker_cases import publish, until, workers


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "config.json").write_text('{"model": 0}')
    return str(tmp_path)


def learner(world: World) -> FakeLearner:
    return FakeLearner(load_config("smoke"), world)


def asleep(world: World) -> list[bool]:
    return [worker.is_asleep for worker in world.living]


async def test_the_learner_loads_its_model_once_every_engine_has_what_it_needs(
    world: World, model: str
) -> None:
    up = asyncio.Event()
    world.hooks["ready"] = lambda _: up.wait()
    pool = workers(world)
    pool.start()
    turns = GpuTurns(learner(world), pool, sleeps=False)
    setup = asyncio.ensure_future(turns.setup(model, "sft"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.calls["setup"] == 0
    up.set()
    await setup
    assert world.calls["setup"] == 1
    assert asleep(world) == [False, False]
    await pool.close()


async def test_engines_sleep_while_the_learner_steps_and_no_longer(world: World, model: str) -> None:
    seen: list[tuple[str, list[bool]]] = []
    for call in ("setup", "begin", "step", "publish"):
        world.hooks[call] = lambda *_, call=call: seen.append((call, asleep(world)))
    pool = workers(world)
    pool.start()
    turns = GpuTurns(learner(world), pool, sleeps=True)
    await turns.setup(model, "grpo")
    await turns.begin_phase("grpo", 2)
    await turns.publish(0, 1)
    await publish(pool, 0)
    await turns.train_step([], 0)
    assert asleep(world) == [False, False]
    await publish(pool, 1)
    assert seen == [
        ("setup", [True, True]),
        ("begin", [True, True]),
        ("publish", [False, False]),
        ("step", [True, True]),
    ]
    await pool.close()


async def test_engines_wake_after_a_step_that_failed(world: World, model: str) -> None:
    def fail(*_: Any) -> None:
        raise LearnerError("out of memory")

    world.hooks["step"] = fail
    pool = workers(world)
    pool.start()
    turns = GpuTurns(learner(world), pool, sleeps=True)
    await turns.setup(model, "grpo")
    with pytest.raises(LearnerError, match="out of memory"):
        await turns.train_step([], 0)
    assert asleep(world) == [False, False]
    await pool.close()


async def test_through_sft_they_sleep_once_and_wake_when_the_learner_is_gone(
    world: World, model: str
) -> None:
    pool = workers(world)
    pool.start()
    turns = GpuTurns(learner(world), pool, sleeps=True)
    await turns.setup(model, "sft")
    for version in range(3):
        await turns.sft_step([], version)
    assert (world.calls["sleep"], world.calls["wake"]) == (2, 0)
    await turns.wake()
    await turns.wake()
    assert (world.calls["sleep"], world.calls["wake"]) == (2, 2)
    await pool.close()


async def test_an_engine_that_does_not_wake_is_replaced_and_fails_nothing(world: World, model: str) -> None:
    def fail(worker: FakeWorker) -> None:
        if worker is world.workers[0]:
            raise ActorLostError("no room for its weights")

    pool = workers(world)
    pool.start()
    turns = GpuTurns(learner(world), pool, sleeps=True)
    await turns.setup(model, "grpo")
    world.hooks["wake"] = fail
    await turns.train_step([], 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    assert asleep(world) == [False, False]
    assert pool.metrics()["workers_lost"] == 1
    await pool.close()
