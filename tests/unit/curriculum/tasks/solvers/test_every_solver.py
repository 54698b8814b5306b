"""Every solver on items of its family: the scripts are run, the answers judged by the family's checker.

`SOLVERS_ONLY=gcd,lcm` in the environment restricts the families, `SOLVERS_ITEMS=40` sets the items of each.
"""

import contextlib
import functools
import os
import random

import pytest
from script_runs import run_scripts, script_of
from source_files import ROOT

from curriculum.task import Task
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.checkers import check
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set
from curriculum.tasks.solvers import SOLVERS, WORDS, TracePlan, WrongWordingError, confirms, trace_plan

ONLY = {name for name in os.environ.get("SOLVERS_ONLY", "").split(",") if name}
NUM_ITEMS = int(os.environ.get("SOLVERS_ITEMS", "6"))
OFFICIAL = ROOT.parent / "shared" / "data" / "bbh" / "bbh"
FAMILIES = sorted(name for name in SOLVERS if not ONLY or name in ONLY)
MIN_SHARE_SOLVED = {
    # The official answers call rectangles trapezoids, and circles ellipses where there is such an option.
    "geometric_shapes": 0.5,
    # Told in many ways, of which the common ones are read.
    "date_understanding": 0.3,
}
MOST_SOLVED = 0.9
"""Some items are beyond a script that a model could write; traces of those are simply not written."""


@functools.lru_cache(maxsize=4)
def _tasks(family: str) -> list[Task]:
    # A small share of few items would be luck.
    count = NUM_ITEMS * (6 if family in MIN_SHARE_SOLVED else 1)
    sizes = {"sft_per_family": count, "held_out_per_family": count, "train_per_family": 0}
    bbh_folder = str(OFFICIAL) if OFFICIAL.is_dir() else None
    tasks = build_task_set(
        TaskSetConfig(
            preset="r1ci", families=(family,), seed=11, test_per_family=0, bbh_folder=bbh_folder, **sizes
        )
    )
    if not tasks:
        pytest.skip(f"no items of {family}: its data are not here")
    return tasks


def _plans(tasks: list[Task], **shares: float) -> list[tuple[Task, TracePlan]]:
    """Plans of the tasks that the solver can read."""
    plans = []
    for number, task in enumerate(tasks):
        with contextlib.suppress(WrongWordingError):
            plans.append((task, trace_plan(task, random.Random(number), 0.0, **shares)))
    return plans


@pytest.mark.parametrize("family", FAMILIES)
def test_its_scripts_reach_the_right_answer_and_its_check_holds_for_it(family: str) -> None:
    tasks = _tasks(family)
    plans = _plans(tasks, check_fraction=1.0)
    results = run_scripts([script_of(plan.turns[0]) for _, plan in plans])
    right = [
        (plan, output.strip())
        for (task, plan), (output, error) in zip(plans, results, strict=True)
        if not error and check(task, extract_answer(plan.final(output)))
    ]
    wrong = [(task.question[:400], results[n]) for n, (task, _) in enumerate(plans)]
    assert len(right) >= MIN_SHARE_SOLVED.get(family, MOST_SOLVED) * len(tasks), wrong[:3]
    checks = [(plan.turn(1, answer), answer) for plan, answer in right if plan.has_check]
    verdicts = run_scripts([script_of(turn) for turn, _ in checks])
    failed = [
        (turn[:1500], said) for (turn, _), said in zip(checks, verdicts, strict=True) if not confirms(said[0])
    ]
    assert not failed, failed[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_its_check_refuses_the_answers_of_other_items(family: str) -> None:
    plans = _plans(_tasks(family), check_fraction=1.0)
    if not any(plan.has_check for _, plan in plans):
        pytest.skip(f"the solver of {family} writes no check")
    answers = [output.strip() for output, _ in run_scripts([script_of(plan.turns[0]) for _, plan in plans])]
    swapped = [
        (plan, other)
        for n, (task, plan) in enumerate(plans)
        if plan.has_check and not check(task, other := answers[n - 1])
    ]
    verdicts = run_scripts([script_of(plan.turn(1, other)) for plan, other in swapped])
    fooled = [
        (plan.turn(1, other)[:1500], said)
        for (plan, other), (said, error) in zip(swapped, verdicts, strict=True)
        if not error and confirms(said)
    ]
    assert not fooled, fooled[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_its_slips_fail_for_real_and_its_looks_do_not(family: str) -> None:
    for task, _ in _plans(_tasks(family))[:3]:
        solution = SOLVERS[family](task.question)
        assert not isinstance(solution, str)
        slips = run_scripts([slip.script for slip in getattr(solution, "slips", ())])
        assert all(error for _, error in slips), (solution, slips)
        explore = getattr(solution, "explore", None)
        if explore is not None:
            ((output, error),) = run_scripts([explore.script])
            assert not error, (explore.script, error)
            assert output.strip()


@pytest.mark.parametrize("family", FAMILIES)
def test_it_reads_the_question_alone_and_its_turns_give_no_answer_away(family: str) -> None:
    for n, (task, _) in enumerate(_plans(_tasks(family))[:3]):
        shares = {"explore_fraction": 0.5, "check_fraction": 0.5}
        blind = task.model_copy(update={"payload": "{}", "task_id": "x"})
        plan = trace_plan(task, random.Random(n), 0.5, **shares)
        assert plan == trace_plan(blind, random.Random(n), 0.5, **shares)
        for turn in plan.turns:
            assert "\n```python\n" in turn
            assert turn.endswith("\n```")
            assert extract_answer(turn) is None
            assert turn.isascii() or not task.question.isascii()


@pytest.mark.parametrize("family", sorted(name for name in WORDS if not ONLY or name in ONLY))
def test_words_lead_to_the_right_answer_where_they_are_written(family: str) -> None:
    tasks = _tasks(family)
    finals = [(task, trace_plan(task, random.Random(0)).final("")) for task in tasks]
    right = [check(task, extract_answer(final)) for task, final in finals]
    assert sum(right) >= MOST_SOLVED * len(right), finals[right.index(False)]
