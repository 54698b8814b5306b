"""Every solver on items of its family: the scripts are run, the answers judged by the family's checker.

`SOLVERS_ONLY=gcd,lcm` in the environment restricts the families, `SOLVERS_ITEMS=40` sets the items of each.
"""

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
from curriculum.tasks.solvers import SOLVERS, WORDS, confirms, trace_plan

ONLY = {name for name in os.environ.get("SOLVERS_ONLY", "").split(",") if name}
NUM_ITEMS = int(os.environ.get("SOLVERS_ITEMS", "6"))
OFFICIAL = ROOT.parent / "shared" / "data" / "bbh" / "bbh"
FAMILIES = sorted(name for name in SOLVERS if not ONLY or name in ONLY)
MIN_SHARE_SOLVED = 0.9
"""Some items are beyond a script that a model could write; the others' traces are simply not written."""


@functools.lru_cache(maxsize=4)
def _tasks(family: str) -> list[Task]:
    sizes = {"sft_per_family": NUM_ITEMS, "held_out_per_family": NUM_ITEMS, "train_per_family": 0}
    bbh_folder = str(OFFICIAL) if OFFICIAL.is_dir() else None
    tasks = build_task_set(
        TaskSetConfig(
            preset="r1ci", families=(family,), seed=11, test_per_family=0, bbh_folder=bbh_folder, **sizes
        )
    )
    if not tasks:
        pytest.skip(f"no items of {family}: its data are not here")
    return tasks


@pytest.mark.parametrize("family", FAMILIES)
def test_its_scripts_reach_the_right_answer_and_its_check_holds_for_it(family: str) -> None:
    tasks = _tasks(family)
    plans = [trace_plan(task, random.Random(n), 0.0, check_fraction=1.0) for n, task in enumerate(tasks)]
    results = run_scripts([script_of(plan.turns[0]) for plan in plans])
    wrong = [
        (task.question[:400], plan.turns[0][:1500], output[:300], error)
        for task, plan, (output, error) in zip(tasks, plans, results, strict=True)
        if error or not check(task, extract_answer(plan.final(output)))
    ]
    assert len(wrong) <= (1 - MIN_SHARE_SOLVED) * len(tasks), wrong[0]
    checked = [
        (plan, output)
        for plan, (output, error) in zip(plans, results, strict=True)
        if plan.has_check and not error
    ]
    verdicts = run_scripts([script_of(plan.turn(1, output.strip())) for plan, output in checked])
    failed = [
        (plan.turn(1, output.strip())[:1500], said, error)
        for (plan, output), (said, error) in zip(checked, verdicts, strict=True)
        if error or not confirms(said)
    ]
    assert len(failed) <= len(wrong), failed[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_its_check_refuses_the_answers_of_other_items(family: str) -> None:
    tasks = _tasks(family)
    plans = [trace_plan(task, random.Random(n), 0.0, check_fraction=1.0) for n, task in enumerate(tasks)]
    if not any(plan.has_check for plan in plans):
        pytest.skip(f"the solver of {family} writes no check")
    answers = [output.strip() for output, _ in run_scripts([script_of(plan.turns[0]) for plan in plans])]
    swapped = [
        (plan, other)
        for n, (task, plan) in enumerate(zip(tasks, plans, strict=True))
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
    for task in _tasks(family)[:3]:
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
    for n, task in enumerate(_tasks(family)[:3]):
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
    assert sum(right) >= MIN_SHARE_SOLVED * len(right), finals[right.index(False)]
