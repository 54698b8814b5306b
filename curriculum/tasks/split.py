"""Which of the 144 families are trained on (107) and which are held out (37): drawn once, published as a file.

The paper's own split is not public, so this one is ours: random, with the same share of each source, and with
families that ask the same thing under two names (or in three sizes) on one side, so that a held-out family is new.
"""

import functools
import json
import random
from pathlib import Path

from curriculum.tasks.config import SourceName

SPLIT_FILE = Path(__file__).parent / "split_107_37.json"
SPLIT_VERSION = 2
"""Counts the draws that were published: a run folder made with another one is refused, since its sides are others."""
SPLIT_SEED = 144
NUM_HELD_OUT: dict[SourceName, int] = {"symbench": 8, "bbh": 7, "reasoning_gym": 22}
"""Held-out families per source: 37 in proportion to 33, 27 and 84."""

ALIKE: tuple[tuple[str, ...], ...] = (
    # One program answers all of them: evaluate the expression.
    (
        "chain_sum",
        "decimal_chain_sum",
        "basic_arithmetic",
        "decimal_arithmetic",
        "multistep_arithmetic_two",
        "products",
        "number_multiply",
    ),
    # One rule judges all of them right.
    ("game24", "countdown", "combinatorial_calculation"),
    ("synthesis_decomposition", "string_splitting", "string_synthesis"),
    ("simple_integration", "intermediate_integration"),
    # The same question in other sizes, or for another answer of the same computation.
    ("gcd", "lcm"),
    ("simple_equations", "polynomial_equations"),
    (
        "logical_deduction_three_objects",
        "logical_deduction_five_objects",
        "logical_deduction_seven_objects",
        "permutations_and_combinations",
    ),
    (
        "tracking_shuffled_objects_three_objects",
        "tracking_shuffled_objects_five_objects",
        "tracking_shuffled_objects_seven_objects",
    ),
    ("word_sorting", "bbh_word_sorting", "number_sorting"),
    ("standard_sudoku", "mini_sudoku"),
    ("pooling", "pool_matrix"),
    ("letters", "letter_counting"),
    ("matrix_transformation", "rotate_matrix", "manipulate_matrix"),
    ("maze", "shortest_path"),
    # The same kind of problem from two sources.
    ("gsm_hard", "gsm_symbolic"),
    ("math_counting_and_probability", "dice"),
    ("math_geometry", "simple_geometry", "advanced_geometry"),
    ("knights_knaves", "web_of_lies"),
    ("syllogism", "formal_fallacies"),
    ("calendar_arithmetic", "date_understanding"),
)
"""Families that stay on one side."""

TRAINED = ("game24", "countdown")
"""Families that the draw may not hold out: the paper's Figure 3d trains on Game24."""


def drawn_held_out(source_of: dict[str, SourceName], seed: int = SPLIT_SEED) -> list[str]:
    """Held-out families, sorted: the first draw, from `seed` on, that fills every source's number exactly.

    Args:
        source_of: Source of each family.
        seed: Of the draw.
    """
    alone = [(name,) for name in sorted(source_of) if not any(name in group for group in ALIKE)]
    groups = [group for group in (*ALIKE, *alone) if not set(group) & set(TRAINED)]
    rng = random.Random(seed)
    while True:
        rng.shuffle(groups)
        left = dict(NUM_HELD_OUT)
        chosen: list[str] = []
        for group in groups:
            needed = {source: sum(source_of[name] == source for name in group) for source in left}
            if all(needed[source] <= left[source] for source in left):
                left = {source: left[source] - needed[source] for source in left}
                chosen += group
        if not any(left.values()):
            return sorted(chosen)


@functools.cache
def held_out_families() -> frozenset[str]:
    """Families that are never trained on, as published."""
    return frozenset(json.loads(SPLIT_FILE.read_text(encoding="utf-8"))["test"])
