"""The rule for self-checks on the traces that our own solvers write, whose style says what they are."""

import contextlib
import functools
import random

from script_runs import run_scripts
from source_files import ROOT

from actors.episodes.scripts import RESULTS_HEADER, complete_script
from actors.records import EndReason, Execution, Rollout, Source
from actors.rewards.self_check import checks_itself
from curriculum.task import Task
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.checkers import check
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set
from curriculum.tasks.solvers import SOLVERS, TracePlan, WrongWordingError, trace_plan
from tests.unit.actors.rollout_cases import fixed, model_segment

OFFICIAL = ROOT.parent / "shared" / "data" / "bbh" / "bbh"
NUM_ITEMS = 1
TESTED = {"check", "look+check", "slip+check", "slow+check"}


@functools.cache
def _traces() -> tuple[tuple[str, str, Rollout], ...]:
    """(family, style, trace) of every solver in every style that it has; searches that take too long left out."""
    plans = list(_plans())
    # The scripts before the check know no answer; what the right one prints goes into the check.
    first = _ran([[plan.turn(n, "") for n in range(plan.answer_turn + 1)] for _, plan in plans])
    answers = [outputs[-1][0].strip() for outputs in first]
    checks = _ran(
        [
            [plan.turn(n, answer) for n in range(plan.answer_turn + 1, len(plan.turns))]
            for (_, plan), answer in zip(plans, answers, strict=True)
        ]
    )
    return tuple(
        (task.family, plan.style, _rollout(plan, answer, [*before, *after]))
        for (task, plan), answer, before, after in zip(plans, answers, first, checks, strict=True)
        if not before[-1][1] and check(task, extract_answer(plan.final(answer)))
    )


def _plans() -> list[tuple[Task, TracePlan]]:
    sizes = {"sft_per_family": NUM_ITEMS, "held_out_per_family": NUM_ITEMS, "train_per_family": 0}
    bbh_folder = str(OFFICIAL) if OFFICIAL.is_dir() else None
    config = TaskSetConfig(preset="r1ci", seed=5, test_per_family=0, bbh_folder=bbh_folder, **sizes)
    tasks = [task for task in build_task_set(config) if task.family in SOLVERS]
    plans = []
    for slips, looks, checks in (
        (0.0, 0.0, 0.0),
        (0.0, 0.0, 1.0),
        (1.0, 0.0, 0.0),
        (0.0, 1.0, 0.0),
        (1.0, 0.0, 1.0),
    ):
        for task in tasks:
            with contextlib.suppress(WrongWordingError):
                plan = trace_plan(
                    task, random.Random(1), slips, explore_fraction=looks, check_fraction=checks
                )
                plans.append((task, plan))
    return plans


def _ran(turns: list[list[str]]) -> list[list[tuple[str, str]]]:
    results = iter(
        run_scripts([complete_script(f"{turn}\n") or "" for some in turns for turn in some], limit_s=5.0)
    )
    return [[next(results) for _ in some] for some in turns]


def _rollout(plan: TracePlan, answer: str, results: list[tuple[str, str]]) -> Rollout:
    segments, executions = [fixed(Source.PROMPT)], []
    for number, (output, error) in enumerate(results):
        text = plan.turn(number, answer) + "\n"
        shown = f"{RESULTS_HEADER}\n{output.rstrip()}{error}"
        segments += [model_segment(text), fixed(Source.ENVIRONMENT, text=shown)]
        executions.append(
            Execution(
                code=complete_script(text) or "",
                termination="error" if error else "ok",
                output=shown,
                duration_s=0.1,
                queue_s=0.0,
            )
        )
    segments.append(model_segment(plan.final(answer)))
    return Rollout(
        rollout_id="g/0",
        segments=tuple(segments),
        executions=tuple(executions),
        end_reason=EndReason.ANSWER,
        generate_s=1.0,
        execute_s=0.1,
    )


def test_every_trace_with_a_check_checks_itself() -> None:
    checked = [(family, trace) for family, style, trace in _traces() if style in TESTED]
    assert len({family for family, _ in checked}) > 60
    missed = [(family, trace.model_text) for family, trace in checked if not checks_itself(trace)]
    assert not missed, missed[0]


def test_no_trace_without_a_check_checks_itself() -> None:
    others = [(family, style, trace) for family, style, trace in _traces() if style not in TESTED]
    assert len({family for family, style, _ in others if style == "once"}) > 80
    assert {"once", "slip", "look"} <= {style for _, style, _ in others}
    counted = [(family, style, trace.model_text) for family, style, trace in others if checks_itself(trace)]
    assert not counted, counted[0]
