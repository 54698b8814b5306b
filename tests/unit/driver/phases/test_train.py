"""The GRPO loop from its first group to the final model, without Ray: what it learns from, and what it bears."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fake_actors import RIGHT, WRONG, FakeWorker, World

from actors.errors import ActorLostError, EngineError, LearnerError
from actors.records import StepReport
from driver.config import RunConfig
from driver.errors import RunAbortedError, RunInterruptedError
from driver.phases import train
from driver.phases.checkpoints import checkpoint_steps
from tests.unit.driver.phases.loop_cases import at, config, is_balanced, prepared, session, train_lines

NUM_STEPS = 5


async def trained(settings: RunConfig, world: World) -> None:
    with session(settings, world) as attempt:
        try:
            await train.run(attempt)
        finally:
            await attempt.cluster.close()


def final_model(folder: Path) -> int:
    return int(json.loads((folder / "checkpoints/final/config.json").read_text())["model"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prepared(tmp_path)
    return tmp_path


async def test_a_run_learns_every_step_and_saves_what_it_learned(folder: Path, world: World) -> None:
    await trained(config(folder), world)
    assert [version for version, _ in world.steps] == [0, 1, 2, 3, 4]
    # The SFT model's number is 100; each step adds one.
    assert final_model(folder) == 105
    lines = train_lines(folder)
    assert [line.step for line in lines] == [1, 2, 3, 4, 5]
    assert all(is_balanced(line) for line in lines)
    # What is drawn from once the step is over.
    assert [line.values["stage"] for line in lines] == [1, 2, 2, 2, 2]
    assert lines[-1].values["rollout/workers"] == 2.0
    assert checkpoint_steps(folder / "checkpoints") == [2, 4]
    assert {w.version for w in world.workers} == {5}
    assert world.living == [], "a rollout worker was left behind"


@pytest.mark.parametrize("max_staleness", [0, 1, 2])
@pytest.mark.parametrize("slow", [0, 1, 7])
async def test_no_token_is_older_than_the_staleness_allows(
    folder: Path, world: World, max_staleness: int, slow: int
) -> None:
    async def late(_: FakeWorker, name: str) -> None:
        # Some groups take many turns of the loop, so that steps and groups overlap in every way.
        for _ in range(slow * (sum(name.encode()) % 5)):
            await asyncio.sleep(0)

    world.hooks["group"] = late
    await trained(config(folder, training={"max_staleness": max_staleness}), world)
    assert len(world.steps) == NUM_STEPS
    assert max(world.staleness) <= max_staleness
    if max_staleness == 0:
        assert set(world.staleness) == {0}


@pytest.mark.parametrize(("max_staleness", "overlaps"), [(0, False), (1, True)])
async def test_the_next_groups_are_made_while_the_learner_computes(
    folder: Path, world: World, max_staleness: int, overlaps: bool
) -> None:
    running: list[int] = []

    async def slow(_: FakeWorker, __: str) -> None:
        for _ in range(30):
            await asyncio.sleep(0)

    world.hooks["group"] = slow
    world.hooks["step"] = lambda *_: running.append(sum(len(w.running) for w in world.workers))
    await trained(config(folder, training={"max_staleness": max_staleness}), world)
    assert (sum(running) > 0) is overlaps


async def test_steps_take_groups_in_the_order_of_admission_however_late_they_are(
    folder: Path, world: World
) -> None:
    async def late(_: FakeWorker, name: str) -> None:
        for _ in range(50 if name.endswith(("0", "5")) else 0):
            await asyncio.sleep(0)

    world.hooks["group"] = late
    await trained(config(folder, training={"refill": False}), world)
    taken = [int(name.removeprefix("train/")) for _, names in world.steps for name in names]
    assert taken == sorted(taken)


async def test_groups_without_signal_are_replaced_up_to_the_limit_and_counted(
    folder: Path, world: World
) -> None:
    world.rollout = lambda _: RIGHT
    await trained(config(folder, training={"max_staleness": 0, "max_refill_factor": 2.0}), world)
    assert world.steps == []
    assert final_model(folder) == 100, "a step without anything to learn from moved the model"
    last = train_lines(folder)[-1]
    # Two groups of four per step and as many replacements: 5 x 4 x 4.
    assert last.values["dropped/no_signal"] == last.values["generated"] == 80
    assert is_balanced(last)


async def test_without_refill_groups_without_signal_are_learned_from(folder: Path, world: World) -> None:
    world.rollout = lambda _: WRONG
    await trained(config(folder, training={"refill": False}), world)
    assert [len(names) for _, names in world.steps] == [2] * NUM_STEPS


async def test_a_group_that_cannot_be_rolled_out_is_counted_and_replaced(folder: Path, world: World) -> None:
    def poisoned(_: FakeWorker, name: str) -> None:
        if name == "train/1":
            raise EngineError("its engine died")

    world.hooks["group"] = poisoned
    # Room for one group in a worker: no other is with it when it fails.
    await trained(config(folder, engine={"max_num_seqs": 4}), world)
    assert len(world.steps) == NUM_STEPS
    last = train_lines(folder)[-1]
    assert last.values["dropped/infrastructure"] == 4
    assert is_balanced(last)
    assert "train/1" not in {name for _, names in world.steps for name in names}


async def test_a_group_that_hangs_costs_its_silent_worker_and_not_the_run(folder: Path, world: World) -> None:
    hung: list[str] = []

    async def hang(_: FakeWorker, name: str) -> None:
        if not hung:
            hung.append(name)
            await asyncio.sleep(999)

    world.hooks["group"] = hang
    # The deadline of a group: 64 tokens at 1 ms, no scripts, and 50 ms.
    limits = {"token_s": 0.001, "script_wait_s": 0.05, "replacements_per_hour": 100}
    await trained(config(folder, recovery=limits, rollout={"max_executions": 0}), world)
    assert len(world.steps) == NUM_STEPS
    assert hung[0] in {name for _, names in world.steps for name in names} | {"train/0"}


@pytest.mark.parametrize("num_left", [0, 1])
async def test_groups_that_can_teach_nothing_for_faults_of_ours_end_the_run(
    folder: Path, world: World, num_left: int
) -> None:
    # One sibling that is left cannot teach either: it must not hide the row of lost groups.
    world.rollout = lambda name: RIGHT if int(name[-1]) < num_left else None
    with pytest.raises(RunAbortedError, match="4 groups in a row lost every rollout, or all but one,"):
        await trained(config(folder), world)
    assert world.calls["group"] <= 8
    assert world.steps == []


async def test_a_few_lost_groups_between_good_ones_are_borne(folder: Path, world: World) -> None:
    def rollout(name: str) -> str | None:
        number = int(name.split("/")[1])
        return None if number % 4 == 0 else (RIGHT if name.endswith(("0", "1")) else WRONG)

    world.rollout = rollout
    await trained(config(folder), world)
    assert len(world.steps) == NUM_STEPS
    assert all(is_balanced(line) for line in train_lines(folder))


@pytest.mark.parametrize("call", ["score", "choose", "observe", "metrics", "state"])
async def test_scorer_and_curriculum_may_die_in_any_call(folder: Path, tmp_path: Path, call: str) -> None:
    def die() -> None:
        raise ActorLostError("killed")

    undisturbed = World()
    prepared(tmp_path / "undisturbed")
    await trained(config(tmp_path / "undisturbed"), undisturbed)
    world = World()
    world.hooks[call] = at(2, die)
    await trained(config(folder), world)
    assert len(world.steps) == NUM_STEPS
    assert all(is_balanced(line) for line in train_lines(folder))
    assert [v for v, _ in world.steps] == [v for v, _ in undisturbed.steps]


@pytest.mark.parametrize(
    "moment", ["group", "load", "ready", "score", "step", "publish", "save", "choose", "observe"]
)
@pytest.mark.parametrize("when", [1, 2, 5])
async def test_a_worker_killed_in_any_phase_of_a_step_costs_no_step(
    folder: Path, world: World, moment: str, when: int
) -> None:
    def kill() -> None:
        if world.living:
            world.living[0].kill()

    world.hooks[moment] = at(when, kill)
    await trained(config(folder), world)
    assert len(world.steps) == NUM_STEPS
    assert max(world.staleness) <= 1
    assert all(is_balanced(line) for line in train_lines(folder))
    ids = Counter(name for _, names in world.steps for name in names)
    assert set(ids.values()) == {1}


async def test_both_workers_killed_at_once_are_both_replaced(folder: Path, world: World) -> None:
    def kill() -> None:
        for worker in world.living:
            worker.kill()

    world.hooks["step"] = at(2, kill)
    await trained(config(folder), world)
    assert len(world.steps) == NUM_STEPS
    assert len(world.workers) == 4


@pytest.mark.parametrize("failing", [1, 2, 3, 5])
async def test_a_learner_that_fails_in_step_k_ends_the_run_and_the_next_attempt_goes_on(
    folder: Path, world: World, failing: int
) -> None:
    def fail() -> None:
        raise LearnerError("rank 1 ran out of memory")

    world.hooks["step"] = at(failing, fail)
    with pytest.raises(LearnerError, match="out of memory"):
        await trained(config(folder), world)
    saved = (failing - 1) // 2 * 2
    assert checkpoint_steps(folder / "checkpoints") == (
        [saved] if saved == 2 else [2, 4] if saved == 4 else []
    )
    await trained(config(folder), World())
    assert final_model(folder) == 105
    assert [line.step for line in train_lines(folder)] == [1, 2, 3, 4, 5]


async def test_a_failure_of_the_groups_saves_what_was_learned_first(folder: Path, world: World) -> None:
    def gone(*_: Any) -> None:
        if len(world.steps) == 3:
            raise EngineError("the engines are gone")

    world.hooks["group"] = gone
    with pytest.raises(RunAbortedError):
        await trained(
            config(folder, recovery={"replacements_per_hour": 0}, training={"max_staleness": 0}), world
        )
    assert checkpoint_steps(folder / "checkpoints") == [2, 3]
    await trained(config(folder), World())
    assert final_model(folder) == 105


async def test_a_step_that_no_worker_could_load_is_saved_before_the_run_ends(
    folder: Path, world: World
) -> None:
    def gone(_: FakeWorker, version: int) -> None:
        if version == 3:
            raise ActorLostError("killed")

    world.hooks["load"] = gone
    with pytest.raises(RunAbortedError):
        await trained(config(folder, recovery={"replacements_per_hour": 0}), world)
    assert checkpoint_steps(folder / "checkpoints") == [2, 3]
    again = World()
    await trained(config(folder), again)
    assert [version for version, _ in again.steps] == [3, 4]
    assert [line.step for line in train_lines(folder)] == [1, 2, 3, 4, 5]
    assert final_model(folder) == 105


async def test_a_run_that_began_without_a_checkpoint_begins_anew(folder: Path, world: World) -> None:
    def fail() -> None:
        raise LearnerError("killed")

    world.hooks["step"] = at(2, fail)
    with pytest.raises(LearnerError):
        await trained(config(folder), world)
    assert [line.step for line in train_lines(folder)] == [1]
    await trained(config(folder), World())
    assert [line.step for line in train_lines(folder)] == [1, 2, 3, 4, 5]


def refusal(version: int) -> StepReport:
    return StepReport(version=version, metrics={}, num_refused=8, refusal="gradient norm nan")


async def test_a_refused_step_is_made_again_and_its_groups_count_as_dropped(
    folder: Path, world: World
) -> None:
    world.hooks["step"] = lambda version, _: refusal(version) if world.calls["step"] == 2 else None
    await trained(config(folder, training={"refill": False}), world)
    assert [version for version, _ in world.steps] == [0, 1, 2, 3, 4]
    assert final_model(folder) == 105
    lines = train_lines(folder)
    assert [line.step for line in lines] == [1, 2, 3, 4, 5]
    assert [line.values.get("dropped/not_finite", 0.0) for line in lines] == [0, 8, 8, 8, 8]
    assert all(is_balanced(line) for line in lines)
    # The first policy and five more: a refused one is not sent anywhere.
    assert world.calls["publish"] == 6


async def test_a_taken_step_starts_the_count_of_refused_ones_anew(folder: Path, world: World) -> None:
    world.hooks["step"] = lambda version, _: refusal(version) if world.calls["step"] % 3 else None
    await trained(config(folder, training={"refill": False}), world)
    assert world.calls["step"] == 15
    assert len(world.steps) == NUM_STEPS


async def test_refused_steps_in_a_row_end_the_run_with_a_checkpoint(folder: Path, world: World) -> None:
    world.hooks["step"] = lambda version, _: refusal(version) if world.calls["step"] > 1 else None
    with pytest.raises(RunAbortedError, match="refused 3 steps in a row, the last for gradient norm nan"):
        await trained(config(folder), world)
    assert world.calls["step"] == 4
    assert checkpoint_steps(folder / "checkpoints") == [1]
    await trained(config(folder), World())
    assert [line.step for line in train_lines(folder)] == [1, 2, 3, 4, 5]


async def test_a_stop_request_ends_the_run_after_the_step_with_a_checkpoint(
    folder: Path, world: World
) -> None:
    with session(config(folder), world) as attempt:

        def ask(*_: Any) -> None:
            if world.calls["step"] == 3:
                assert attempt.is_graceful
                attempt.stop_requested = True

        world.hooks["step"] = ask
        with pytest.raises(RunInterruptedError, match="goes on from here"):
            await train.run(attempt)
        await attempt.cluster.close()
    assert checkpoint_steps(folder / "checkpoints") == [2, 3]
    again = World()
    await trained(config(folder), again)
    assert [version for version, _ in again.steps] == [3, 4]
    assert final_model(folder) == 105


async def interrupted_at(settings: RunConfig, world: World, num_turns: int) -> bool:
    """Cancel the loop after so many turns of the event loop, as a second Ctrl-C does; whether it was still running."""
    with session(settings, world) as attempt:
        running = asyncio.ensure_future(train.run(attempt))
        for _ in range(num_turns):
            await asyncio.sleep(0)
        was_running = not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await attempt.cluster.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left behind: {left}"
    return was_running


async def test_a_run_can_be_stopped_at_every_await_and_goes_on_to_the_same_end(tmp_path: Path) -> None:
    num_turns, was_running = 0, True
    while was_running:
        folder = tmp_path / str(num_turns)
        prepared(folder)
        was_running = await interrupted_at(config(folder), World(), num_turns)
        assert all(is_balanced(line) for line in train_lines(folder))
        world = World()
        if was_running:
            await trained(config(folder), world)
        lines = train_lines(folder)
        assert [line.step for line in lines] == [1, 2, 3, 4, 5], f"stopped after {num_turns} turns"
        assert all(is_balanced(line) for line in lines)
        assert final_model(folder) == 100 + len(lines)
        num_turns += 61


async def test_a_run_killed_with_groups_in_the_buffer_makes_them_again_and_counts_them(
    folder: Path, world: World
) -> None:
    await trained(config(folder), world)
    state = json.loads((folder / "checkpoints/step-4/state.json").read_text())
    pending = state["buffer"]["pending_task_ids"]
    (folder / "checkpoints/final/config.json").unlink()
    (folder / "checkpoints/final").rename(folder / "gone")
    again = World()
    asked: list[str] = []
    again.hooks["group"] = lambda _, name: asked.append(name)
    await trained(config(folder), again)
    assert len(asked) >= len(pending)
    assert [line.step for line in train_lines(folder)] == [1, 2, 3, 4, 5]
    assert is_balanced(train_lines(folder)[-1])
