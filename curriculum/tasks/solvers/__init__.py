"""Scripted solvers: they write the traces that SFT learns from, by code that really computes each answer."""

import random
from collections.abc import Callable

from curriculum.task import Task
from curriculum.tasks.solvers import arithmetic, text
from curriculum.tasks.solvers.plan import Solution, Step, TracePlan

__all__ = ["SOLVERS", "TracePlan", "has_solver", "trace_plan"]

SOLVERS: dict[str, Callable[[str], Solution]] = {
    "basic_arithmetic": arithmetic.basic_arithmetic,
    "chain_sum": arithmetic.chain_sum,
    "complex_arithmetic": arithmetic.complex_arithmetic,
    "count_bits": arithmetic.count_bits,
    "gcd": arithmetic.gcd,
    "lcm": arithmetic.lcm,
    "letter_counting": text.letter_counting,
    "products": arithmetic.products,
    "simple_equations": arithmetic.simple_equations,
    "spell_backward": text.spell_backward,
}
"""Solver of a question by family; families without one need traces from elsewhere."""


def has_solver(task: Task) -> bool:
    """Whether traces for this task can be written by script."""
    return task.family in SOLVERS


def trace_plan(task: Task, rng: random.Random, error_fraction: float = 0.15) -> TracePlan:
    """A trace to execute: usually one right script, sometimes a slip first, seen and mended.

    Args:
        task: What is asked; only its family and question are read, never its answer.
        rng: Draws whether there is a slip, and which.
        error_fraction: Share of traces that start with a slip.

    Raises:
        ValueError: If the family has no solver, or its wording has changed.
    """
    solver = SOLVERS.get(task.family)
    if solver is None:
        raise ValueError(f"no solver for family {task.family!r}: known are {sorted(SOLVERS)}")
    solution = solver(task.question)
    right = solution.step
    if not solution.slips or rng.random() >= error_fraction:
        return TracePlan(turns=(right.turn,), num_slips=0)
    slip = rng.choice(solution.slips)
    first = Step(remark=right.remark, script=slip.script)
    mended = Step(remark=slip.remedy, script=right.script)
    return TracePlan(turns=(first.turn, mended.turn), num_slips=1)
