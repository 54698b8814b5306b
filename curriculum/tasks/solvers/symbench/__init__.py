"""Solvers of SymBench's families."""

from curriculum.tasks.solvers.plan import Solver

SOLVERS: dict[str, Solver] = {}
