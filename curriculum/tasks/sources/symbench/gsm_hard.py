"""Word problems of school arithmetic with big numbers.

Stand-ins: the published items (GSM-Hard) are not part of the project (`from_published` reads them where they are at
hand). Generated items come from twelve templates of our own and say so in their facts.
The original lets a language model pick the number out of the answer and takes anything within 1e-3 of it, so that
9867631 passes for 9867630. Here a whole number must be met exactly; only what is not whole may be rounded: to two
decimals in our own items, to four significant digits in the published ones.
"""

import random
import re
from fractions import Fraction
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import number
from curriculum.tasks.normalisers.agreement import digit, is_same_but_for_floats
from curriculum.tasks.normalisers.wrapping import unwrapped
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between
from curriculum.tasks.sources.symbench.parts.word_problems import TEMPLATES

_SIGNIFICANT_DIGITS = 4
_DOLLAR = re.compile(r"^([-+]?)\s*\\?\$\s*([-+]?)(?=[0-9.])")
_FORM = "Give the number between <<< and >>>, without a unit. If it is not whole, {rounding}."


class GsmHard:
    """A number that a short story with big numbers leads to."""

    name = "gsm_hard"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = (
        {"num_steps": 2, "num_digits": 4},
        {"num_steps": 3, "num_digits": 5},
        {"num_steps": 4, "num_digits": 6},
        {"num_steps": 5, "num_digits": 7},
        {"num_steps": 5, "num_digits": 11},
    )

    def generate(self, rng: random.Random, *, num_steps: int = 3, num_digits: int = 7) -> Item:
        """A stand-in problem.

        Args:
            rng: Source of all randomness.
            num_steps: About how many calculations it takes.
            num_digits: Of the big numbers in it.
        """
        require_between("num_steps", num_steps, min(TEMPLATES), max(TEMPLATES))
        require_between("num_digits", num_digits, 4, 15)
        template = rng.choice(TEMPLATES[num_steps])
        problem = template(rng, num_digits)
        is_whole = problem.answer.denominator == 1
        return Item(
            question=f"{problem.text}\n\n{_FORM.format(rounding='round it to two decimals')}",
            answer=str(problem.answer) if is_whole else f"{_hundredths(problem.answer)}",
            facts={
                "stand_in": True,
                "template": template.__name__,
                "values": problem.values,
                "target": str(problem.answer),
                "tolerance": "0" if is_whole else "1/200",
            },
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer is a number as near to the target as the item asks for."""
        value = number(_DOLLAR.sub(r"\1\2", unwrapped(answer)))
        target = Fraction(facts["target"])
        return value is not None and (
            abs(value - target) <= Fraction(facts["tolerance"]) or is_same_but_for_floats(value, target)
        )

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in a published row: keys input and target. The target is right by definition."""
        target = Fraction(str(row["target"]))
        is_whole = target.denominator == 1
        return Item(
            question=f"{row['input']}\n\n{_FORM.format(rounding='give at least four significant digits')}",
            answer=str(target) if is_whole else str(row["target"]),
            facts={
                "target": str(target),
                "tolerance": "0" if is_whole else str(digit(target, _SIGNIFICANT_DIGITS) / 2),
            },
        )


def _hundredths(value: Fraction) -> str:
    whole, rest = divmod(round(abs(value) * 100), 100)
    return f"{'-' if value < 0 else ''}{whole}.{rest:02}"


FAMILY = GsmHard()
