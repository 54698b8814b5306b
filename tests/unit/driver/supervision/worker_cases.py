"""A set of rollout workers over actors that are objects of this process."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fake_actors import FakeWorkerControl, World, reference

from actors.records import WeightManifest
from driver.config import RecoveryConfig
from driver.recovery import RecoveryPolicy
from driver.supervision.deadlines import Deadlines
from driver.supervision.rollout_workers import RolloutWorkers
from tests.unit.actors.rollout_cases import task

LONG = Deadlines(start_s=60.0, load_s=60.0, group_s=60.0, check_s=60.0, call_s=60.0)
SHORT = Deadlines(start_s=0.05, load_s=0.05, group_s=0.05, check_s=0.05, call_s=0.05)
SIZE = 4


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def workers(
    world: World,
    count: int = 2,
    *,
    capacity: int = 8,
    deadlines: Deadlines = LONG,
    clock: Callable[[], float] | None = None,
    **limits: float,
) -> RolloutWorkers:
    return RolloutWorkers(
        FakeWorkerControl(world, SIZE),
        count,
        capacity=capacity,
        group_size=SIZE,
        policy=RecoveryPolicy(RecoveryConfig.model_validate(limits)),
        deadlines=deadlines,
        clock=clock or Clock(),
    )


def manifest(version: int) -> WeightManifest:
    return WeightManifest(version=version, tensors=(), checksums=("",))


async def publish(pool: RolloutWorkers, version: int) -> float:
    return await pool.load_weights(manifest(version), [reference(version)])


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    pytest.fail("it never happened")


def group(pool: RolloutWorkers, name: str, **options: Any) -> "asyncio.Future[Any]":
    return asyncio.ensure_future(pool.rollout_group(task(), name, **options))
