"""Solvers of SymBench's families."""

from curriculum.tasks.solvers.plan import Solver
from curriculum.tasks.solvers.symbench import (
    boards,
    deduction,
    exchanges,
    expressions,
    planning,
    problems,
    puzzles,
    routes,
    strings,
)

SOLVERS: dict[str, Solver] = {
    **boards.SOLVERS,
    **deduction.SOLVERS,
    **exchanges.SOLVERS,
    **expressions.SOLVERS,
    **planning.SOLVERS,
    **problems.SOLVERS,
    **puzzles.SOLVERS,
    **routes.SOLVERS,
    **strings.SOLVERS,
}
