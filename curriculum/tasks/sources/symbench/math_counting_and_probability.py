r"""Counting and probability problems with exact answers: whole numbers and fractions.

Stand-ins: the published items are problems of the MATH data set, which is not part of the project (`from_published`
reads them where they are at hand). Generated items come from fourteen templates of our own and say so in their facts.
The original asks a language model whether two answers are equal; ours compares exact values.
"""

import random
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.sources.symbench.parts import counting_templates as templates
from curriculum.tasks.sources.symbench.parts.math_answers import (
    Template,
    is_right_formula,
    item_from_row,
    stand_in,
)
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_TEMPLATES: dict[int, tuple[Template, ...]] = {
    1: (
        templates.committee,
        templates.word_arrangements,
        templates.digit_strings,
        templates.expected_winnings,
    ),
    2: (templates.drawn_colours, templates.coin_flips, templates.multiples, templates.bounded_solutions),
    3: (templates.dice_sum, templates.lattice_paths, templates.round_table),
    4: (templates.fixed_points, templates.power_coefficient, templates.even_product),
}


class MathCountingAndProbability:
    """Exact counts, probabilities and expected values."""

    name = "math_counting_and_probability"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = (
        {"tier": 1, "size": 8},
        {"tier": 2, "size": 8},
        {"tier": 3, "size": 14},
        {"tier": 4, "size": 8},
        {"tier": 4, "size": 16},
    )

    def generate(self, rng: random.Random, *, tier: int = 2, size: int = 8) -> Item:
        """A stand-in problem.

        Args:
            rng: Source of all randomness.
            tier: Which templates, 1 (one formula) to 4 (several cases).
            size: Grows the sets that are counted.
        """
        require_between("tier", tier, 1, len(_TEMPLATES))
        require_between("size", size, 6, 30)
        return stand_in(rng, _TEMPLATES[tier], size)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer has the exact value of the reference and is worked out."""
        return is_right_formula(facts, answer)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in a published row: keys problem and solution."""
        return item_from_row(row)


FAMILY = MathCountingAndProbability()
