"""Number multiply: the exact product of a few whole numbers, some of them negative and up to 20 digits long."""

import random
from math import prod
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import integer
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between


class NumberMultiply:
    """Products of signed whole numbers."""

    name = "number_multiply"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = (
        {"digits": [2, 2]},
        {"digits": [1, 2, 2, 4]},
        {"digits": [5, 5, 5]},
        {"digits": [10, 10]},
        {"digits": [15, 20, 20]},
        {"digits": [20, 20, 20, 20]},
    )

    def generate(self, rng: random.Random, *, digits: list[int]) -> Item:
        """An item with random factors.

        Args:
            rng: Source of all randomness.
            digits: Digits of each factor.
        """
        require_between("digits: number of factors", len(digits), 2, 10)
        for number in digits:
            require_between("digits", number, 1, 100)
        factors = [
            rng.choice((-1, 1)) * rng.randint(max(2, 10 ** (number - 1)), 10**number - 1) for number in digits
        ]
        return Item(
            question=_question(factors),
            answer=str(prod(factors)),
            facts={"values": factors},
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the product."""
        product: int = prod(facts["values"])
        return integer(answer) == product

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        return Item(
            question=row["question"],
            answer=str(prod(row["values"])),
            facts={"values": row["values"]},
        )


def _question(factors: list[int]) -> str:
    terms = " * ".join(str(factor) if factor >= 0 else f"({factor})" for factor in factors)
    return f"""Work out this product exactly, to the last digit:

{terms}

Answer with the whole number, and a minus sign in front if it is negative, as <<<number>>>."""


FAMILY = NumberMultiply()
