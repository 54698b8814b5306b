"""Combinatorial calculation: put + - * / and brackets between numbers in the order given, so that a target comes out.

The original compares the numbers sorted, so that another order passes, and evaluates the answer as Python. Here the
order is checked and neighbouring digits stay numbers of their own.
"""

import random
import re
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers.wrapping import unwrapped
from curriculum.tasks.sources.symbench.parts.arithmetic_expressions import (
    expression_in,
    random_expression,
    value_and_numbers,
)
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_LEAST_TARGET = 5
_SIGN = re.compile(r"(?:^|[-+*/(]) ?[-+]")
"""A sign of a number or bracket: what stands there is not between two numbers."""


class CombinatorialCalculation:
    """Numbers in order, operators to insert."""

    name = "combinatorial_calculation"
    capability: Capability = "search"
    levels: tuple[dict[str, Any], ...] = (
        {"num_numbers": 3, "max_number": 9, "max_target": 20},
        {"num_numbers": 4, "max_number": 9, "max_target": 40},
        {"num_numbers": 5, "max_number": 9, "max_target": 80},
        {"num_numbers": 6, "max_number": 12, "max_target": 150},
        {"num_numbers": 8, "max_number": 20, "max_target": 500},
    )

    def generate(self, rng: random.Random, *, num_numbers: int, max_number: int, max_target: int) -> Item:
        """An item made from a random expression.

        Args:
            rng: Source of all randomness.
            num_numbers: Numbers to use.
            max_number: The greatest of them is at most this.
            max_target: The target is at most this.
        """
        require_between("num_numbers", num_numbers, 2, 40)
        require_between("max_number", max_number, 5, 100)
        require_between("max_target", max_target, _LEAST_TARGET, 1000)
        target, expression = random_expression(
            rng, (_LEAST_TARGET, max_target), num_numbers=num_numbers, max_number=max_number
        )
        return Item(
            question=_question(expression.numbers, target),
            answer=expression.text,
            facts={"numbers": expression.numbers, "target": target},
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is an expression, or a list of its tokens, with these numbers in this order."""
        expression = expression_in(_tokens_apart(answer), facts["target"])
        if _SIGN.search(expression):
            return False
        value, numbers = value_and_numbers(expression)
        is_target: bool = value == facts["target"]
        return is_target and numbers == facts["numbers"]

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        solution = row["solution"]
        return Item(
            question=row["question"],
            answer=f"[{', '.join(solution['solution'])}]",
            facts={"numbers": solution["numbers"], "target": solution["target"]},
        )


def _tokens_apart(answer: str) -> str:
    """A list of tokens as an expression. Numbers stay apart: `6, 9` becomes `6 9`, which is none."""
    text = unwrapped(answer)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    return re.sub("[,\"']", " ", text)


def _question(numbers: list[int], target: int) -> str:
    return f"""Here are {len(numbers)} numbers in a row: {" ".join(str(number) for number in numbers)}

Make the row an expression with the value {target}: put one of the operators + - * / between every two neighbours, and \
brackets wherever you like. The numbers keep their order, each of them is used once, and none of them may be joined \
with its neighbour to a longer number or get a sign of its own. The usual precedence holds: * and / come before + \
and -, and operators of the same rank are worked out from left to right. Division is exact, so that 7 / 2 is 3.5.

Answer with the expression as <<<expression>>>, spelled like this one for other numbers: (3 + 4) * 2 - 1."""


FAMILY = CombinatorialCalculation()
