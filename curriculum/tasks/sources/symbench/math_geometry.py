r"""Geometry problems with exact answers, such as `\frac{3\sqrt{2}}{2}` or `16\pi`.

Stand-ins: the published items are problems of the MATH data set, which is not part of the project (`from_published`
reads them where they are at hand). Generated items come from nineteen templates of our own and say so in their facts.
The original asks a language model whether two answers are equal; ours compares exact values.
"""

import random
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.sources.symbench.parts import geometry_templates as templates
from curriculum.tasks.sources.symbench.parts.math_answers import (
    Template,
    is_right_formula,
    item_from_row,
    stand_in,
)
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_TEMPLATES: dict[int, tuple[Template, ...]] = {
    1: (templates.third_angle, templates.rectangle_diagonal, templates.circle_area, templates.trapezoid_area),
    2: (
        templates.equilateral_area,
        templates.cone_volume,
        templates.cylinder_surface,
        templates.triangle_on_grid,
        templates.box_diagonal,
        templates.quarter_turn,
    ),
    3: (
        templates.sector_perimeter,
        templates.hypotenuse_altitude,
        templates.hexagon_area,
        templates.square_minus_circle,
        templates.chord_length,
    ),
    4: (
        templates.triangle_area,
        templates.circumradius,
        templates.distance_to_line,
        templates.frustum_volume,
    ),
}


class MathGeometry:
    """Exact lengths, areas, volumes, angles and points."""

    name = "math_geometry"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = (
        {"tier": 1, "max_length": 20},
        {"tier": 2, "max_length": 20},
        {"tier": 3, "max_length": 30},
        {"tier": 4, "max_length": 30},
        {"tier": 4, "max_length": 120},
    )

    def generate(self, rng: random.Random, *, tier: int = 2, max_length: int = 20) -> Item:
        """A stand-in problem.

        Args:
            rng: Source of all randomness.
            tier: Which templates, 1 (one formula) to 4 (several steps).
            max_length: Largest length in the problem.
        """
        require_between("tier", tier, 1, len(_TEMPLATES))
        require_between("max_length", max_length, 10, 10_000)
        return stand_in(rng, _TEMPLATES[tier], max_length)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer has the exact value of the reference and is worked out."""
        return is_right_formula(facts, answer)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in a published row: keys problem and solution."""
        return item_from_row(row)


FAMILY = MathGeometry()
