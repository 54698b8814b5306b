"""Solvers of Reasoning Gym's families."""

from curriculum.tasks.solvers.plan import Solver
from curriculum.tasks.solvers.reasoning_gym import (
    algebra,
    arithmetic,
    circuits,
    dates,
    grids,
    letters,
    matrices,
    numbers,
    patterns,
    people,
    programs,
    searches,
    sequences,
    statements,
    words,
)

SOLVERS: dict[str, Solver] = {
    **algebra.SOLVERS,
    **arithmetic.SOLVERS,
    **circuits.SOLVERS,
    **dates.SOLVERS,
    **grids.SOLVERS,
    **letters.SOLVERS,
    **matrices.SOLVERS,
    **numbers.SOLVERS,
    **patterns.SOLVERS,
    **people.SOLVERS,
    **programs.SOLVERS,
    **searches.SOLVERS,
    **sequences.SOLVERS,
    **statements.SOLVERS,
    **words.SOLVERS,
}
