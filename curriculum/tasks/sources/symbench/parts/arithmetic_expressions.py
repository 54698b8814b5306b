"""Arithmetic expressions with a given value: random ones, the search for one, and the reading of a model's.

For game24 and combinatorial_calculation.
"""

import random
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from curriculum.tasks.normalisers.safe_arithmetic import expression_value
from curriculum.tasks.normalisers.wrapping import unwrapped

_MAX_LENGTH = 1_500
"""Characters of an answer; one of eighty numbers has some five hundred."""
_DRAWS = 3_000
_DRAWS_PER_TARGET = 10
_TRIES, _MAX_TRIED_AGAIN = 6, 4
_FRACTION_CHANCE = 0.1
_SPELLINGS = (
    *((r"\times", "*"), (r"\cdot", "*"), (r"\div", "/"), (r"\left", ""), (r"\right", "")),
    *(("\u00d7", "*"), ("\u00b7", "*"), ("\u22c5", "*"), ("\u00f7", "/")),
)
_EXPRESSION = re.compile(r"[0-9+\-*/() ]+")
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}


class Expression(NamedTuple):
    """An expression's text, what binds its parts together (3 for a number), and its numbers in order."""

    text: str
    precedence: int
    numbers: list[int]


def expression_in(answer: str, target: int) -> str:
    """A model's expression in Python's spelling, single spaces at most; `= target` may follow it and is left out.

    Raises:
        ValueError: If there is anything but digits, + - * / and round brackets.
    """
    text = unwrapped(answer)
    for spelling, operator in _SPELLINGS:
        text = text.replace(spelling, operator)
    left, equals, right = text.partition("=")
    if equals and right.strip() != str(target):
        raise ValueError("an expression may be followed by = and the target only")
    left = " ".join(left.split())
    if not _EXPRESSION.fullmatch(left):
        raise ValueError("an expression has whole numbers, + - * / and brackets only")
    return left


def value_and_numbers(expression: str) -> tuple[Fraction, list[int]]:
    """Exact value of an expression, and the numbers in it in order.

    Raises:
        ValueError: If it is no expression, or one longer than any honest answer.
        ZeroDivisionError: If it divides by zero.
    """
    value, numbers = expression_value(expression, max_length=_MAX_LENGTH)
    return value, list(numbers)


def random_expression(
    rng: random.Random, targets: tuple[int, int], *, num_numbers: int, max_number: int
) -> tuple[int, Expression]:
    """A target between two bounds, and an expression of numbers from 1 to `max_number` that has it as its value.

    Raises:
        ValueError: If none is found in a few thousand draws.
    """
    target = 0
    for draw in range(_DRAWS):
        if draw % _DRAWS_PER_TARGET == 0:
            target = rng.randint(*targets)
        found = _random_part(rng, Fraction(target), num_numbers, max_number)
        if found is not None:
            return target, found
    raise ValueError(
        f"num_numbers, max_number: no expression of {num_numbers} numbers up to {max_number} for a target from "
        f"{targets[0]} to {targets[1]} in {_DRAWS} draws"
    )


def joined(left: Expression, operator: str, right: Expression) -> Expression:
    """Two expressions as one, with brackets where they are needed."""
    precedence = _PRECEDENCE[operator]
    left_text = left.text if left.precedence >= precedence else f"({left.text})"
    right_text = right.text if right.precedence > precedence else f"({right.text})"
    return Expression(f"{left_text} {operator} {right_text}", precedence, left.numbers + right.numbers)


def number_expression(number: int) -> Expression:
    """A number as an expression."""
    return Expression(str(number), 3, [number])


def _random_part(rng: random.Random, value: Fraction, count: int, largest: int) -> Expression | None:
    """A random expression of so many numbers for a value, built from the value downwards; None if it went wrong."""
    if count == 1:
        return number_expression(int(value)) if value.denominator == 1 and 1 <= value <= largest else None
    if count == 2:
        return _random_pair(rng, value, largest)
    # Small parts are tried again: in an expression of many numbers one of them would go wrong almost surely.
    for _ in range(_TRIES if count <= _MAX_TRIED_AGAIN else 1):
        num_known = rng.randint(1, count // 2)
        known = rng.randint(1, largest if num_known == 1 else 2 * largest)
        splits = [
            split
            for split in _splits(value, known)
            if _is_promising(rng, split[0], value, count - num_known, largest)
        ]
        if not splits:
            continue
        other, operator, is_known_first = rng.choice(splits)
        part = _random_part(rng, Fraction(known), num_known, largest)
        rest = part and _random_part(rng, other, count - num_known, largest)
        if part is not None and rest is not None:
            return joined(part, operator, rest) if is_known_first else joined(rest, operator, part)
    return None


def _random_pair(rng: random.Random, value: Fraction, largest: int) -> Expression | None:
    """Two numbers for a value, by an operator that can do it."""
    top, bottom = value.numerator, value.denominator
    multiples = range(1, largest // max(top, bottom) + 1)
    pairs = {"/": [(top * k, bottom * k) for k in multiples]}
    if bottom == 1:
        numbers = range(1, largest + 1)
        pairs["+"] = [(a, top - a) for a in range(max(1, top - largest), min(largest, top - 1) + 1)]
        pairs["-"] = [(top + b, b) for b in range(1, largest - top + 1)]
        pairs["*"] = [(a, top // a) for a in numbers if top % a == 0 and top // a <= largest]
    operators = [operator for operator in "+-*/" if pairs.get(operator)]
    if not operators:
        return None
    operator = rng.choice(operators)
    first, second = rng.choice(pairs[operator])
    return joined(number_expression(first), operator, number_expression(second))


def _splits(value: Fraction, known: int) -> Iterable[tuple[Fraction, str, bool]]:
    """The other part, the operator, and whether the known part stands first."""
    yield value - known, "+", True
    yield value - known, "+", False
    yield known - value, "-", True
    yield value + known, "-", False
    yield value / known, "*", True
    yield value / known, "*", False
    yield known / value, "/", True
    yield value * known, "/", False


def _is_promising(rng: random.Random, value: Fraction, whole: Fraction, count: int, largest: int) -> bool:
    """Whether so many numbers can be expected to give a part's value; fractions now and then only."""
    if value <= 0 or (count == 1 and (value.denominator > 1 or value > largest)):
        return False
    if value.denominator > 1:
        return max(value.numerator, value.denominator) <= largest and rng.random() < _FRACTION_CHANCE
    # Values do not grow beyond what two numbers give for sure: they would not come down again.
    return value <= max(2 * largest, int(whole)) and (count > 2 or value <= largest * largest)
