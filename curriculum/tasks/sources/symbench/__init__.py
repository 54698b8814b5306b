"""SymBench's 33 families, written afresh: generators that give solvable items only, and checkers that verify.

Each family is a class in a module of its own (`FAMILY_MODULES`), loaded at first use. Besides the methods of
`TaskFamily` it reads the published items (`from_published`), so that those can be used as they are.
"""

import functools
import importlib
from typing import Any, Protocol

from curriculum.tasks.config import SourceName
from curriculum.tasks.family import Item, TaskFamily

SOURCE: SourceName = "symbench"

_NAMES = """
blocksworld boxlift boxnet combinatorial_calculation constrained_linear_arrangement cryptanalysis eight_queens game24
gsm_hard letter_logic_diagram letters light_puzzles logic_puzzle logical_equation mahjong_pattern
math_counting_and_probability math_geometry matrix_transformation new_operator number_multiply path_plan
pattern_recognition permutations_and_combinations pooling reversi standard_sudoku statistical_counting
string_deletion_and_modification string_insertion string_splitting string_synthesis synthesis_decomposition
"""
FAMILY_MODULES: dict[str, str] = {"2048": "game_2048", **{name: name for name in _NAMES.split()}}
"""Module of each family, by the family's name. Each module has its family as `FAMILY`."""

STAND_INS = frozenset({"gsm_hard", "math_geometry", "math_counting_and_probability"})
"""Families whose published items are problems of other data sets: what is generated here only resembles them."""


class SymBenchFamily(TaskFamily, Protocol):
    """A family that can also read the items that SymBench's authors published."""

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file.

        Raises:
            ValueError: If no answer satisfies the item's own rule; says which rule.
        """
        ...


@functools.cache
def family(name: str) -> SymBenchFamily:
    """The family of this name.

    Raises:
        ValueError: If there is none.
    """
    if name not in FAMILY_MODULES:
        raise ValueError(f"SymBench has no family {name!r}: it has {', '.join(FAMILY_MODULES)}")
    module = importlib.import_module(f"curriculum.tasks.sources.symbench.{FAMILY_MODULES[name]}")
    found: SymBenchFamily = module.FAMILY
    return found


def checker_of(name: str) -> str:
    """The name under which tasks of a family find its checker again."""
    return f"{SOURCE}/{name}"
