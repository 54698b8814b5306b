"""The scorer and the curriculum, which a run has one of: made anew when they die or hang."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fake_actors import World, reference
from fake_cluster import FakeCluster

from actors.errors import ActorLostError, GroupLostError, RecordLostError
from actors.records import RolloutGroup
from curriculum.potential import TaskPotential
from curriculum.task import TaskOutcome
from driver.config import RunConfig
from driver.errors import RunAbortedError
from tests.unit.actors.rollout_cases import group, rollout, task

TASKS = [task(f"s/f/{i}") for i in range(12)]
POTENTIALS = [TaskPotential.measured(t.task_id, i % 5, 4) for i, t in enumerate(TASKS)]
GROUP = group(rollout(["It is <<<1>>>"]), rollout(["It is <<<0>>>"]))


def cluster(world: World, **recovery: float) -> FakeCluster:
    config = RunConfig.model_validate(
        {"recovery": {"call_s": 0.1, "start_s": 0.1, **recovery}, "reward": {"check_timeout_s": 0.01}}
    )
    return FakeCluster(config, Path(), world)


def first(*failures: Exception | float) -> Any:
    """A hook that fails as told, one after the other, then no more; a number is a hang."""
    left = iter(failures)

    async def hook(*_: Any) -> None:
        match next(left, None):
            case None:
                return
            case float(seconds):
                await asyncio.sleep(seconds)
            case failure:
                raise failure

    return hook


async def held(value: RolloutGroup = GROUP) -> Any:
    return reference(value)


async def test_a_scorer_that_dies_or_hangs_is_replaced_and_the_group_is_scored(world: World) -> None:
    scoring = cluster(world).start_scorer()
    await scoring.score(await held(), 2)
    seen: set[int] = set()
    fail = first(ActorLostError("killed"), 99.0)

    async def hook(scorer: Any) -> None:
        seen.add(id(scorer))
        await fail()

    world.hooks["score"] = hook
    scored, summary = await scoring.score(await held(), 2)
    assert (summary.num_rollouts, summary.num_correct) == (2, 1)
    assert [s.reward for s in (await scored).scores] == [1.0, 0.0]
    assert len(seen) == 3
    await scoring.close()


async def test_a_group_that_no_scorer_can_score_is_lost_and_not_the_run(world: World) -> None:
    scoring = cluster(world).start_scorer()
    await scoring.score(await held(), 2)
    world.hooks["score"] = first(*[ActorLostError("killed")] * 3)
    with pytest.raises(GroupLostError, match="could not be scored: killed"):
        await scoring.score(await held(), 2)
    await scoring.score(await held(), 2)


async def test_a_group_whose_rollouts_went_with_their_node_is_lost_without_a_new_scorer(world: World) -> None:
    scoring = cluster(world).start_scorer()
    scorers: set[int] = set()

    def hook(scorer: Any) -> None:
        scorers.add(id(scorer))
        if world.calls["score"] == 1:
            raise RecordLostError("its node is gone")

    world.hooks["score"] = hook
    with pytest.raises(GroupLostError, match="its node is gone"):
        await scoring.score(await held(), 2)
    await scoring.score(await held(), 2)
    assert len(scorers) == 1


async def test_many_groups_that_fail_with_one_scorer_cost_one_replacement(world: World) -> None:
    scoring = cluster(world, replacements_per_hour=1).start_scorer()
    await scoring.score(await held(), 2)
    dead: list[int] = []

    async def hook(scorer: Any) -> None:
        if not dead:
            dead.append(id(scorer))
        if id(scorer) in dead:
            await asyncio.sleep(0.01)
            raise ActorLostError("killed")

    world.hooks["score"] = hook
    results = await asyncio.gather(*[scoring.score(reference(GROUP), 2) for _ in range(20)])
    assert len(results) == 20


async def test_a_deadline_grows_with_the_answers_that_are_with_the_scorer(world: World) -> None:
    # 30 groups of 2 answers at 0.1 s each: 6 s at worst, though each alone may take 0.25 s only.
    config = RunConfig.model_validate(
        {"recovery": {"call_s": 0.05, "start_s": 0.1}, "reward": {"check_timeout_s": 0.1}}
    )
    scoring = FakeCluster(config, Path(), world).start_scorer()
    await scoring.score(await held(), 2)
    busy = asyncio.Lock()
    scorers: set[int] = set()

    async def one_after_the_other(scorer: Any) -> None:
        scorers.add(id(scorer))
        async with busy:
            await asyncio.sleep(0.02)

    world.hooks["score"] = one_after_the_other
    await asyncio.gather(*[scoring.score(reference(GROUP), 2) for _ in range(30)])
    assert len(scorers) == 1


async def test_a_scorer_that_never_answered_ends_the_run(world: World) -> None:
    scoring = cluster(world).start_scorer()
    world.hooks["score"] = first(*[ActorLostError("no such module")] * 9)
    with pytest.raises(RunAbortedError, match="no scorer started: ActorLostError: no such module"):
        await scoring.score(await held(), 2)
    assert world.calls["score"] == 1


async def test_without_replacements_a_lost_scorer_ends_the_run(world: World) -> None:
    scoring = cluster(world, replacements_per_hour=0).start_scorer()
    await scoring.score(await held(), 2)
    world.hooks["score"] = first(ActorLostError("killed"))
    with pytest.raises(RunAbortedError, match="the last scorer was lost"):
        await scoring.score(await held(), 2)


async def drawn(world: World, faults: dict[str, Any], num_steps: int = 8) -> list[list[str]]:
    choice = cluster(world, replacements_per_hour=100).start_curriculum(TASKS, POTENTIALS)
    await choice.metrics()
    world.hooks |= faults
    ids = []
    for step in range(num_steps):
        tasks = await choice.next_tasks(3, step)
        ids.append([t.task_id for t in tasks])
        for number, chosen in enumerate(tasks):
            outcome = TaskOutcome(task_id=chosen.task_id, num_correct=number, num_rollouts=4, version=step)
            await choice.observe(outcome)
        if step == 3:
            await choice.state_dict()
    await choice.close()
    return ids


@pytest.mark.parametrize("call", ["choose", "observe"])
async def test_a_scheduler_that_is_lost_goes_on_from_its_last_state(call: str) -> None:
    undisturbed = await drawn(World(), {})
    for when in range(1, 9):
        world = World()

        def hook(_: Any, world: World = world, when: int = when) -> None:
            if world.calls[call] == when:
                raise ActorLostError("killed")

        assert await drawn(world, {call: hook}) == undisturbed, f"lost in call {when}"


async def test_a_scheduler_that_hangs_is_replaced_too() -> None:
    undisturbed = await drawn(World(), {})
    assert await drawn(World(), {"choose": first(99.0)}) == undisturbed


async def test_a_scheduler_that_dies_while_it_is_restored_is_restored_again() -> None:
    world = World()
    choice = cluster(world, replacements_per_hour=100).start_curriculum(TASKS, POTENTIALS)
    await choice.next_tasks(3, 0)
    state = await choice.state_dict()
    expected = await choice.next_tasks(3, 1)
    await choice.load_state_dict(state)
    world.hooks |= {
        "choose": first(ActorLostError("killed")),
        "restore": first(*[ActorLostError("again")] * 2),
    }
    assert await choice.next_tasks(3, 1) == expected
    await choice.close()


async def test_the_calls_since_the_last_state_do_not_grow_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("driver.supervision.task_choice._MAX_CALLS", 4)
    undisturbed = await drawn(World(), {})
    world = World()

    def hook(_: Any) -> None:
        if world.calls["choose"] == 6:
            raise ActorLostError("killed")

    assert await drawn(world, {"choose": hook}) == undisturbed
    # 8 draws and 24 outcomes: a state every four calls, one more by hand.
    assert world.calls["state"] >= 8
