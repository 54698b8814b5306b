"""Who rolls out which group, and what becomes of the groups of workers that die or hang."""

import asyncio
from typing import Any

import pytest
from fake_actors import FakeWorker, World
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.errors import EngineError, GroupLostError
from actors.records import RolloutGroup
from driver.errors import RunAbortedError
from driver.supervision.deadlines import Deadlines
from tests.unit.actors.rollout_cases import task
from tests.unit.driver.supervision.worker_cases import (
    SHORT,
    SIZE,
    Clock,
    group,
    publish,
    until,
    workers,
)


async def test_groups_are_spread_and_new_weights_reach_every_worker(world: World) -> None:
    pool = workers(world)
    pool.start()
    assert await publish(pool, 3) == 0.0, "nothing was serving yet: it was loaded on the way up"
    await until(lambda: [w.version for w in world.workers] == [3, 3])
    assert await publish(pool, 4) == 0.5
    held: RolloutGroup = await (await pool.rollout_group(task(), "g"))
    assert (held.group_id, len(held.rollouts), held.rollouts[0].oldest_version) == ("g", SIZE, 4)
    assert pool.metrics() == {"workers": 2.0, "workers_lost": 0.0}
    await pool.close()
    assert world.living == []


async def test_a_group_is_bound_to_a_worker_only_when_that_has_room(world: World) -> None:
    gates = {0: asyncio.Event(), 1: asyncio.Event()}
    done: list[tuple[int, str]] = []

    async def wait(worker: FakeWorker, name: str) -> None:
        await gates[worker.index].wait()
        done.append((worker.index, name))

    world.hooks["group"] = wait
    # Room for one group of four each: of six, four wait for whoever is free first.
    pool = workers(world, capacity=SIZE)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    running = [group(pool, str(i)) for i in range(6)]
    await until(lambda: sum(len(w.running) for w in world.workers) == 2)
    gates[0].set()
    await until(lambda: len(done) == 5)
    # The slow worker holds up no more than what it had begun.
    assert {name for index, name in done if index == 0} == {"0", "2", "3", "4", "5"}
    gates[1].set()
    await asyncio.gather(*running)
    await pool.close()


async def test_a_group_larger_than_a_worker_holds_goes_to_an_idle_one(world: World) -> None:
    pool = workers(world, 1, capacity=2)
    pool.start()
    await publish(pool, 0)
    held = await (await pool.rollout_group(task(), "g", size=16))
    assert len(held.rollouts) == 16
    await pool.close()


async def test_the_groups_of_a_dead_worker_go_to_the_living_before_it_is_replaced(world: World) -> None:
    gate, up = asyncio.Event(), asyncio.Event()
    asked: list[tuple[int, str]] = []

    async def wait(worker: FakeWorker, name: str) -> None:
        asked.append((world.workers.index(worker), name))
        if len(asked) <= 4:
            await gate.wait()

    async def start(worker: FakeWorker) -> None:
        if world.workers.index(worker) == 2:
            await up.wait()

    world.hooks |= {"group": wait, "ready": start}
    pool = workers(world, capacity=100)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    running = [group(pool, str(i)) for i in range(4)]
    await until(lambda: len(asked) == 4)
    world.workers[0].kill()
    await until(lambda: len(asked) == 6)
    # Its two groups, on the other one; the replacement is still starting.
    assert sorted(asked[4:]) == [
        (1, name) for index, name in sorted(asked[:4], key=lambda a: a[1]) if index == 0
    ]
    assert len(world.workers) == 3
    gate.set()
    await asyncio.gather(*running)
    assert pool.metrics() == {"workers": 1.0, "workers_lost": 1.0}
    up.set()
    await until(lambda: pool.metrics()["workers"] == 2)
    await pool.close()


async def test_a_hung_group_on_a_silent_worker_costs_the_worker_and_is_rolled_out_elsewhere(
    world: World,
) -> None:
    hung: list[FakeWorker] = []

    async def wait(worker: FakeWorker, name: str) -> None:
        if name == "g" and not hung:
            hung.append(worker)
            await asyncio.sleep(999)

    world.hooks["group"] = wait
    pool = workers(world, deadlines=SHORT)
    pool.start()
    await publish(pool, 0)
    await pool.rollout_group(task(), "g")
    assert hung[0].death.done()
    await pool.close()


async def test_a_hung_group_on_a_worker_that_answers_others_costs_only_the_group(world: World) -> None:
    clock = Clock()

    async def wait(_: FakeWorker, name: str) -> None:
        if name == "hung":
            await asyncio.sleep(999)

    world.hooks["group"] = wait
    pool = workers(
        world, 1, capacity=100, clock=clock, deadlines=Deadlines(60.0, 60.0, 0.05, 60.0, 60.0), attempts=1
    )
    pool.start()
    await publish(pool, 0)
    hung = group(pool, "hung")
    await until(lambda: "hung" in world.workers[0].running)
    clock.now += 1.0
    await pool.rollout_group(task(), "other")
    with pytest.raises(GroupLostError, match="group hung failed 1 times"):
        await hung
    assert len(world.workers) == 1
    await until(lambda: not world.workers[0].running)
    await pool.close()


async def test_a_group_that_kills_every_worker_is_dropped_after_the_allowed_attempts(world: World) -> None:
    def poisoned(worker: FakeWorker, name: str) -> None:
        if name == "poison":
            worker.kill()

    world.hooks["group"] = poisoned
    pool = workers(world, replacements_per_hour=10)
    pool.start()
    await publish(pool, 0)
    with pytest.raises(GroupLostError, match="group poison failed 3 times"):
        await pool.rollout_group(task(), "poison")
    assert pool.metrics()["workers_lost"] == 3
    await pool.rollout_group(task(), "harmless")
    await pool.close()


async def test_a_group_that_kills_its_worker_takes_no_other_group_along(world: World) -> None:
    async def poisoned(worker: FakeWorker, name: str) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        if name == "poison":
            worker.kill()

    world.hooks["group"] = poisoned
    pool = workers(world, capacity=100, replacements_per_hour=10)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    names = ["a", "b", "poison", "c", "d", "e"]
    results = await asyncio.gather(*[group(pool, name) for name in names], return_exceptions=True)
    lost = [name for name, result in zip(names, results, strict=True) if isinstance(result, BaseException)]
    assert lost == ["poison"]
    await pool.close()


async def test_an_engine_that_died_in_a_living_actor_is_a_lost_worker(world: World) -> None:
    def dead_engine(worker: FakeWorker, _: str) -> None:
        if worker is world.workers[0]:
            raise EngineError("the engine died")

    world.hooks["group"] = dead_engine
    pool = workers(world, 1)
    pool.start()
    await publish(pool, 0)
    await pool.rollout_group(task(), "g")
    assert world.workers[0].death.done()
    assert len(world.workers) == 2
    await pool.close()


async def test_without_replacements_the_run_goes_on_with_those_that_live_and_ends_with_the_last(
    world: World,
) -> None:
    pool = workers(world, replacements_per_hour=0)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    world.workers[0].kill()
    await publish(pool, 1)
    await pool.rollout_group(task(), "g")
    assert pool.metrics() == {"workers": 1.0, "workers_lost": 1.0}
    world.hooks["group"] = lambda worker, _: worker.kill()
    waiting = [group(pool, str(i)) for i in range(3)]
    for failed in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(failed, RunAbortedError)
        assert "recovery.replacements_per_hour=0 are used up" in str(failed)
    with pytest.raises(RunAbortedError):
        await publish(pool, 2)
    with pytest.raises(RunAbortedError):
        await pool.rollout_group(task(), "late")
    await pool.close()


@pytest.mark.parametrize("how", ["publish", "group"])
async def test_a_worker_that_the_budget_did_not_allow_comes_back_when_the_hour_is_over(
    world: World, how: str
) -> None:
    clock = Clock()
    pool = workers(world, clock=clock, replacements_per_hour=1)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    for version in (1, 2):
        world.living[0].kill()
        await publish(pool, version)
    await until(lambda: pool.metrics()["workers"] == 1)
    clock.now = 3601.0
    if how == "publish":
        await publish(pool, 3)
    else:
        await pool.rollout_group(task(), "g")
    await until(lambda: pool.metrics()["workers"] == 2)
    assert {w.version for w in world.living} == {3 if how == "publish" else 2}
    await pool.close()


async def test_a_failed_start_of_a_replacement_is_followed_by_another(world: World) -> None:
    def start(_: FakeWorker) -> None:
        if len(world.workers) == 3:
            raise EngineError("no memory on that node")

    world.hooks["ready"] = start
    pool = workers(world)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    world.workers[0].kill()
    await publish(pool, 1)
    await until(lambda: pool.metrics()["workers"] == 2)
    assert len(world.workers) == 4
    await pool.close()


async def test_engines_that_never_start_end_the_run_with_their_reason(world: World) -> None:
    def start(_: FakeWorker) -> None:
        raise EngineError("vLLM did not start: lower engine.max_model_len")

    world.hooks["ready"] = start
    pool = workers(world)
    pool.start()
    with pytest.raises(RunAbortedError, match="no rollout worker started: EngineError: vLLM did not start"):
        await publish(pool, 0)
    assert len(world.workers) == 2, "a start that cannot succeed was tried again"
    await pool.close()


async def test_a_worker_that_does_not_start_in_time_is_given_up(world: World) -> None:
    world.hooks["ready"] = lambda worker: asyncio.sleep(999) if worker.index == 0 else None
    pool = workers(world, deadlines=Deadlines(0.05, 60.0, 60.0, 60.0, 60.0))
    pool.start()
    await publish(pool, 0)
    await until(lambda: world.workers[0].death.done())
    await pool.close()


async def test_a_cancelled_group_leaves_its_room_to_the_next(world: World) -> None:
    gate = asyncio.Event()

    async def wait(_: FakeWorker, __: str) -> None:
        await gate.wait()

    world.hooks["group"] = wait
    pool = workers(world, 1, capacity=SIZE)
    pool.start()
    await publish(pool, 0)
    running, waiting, last = [group(pool, str(i)) for i in range(3)]
    await until(lambda: world.workers[0].running == {"0"})
    waiting.cancel()
    running.cancel()
    await until(lambda: world.workers[0].running == {"2"})
    gate.set()
    await last
    await pool.close()


@settings(max_examples=30)
@given(
    count=st.integers(1, 3),
    capacity=st.integers(1, 12),
    events=st.lists(
        st.one_of(
            st.tuples(st.just("group"), st.integers(1, 6)),
            st.tuples(st.just("kill"), st.integers(0, 9)),
            st.tuples(st.just("publish"), st.just(0)),
            st.tuples(st.just("pause"), st.integers(0, 5)),
        ),
        max_size=30,
    ),
)
async def test_in_any_order_of_events_every_group_comes_back_once_and_nobody_is_overfilled(
    count: int, capacity: int, events: list[tuple[str, int]]
) -> None:
    world = World()
    pool = workers(world, count, capacity=capacity, replacements_per_hour=1000, attempts=1000)
    held: dict[int, int] = {}

    async def watch(worker: FakeWorker, _: str) -> None:
        index = world.workers.index(worker)
        sizes = [asked[name] for name in worker.running]
        assert len(sizes) == 1 or sum(sizes) <= capacity
        held[index] = max(held.get(index, 0), sum(sizes))
        for _ in range(3):
            await asyncio.sleep(0)

    world.hooks["group"] = watch
    asked: dict[str, int] = {}
    running: list[asyncio.Future[Any]] = []
    published = 0
    pool.start()
    await publish(pool, published)
    for kind, number in events:
        if kind == "group":
            asked[str(len(asked))] = number
            running.append(group(pool, str(len(asked) - 1), size=number))
        elif kind == "kill" and world.living:
            world.living[number % len(world.living)].kill()
        elif kind == "publish":
            published += 1
            await publish(pool, published)
            assert all(w.address.version == published for w in pool._workers if w.is_serving)
        for _ in range(number if kind == "pause" else 1):
            await asyncio.sleep(0)
    references = await asyncio.gather(*running)
    groups = [await ref for ref in references]
    assert [g.group_id for g in groups] == list(asked)
    assert [len(g.rollouts) for g in groups] == list(asked.values())
    await pool.close()
    assert world.living == []
