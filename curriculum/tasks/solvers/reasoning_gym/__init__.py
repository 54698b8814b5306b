"""Solvers of Reasoning Gym's families."""

from curriculum.tasks.solvers.plan import Solver
from curriculum.tasks.solvers.reasoning_gym import arithmetic, letters

SOLVERS: dict[str, Solver] = {**arithmetic.SOLVERS, **letters.SOLVERS}
