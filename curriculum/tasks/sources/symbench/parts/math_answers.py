r"""What the two MATH families share: published rows, the wording of the answer's form, LaTeX of exact values, judging.

The published data itself is not part of the project: `item_from_row` reads it where it is at hand, and generated items
are procedural stand-ins of the same kind, marked `"stand_in": true` in their facts.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

from curriculum.tasks.family import Item
from curriculum.tasks.normalisers.latex import is_as_finished, same_formula

_FORM = (
    "Give the exact answer between <<< and >>>: one number, fraction, formula in roots or pi, or ordered pair, in "
    "LaTeX or plain spelling, without units. Work it out fully: no sums or products of plain numbers, powers, "
    "factorials or binomials may be left in it. Round it only if the problem asks for that."
)


class Drawn(NamedTuple):
    """One stand-in problem, with the numbers in it under their names."""

    problem: str
    answer: str
    values: dict[str, Any]


Template = Callable[[Random, int], Drawn]
"""Makes a problem from a generator and the size of its numbers."""


def stand_in(rng: Random, templates: Sequence[Template], size: int) -> Item:
    """An item from one of the templates; its facts name the template and its numbers."""
    template = rng.choice(templates)
    drawn = template(rng, size)
    facts = {"stand_in": True, "template": template.__name__.strip("_"), "values": drawn.values}
    return Item(question=_question(drawn.problem), answer=drawn.answer, facts=facts)


def item_from_row(row: dict[str, Any]) -> Item:
    """The item in a published row, whose answer is what its solution boxes last.

    Raises:
        ValueError: If the solution boxes nothing.
    """
    return Item(question=_question(str(row["problem"])), answer=boxed(str(row["solution"])))


def is_right_formula(facts: dict[str, Any], answer: str) -> bool:
    """Whether the answer equals the reference and is worked out as far."""
    gold = facts["answer"]
    return gold is not None and same_formula(answer, gold) and is_as_finished(answer, gold)


def boxed(solution: str) -> str:
    r"""What the last `\boxed{...}` of a solution holds, braces balanced.

    Raises:
        ValueError: If there is none.
    """
    command = r"\boxed{"
    start = solution.rfind(command)
    opening, depth = start + len(command) - 1, 0
    for index in range(opening, len(solution)) if start >= 0 else ():
        depth += (solution[index] == "{") - (solution[index] == "}")
        if depth == 0:
            return solution[opening + 1 : index].strip()
    raise ValueError(r"rule 'the solution ends in \boxed{answer}' is broken: no closed \boxed{...} in it")


def fraction_text(value: Fraction, symbol: str = "") -> str:
    r"""`3`, `-\frac{1}{2}`, and with a symbol `16\pi` or `\frac{3\sqrt{2}}{2}`."""
    sign, top = ("-" if value < 0 else ""), str(abs(value.numerator))
    top = symbol if symbol and top == "1" else top + (symbol if value else "")
    return sign + (top if value.denominator == 1 else rf"\frac{{{top}}}{{{value.denominator}}}")


def root_text(square: Fraction, symbol: str = "") -> str:
    r"""The root of a number in lowest terms, times a symbol: `\frac{3\sqrt{2}}{2}` for 9/2."""
    top, bottom = _square_part(square.numerator), _square_part(square.denominator)
    radicand = square.numerator // top**2 * (square.denominator // bottom**2)
    outside = Fraction(top, square.denominator // bottom)
    return fraction_text(outside, (rf"\sqrt{{{radicand}}}" if radicand > 1 else "") + symbol)


def _square_part(number: int) -> int:
    """The largest whole number whose square divides the number."""
    part, rest, divisor = 1, number, 2
    while divisor**3 <= rest:  # what is left then has at most two prime factors
        while rest % divisor**2 == 0:
            part, rest = part * divisor, rest // divisor**2
        while rest % divisor == 0:
            rest //= divisor
        divisor += 1
    last = math.isqrt(rest)
    return part * last if last**2 == rest else part


def _question(problem: str) -> str:
    return f"{problem}\n\n{_FORM}"
