"""Game 24: combine numbers, each exactly once, with + - * / and brackets to a target.

The published items have no question and no solution, and some of those for 24 cannot be solved: a search tells.
"""

import random
from fractions import Fraction
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.sources.symbench.parts.arithmetic_expressions import (
    Expression,
    expression_in,
    joined,
    number_expression,
    random_expression,
    value_and_numbers,
)
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_TARGET = 24
_MAX_SEARCHED = 6
"""Numbers; with more of them, a solution is all but certain and the search too long."""
_MAX_STATES = 2_000


class Game24:
    """Numbers in any order to a target."""

    name = "game24"
    capability: Capability = "search"
    levels: tuple[dict[str, Any], ...] = (
        {"num_numbers": 3, "max_number": 13, "max_target": 24},
        {"num_numbers": 4, "max_number": 13, "max_target": 24},
        {"num_numbers": 5, "max_number": 13, "max_target": 100},
        {"num_numbers": 6, "max_number": 25, "max_target": 300},
        {"num_numbers": 8, "max_number": 50, "max_target": 999},
        {"num_numbers": 20, "max_number": 50, "max_target": 100},
        {"num_numbers": 80, "max_number": 50, "max_target": 100},
    )

    def generate(self, rng: random.Random, *, num_numbers: int, max_number: int, max_target: int) -> Item:
        """An item made from a random expression.

        Args:
            rng: Source of all randomness.
            num_numbers: Numbers to use.
            max_number: The greatest of them is at most this.
            max_target: The target lies between 24 and this.
        """
        require_between("num_numbers", num_numbers, 2, 80)
        require_between("max_number", max_number, 8, 100)
        require_between("max_target", max_target, _TARGET, 1000)
        target, expression = random_expression(
            rng, (_TARGET, max_target), num_numbers=num_numbers, max_number=max_number
        )
        return _item(rng.sample(expression.numbers, num_numbers), target, expression.text)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is an expression of just these numbers with the target as its value."""
        value, numbers = value_and_numbers(expression_in(answer, facts["target"]))
        is_target: bool = value == facts["target"]
        return is_target and sorted(numbers) == sorted(facts["numbers"])

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file, with a solution where a short search finds one."""
        numbers, target = row["numbers"], row["target"]
        if len(numbers) > _MAX_SEARCHED:
            return _item(numbers, target, None)
        search = _Search(target)
        solution = search.solution([(Fraction(number), number_expression(number)) for number in numbers])
        if solution is None and not search.is_cut_short:
            raise ValueError(f"no expression of {numbers}, each used once, has the value {target}")
        return _item(numbers, target, solution)


class _Search:
    """Replaces two numbers by a result of theirs until one is left, and remembers what led nowhere."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._seen: set[tuple[Fraction, ...]] = set()

    @property
    def is_cut_short(self) -> bool:
        """Whether too much was tried for a failure to mean that there is no solution."""
        return len(self._seen) >= _MAX_STATES

    def solution(self, parts: list[tuple[Fraction, Expression]]) -> str | None:
        if len(parts) == 1:
            return parts[0][1].text if parts[0][0] == self._target else None
        state = tuple(sorted(value for value, _ in parts))
        if self.is_cut_short or state in self._seen:
            return None
        self._seen.add(state)
        for i, left in enumerate(parts):
            for j, right in enumerate(parts):
                if i == j:
                    continue
                others = [part for place, part in enumerate(parts) if place not in (i, j)]
                for result in _results(left, right, in_order=i < j):
                    found = self.solution([*others, result])
                    if found is not None:
                        return found
        return None


def _results(
    left: tuple[Fraction, Expression], right: tuple[Fraction, Expression], *, in_order: bool
) -> list[tuple[Fraction, Expression]]:
    (a, first), (b, second) = left, right
    results = [(a - b, joined(first, "-", second))]
    if b:
        results.append((a / b, joined(first, "/", second)))
    if in_order:
        results += [(a + b, joined(first, "+", second)), (a * b, joined(first, "*", second))]
    return results


def _item(numbers: list[int], target: int, solution: str | None) -> Item:
    return Item(
        question=_question(numbers, target),
        answer=solution,
        facts={"numbers": numbers, "target": target},
    )


def _question(numbers: list[int], target: int) -> str:
    return f"""Write an expression with the value {target} that uses each of these {len(numbers)} numbers exactly \
once, and no other number:

{", ".join(str(number) for number in numbers)}

A number that is in the list twice is used twice. The numbers may come in any order. Allowed are the operators \
+ - * / and round brackets; division is exact, so that 7 / 2 is 3.5. Numbers may not be joined to longer ones.

Answer with the expression as <<<expression>>>; (1 + 2) * 3, for other numbers, shows the spelling."""


FAMILY = Game24()
