"""Which policy each worker serves, whatever happens while it is loaded."""

import asyncio
from pathlib import Path

import pytest
from fake_actors import FakeWorker, World

from actors.errors import WeightSyncError
from driver.supervision.deadlines import Deadlines
from tests.unit.actors.rollout_cases import task
from tests.unit.driver.supervision.worker_cases import (
    publish,
    until,
    workers,
)


async def test_a_worker_that_dies_while_it_loads_does_not_fail_the_load(world: World) -> None:
    pool = workers(world)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    world.hooks["load"] = lambda worker, version: worker.kill() if worker is world.workers[0] else None
    assert await publish(pool, 1) == 0.5
    assert world.workers[1].version == 1
    await until(lambda: pool.metrics()["workers"] == 2)
    assert world.workers[2].version == 1
    await pool.close()


async def test_a_worker_that_died_before_does_not_fail_the_load(world: World) -> None:
    pool = workers(world)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    world.workers[0].kill()
    assert await publish(pool, 1) == 0.5
    await until(lambda: pool.metrics()["workers"] == 2)
    assert [w.version for w in world.living] == [1, 1]
    await pool.close()


async def test_a_worker_that_hangs_in_a_load_is_given_up_at_the_deadline(world: World) -> None:
    pool = workers(world, deadlines=Deadlines(60.0, 0.05, 60.0, 60.0, 60.0))
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    hung = world.workers[0]
    world.hooks["load"] = lambda worker, _: asyncio.sleep(999) if worker is hung else None
    await publish(pool, 1)
    assert hung.death.done()
    await until(lambda: pool.metrics()["workers"] == 2)
    await pool.close()


async def test_a_damaged_bucket_is_fetched_again_and_only_then_the_worker_is_given_up(world: World) -> None:
    pool = workers(world, 1)
    pool.start()
    await publish(pool, 0)
    faults = iter([WeightSyncError("bucket 0 has another checksum")] * 2)

    def damaged(_: FakeWorker, __: int) -> None:
        if (fault := next(faults, None)) is not None:
            raise fault

    world.hooks["load"] = damaged
    await publish(pool, 1)
    assert (len(world.workers), world.workers[0].version) == (1, 1)
    faults = iter([WeightSyncError("bucket 0 has another checksum")] * 3)
    await publish(pool, 2)
    # The third failure of the same load: another worker took its place.
    assert (len(world.workers), world.workers[1].version) == (2, 2)
    await pool.close()


async def test_a_replacement_serves_the_newest_of_the_versions_published_while_it_started(
    world: World,
) -> None:
    up = asyncio.Event()

    async def start(worker: FakeWorker) -> None:
        if len(world.workers) > 2 and worker is world.workers[2]:
            await up.wait()

    world.hooks["ready"] = start
    pool = workers(world)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    world.workers[0].kill()
    for version in (1, 2, 3):
        await publish(pool, version)
    loads: list[int] = []
    world.hooks["load"] = lambda worker, version: loads.append(version)
    up.set()
    await until(lambda: pool.metrics()["workers"] == 2)
    assert loads == [3]
    await pool.close()


async def test_a_version_published_while_a_replacement_loads_is_loaded_before_it_serves(world: World) -> None:
    loading = asyncio.Event()
    go_on = asyncio.Event()

    async def load(worker: FakeWorker, version: int) -> None:
        if worker is world.workers[-1] and version == 1:
            loading.set()
            await go_on.wait()

    pool = workers(world)
    pool.start()
    await publish(pool, 0)
    await until(lambda: pool.metrics()["workers"] == 2)
    world.workers[0].kill()
    await publish(pool, 1)
    world.hooks["load"] = load
    pool2 = world.workers[1]
    pool2.kill()
    done = asyncio.ensure_future(publish(pool, 1))
    await loading.wait()
    again = asyncio.ensure_future(publish(pool, 2))
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(done, again)
    await until(lambda: pool.metrics()["workers"] == 2)
    assert [w.version for w in world.living] == [2, 2]
    await pool.close()


@pytest.mark.parametrize("moment", ["group", "load", "idle"])
async def test_a_model_in_a_folder_reaches_workers_that_are_replaced(
    world: World, moment: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text("{}")
    pool = workers(world)
    pool.start()
    if moment == "load":
        world.hooks["load"] = lambda worker, _: worker.kill() if worker is world.workers[0] else None
    await pool.load_folder(str(tmp_path), 0)
    if moment == "group":
        world.hooks["group"] = lambda worker, _: worker.kill() if worker is world.workers[0] else None
    if moment == "idle":
        world.workers[0].kill()
    await asyncio.gather(*[pool.rollout_group(task(), str(i)) for i in range(6)])
    await until(lambda: pool.metrics()["workers"] == 2)
    assert {w.folder for w in world.living} == {str(tmp_path)}
    await pool.close()
