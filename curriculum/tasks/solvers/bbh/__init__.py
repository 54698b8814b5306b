"""Solvers of BIG-Bench Hard's families."""

from curriculum.tasks.solvers.bbh import computed, objects, options
from curriculum.tasks.solvers.plan import Solver

SOLVERS: dict[str, Solver] = {**computed.SOLVERS, **objects.SOLVERS, **options.SOLVERS}

WORDS: dict[str, Solver] = {}
