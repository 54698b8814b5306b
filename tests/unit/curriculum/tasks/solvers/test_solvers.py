import random

import pytest
from script_runs import run_scripts, script_of

from curriculum.task import Task
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.checkers import check
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.presets import PRESETS
from curriculum.tasks.sets.build import build_task_set
from curriculum.tasks.solvers import SOLVERS, trace_plan

FAMILIES = sorted(f.name for p in ("laptop", "smoke") for group in PRESETS[p] for f in group)
NUM_ITEMS = 25


def _tasks(family: str, **sizes: int) -> list[Task]:
    return build_task_set(TaskSetConfig(families=(family,), seed=9, **sizes))


@pytest.mark.parametrize("family", sorted(set(FAMILIES)))
def test_traces_end_with_the_right_answer_computed_from_what_was_printed(family: str) -> None:
    tasks = _tasks(
        family, sft_per_family=NUM_ITEMS, train_per_family=0, test_per_family=0, held_out_per_family=NUM_ITEMS
    )
    plans = [trace_plan(t, random.Random(n), 0.0) for n, t in enumerate(tasks)]
    results = run_scripts([script_of(p.turns[-1]) for p in plans])
    assert len(plans) == NUM_ITEMS
    for task, plan, (output, error) in zip(tasks, plans, results, strict=True):
        assert not error, plan.turns
        assert check(task, extract_answer(plan.final(output))), (task.question, plan.turns, output)


@pytest.mark.parametrize("family", sorted(set(FAMILIES)))
def test_slips_fail_for_real_and_are_mended_in_the_next_turn(family: str) -> None:
    tasks = _tasks(family, sft_per_family=8, train_per_family=0, test_per_family=0, held_out_per_family=8)
    plans = [trace_plan(t, random.Random(n), 1.0) for n, t in enumerate(tasks)]
    assert {len(p.turns) for p in plans} == {2}
    assert {p.num_slips for p in plans} == {1}
    for plan, (_, error) in zip(plans, run_scripts([script_of(p.turns[0]) for p in plans]), strict=True):
        assert error, plan.turns
    for task, plan, (output, error) in zip(
        tasks, plans, run_scripts([script_of(p.turns[1]) for p in plans]), strict=True
    ):
        assert not error
        assert check(task, extract_answer(plan.final(output)))


def test_scripts_are_short_and_fences_stand_alone(laptop_tasks: list[Task]) -> None:
    for n, task in enumerate(laptop_tasks):
        for turn in trace_plan(task, random.Random(n), 0.5).turns:
            assert "\n```python\n" in turn
            assert turn.endswith("\n```")
            assert len(script_of(turn)) <= 160
            assert extract_answer(turn) is None


def test_share_of_traces_with_a_slip_follows_the_setting(laptop_tasks: list[Task]) -> None:
    rng = random.Random(0)
    slips = [trace_plan(laptop_tasks[n % len(laptop_tasks)], rng, 0.15).num_slips for n in range(2000)]
    assert 0.12 < sum(slips) / 2000 < 0.18


def test_same_generator_gives_the_same_plan(laptop_tasks: list[Task]) -> None:
    for task in laptop_tasks[::7]:
        assert trace_plan(task, random.Random(4), 0.5) == trace_plan(task, random.Random(4), 0.5)


def test_solver_never_sees_the_answer(laptop_tasks: list[Task]) -> None:
    for task in laptop_tasks[::7]:
        blind = task.model_copy(update={"payload": "{}"})
        assert trace_plan(blind, random.Random(1), 0.0) == trace_plan(task, random.Random(1), 0.0)


def test_family_without_solver_and_changed_wording_are_named(laptop_tasks: list[Task]) -> None:
    with pytest.raises(ValueError, match="no solver for family 'chess'"):
        trace_plan(laptop_tasks[0].model_copy(update={"family": "chess"}), random.Random(0), 0.0)
    for family in set(FAMILIES) - {"spell_backward"}:
        with pytest.raises(ValueError, match="wording has changed"):
            SOLVERS[family]("What is it?")
