"""Scripted solvers: they write the traces that SFT learns from, by code that really computes each answer.

A solver is a function from a question's text to a `Solution`: the script that computes the answer, and whatever else a
trace may show beside it (a look at the data first, a slip, a search that is too slow, a second script that checks).
`trace_plan` draws which of them a trace has.
"""

import random
from typing import Literal

from curriculum.task import Task
from curriculum.tasks.solvers import bbh, reasoning_gym, symbench
from curriculum.tasks.solvers.plan import (
    Solution,
    Solver,
    Step,
    TracePlan,
    Words,
    WrongWordingError,
    confirms,
)

__all__ = [
    "SOLVERS",
    "WORDS",
    "Solver",
    "TracePlan",
    "WrongWordingError",
    "confirms",
    "has_solver",
    "trace_kind",
    "trace_plan",
]

SOLVERS: dict[str, Solver] = {**reasoning_gym.SOLVERS, **symbench.SOLVERS, **bbh.SOLVERS}
"""Solver of a question by family; families without one need traces from elsewhere."""

WORDS: dict[str, Solver] = dict(bbh.WORDS)
"""Families that are answered in words, where no script would help."""

TraceKind = Literal["solver", "words", "none"]
"""How traces of a family are written: by executed scripts, in words from templates, or not at all."""


def has_solver(task: Task) -> bool:
    """Whether traces for this task can be written by script."""
    return trace_kind(task.family) != "none"


def trace_kind(family: str) -> TraceKind:
    """How traces of a family are written."""
    return "solver" if family in SOLVERS else "words" if family in WORDS else "none"


def trace_plan(
    task: Task,
    rng: random.Random,
    error_fraction: float = 0.15,
    *,
    explore_fraction: float = 0.0,
    slow_fraction: float = 0.0,
    check_fraction: float = 0.0,
) -> TracePlan:
    """A trace to execute: the right script, and by the shares asked for what comes before and after it.

    Args:
        task: What is asked; only its family and question are read, never its answer.
        rng: Draws what the trace has, and which slip.
        error_fraction: Share of traces that start with a slip, see its real error, and mend it.
        explore_fraction: Share of those solutions that can which look at the data before they compute.
        slow_fraction: Share of those solutions that can which start with a search that runs out of time.
        check_fraction: Share of those solutions that can which check the answer by a second script.

    Raises:
        ValueError: If the family has no solver.
        WrongWordingError: If the question is not worded as the solver reads it.
    """
    solver = SOLVERS.get(task.family) or WORDS.get(task.family)
    if solver is None:
        raise ValueError(f"no solver for family {task.family!r}: known are {sorted(SOLVERS | WORDS)}")
    solution = solver(task.question)
    if isinstance(solution, Words):
        return TracePlan(turns=(), answer_turn=-1, num_slips=0, words=solution, style="words")
    right, before, parts = _opening(solution, rng, error_fraction, slow_fraction)
    if solution.explore is not None and not before and rng.random() < explore_fraction:
        before, parts = [solution.explore], ["look"]
    num_slips = sum(part != "look" for part in parts)
    after = [solution.check] if solution.check is not None and rng.random() < check_fraction else []
    parts += ["check"] if after else []
    return TracePlan(
        turns=tuple(step.turn for step in (*before, right, *after)),
        answer_turn=len(before),
        num_slips=num_slips,
        style="+".join(parts) or "once",
    )


def _opening(
    solution: Solution, rng: random.Random, error_fraction: float, slow_fraction: float
) -> tuple[Step, list[Step], list[str]]:
    """The right step, what goes wrong before it, and how that is called."""
    right = solution.step
    if solution.slips and rng.random() < error_fraction:
        slip, name = rng.choice(solution.slips), "slip"
    elif solution.slow is not None and rng.random() < slow_fraction:
        slip, name = solution.slow, "slow"
    else:
        if solution.remarks:
            right = right.model_copy(update={"remark": rng.choice((right.remark, *solution.remarks))})
        return right, [], []
    first = Step(remark=right.remark, script=slip.script)
    return Step(remark=slip.remedy, script=right.script), [first], [name]
