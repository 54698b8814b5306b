"""Solvers of BIG-Bench Hard's families."""

from curriculum.tasks.solvers.plan import Solver

SOLVERS: dict[str, Solver] = {}

WORDS: dict[str, Solver] = {}
