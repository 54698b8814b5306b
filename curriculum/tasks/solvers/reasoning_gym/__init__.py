"""Solvers of Reasoning Gym's families."""

from curriculum.tasks.solvers.plan import Solver
from curriculum.tasks.solvers.reasoning_gym import arithmetic, dates, letters, numbers, programs

SOLVERS: dict[str, Solver] = {
    **arithmetic.SOLVERS,
    **dates.SOLVERS,
    **letters.SOLVERS,
    **numbers.SOLVERS,
    **programs.SOLVERS,
}
