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
SPLIT_SEED = 144
NUM_HELD_OUT: dict[SourceName, int] = {"symbench": 8, "bbh": 7, "reasoning_gym": 22}
"""Held-out families per source: 37 in proportion to 33, 27 and 84."""

ALIKE: tuple[tuple[str, ...], ...] = (
    ("word_sorting", "bbh_word_sorting"),
    (
        "logical_deduction_three_objects",
        "logical_deduction_five_objects",
        "logical_deduction_seven_objects",
    ),
    (
        "tracking_shuffled_objects_three_objects",
        "tracking_shuffled_objects_five_objects",
        "tracking_shuffled_objects_seven_objects",
    ),
    ("standard_sudoku", "mini_sudoku"),
    ("pooling", "pool_matrix"),
    ("letters", "letter_counting"),
    ("number_multiply", "products"),
    ("matrix_transformation", "rotate_matrix"),
    ("game24", "countdown"),
    ("basic_arithmetic", "multistep_arithmetic_two"),
    ("gsm_hard", "gsm_symbolic"),
)
"""Families that stay on one side."""


def drawn_held_out(source_of: dict[str, SourceName], seed: int = SPLIT_SEED) -> list[str]:
    """Held-out families, sorted: the first draw, from `seed` on, that fills every source's number exactly.

    Args:
        source_of: Source of each family.
        seed: Of the draw.
    """
    alone = [(name,) for name in sorted(source_of) if not any(name in group for group in ALIKE)]
    groups = [*ALIKE, *alone]
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
