"""Arithmetic expressions: models' spellings are read exactly, and random expressions have their target."""

import random
from fractions import Fraction

import pytest

from curriculum.tasks.sources.symbench.parts.arithmetic_expressions import (
    expression_in,
    joined,
    number_expression,
    random_expression,
    value_and_numbers,
)


@pytest.mark.parametrize(
    "answer",
    [
        "(1+2)*8",
        " ( 1 + 2 ) * 8 = 24",
        "(1+2)*8=24.",
        "(1 + 2) \u00d7 8",
        r"$\left(1+2\right)\times 8$",
        "`(1+2)*8`",
    ],
)
def test_one_expression_in_many_spellings(answer: str) -> None:
    assert value_and_numbers(expression_in(answer, 24)) == (24, [1, 2, 8])


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "(1+2)*8 = 25",
            "24 = (1+2)*8",
            "(1+2)*8 = 24 = 24",
            "12*2 or 24",
            "1_2*2",
            "0x18",
            "24 # right",
            "2**3",
        ),
        *(
            "48//2",
            "1.5*16",
            "24 24",
            "(24",
            "\u0662\u0664",
            "[24]",
            "x",
            "",
            "24;24",
            "24, 24",
            "24\\\n+0",
            "7%4",
        ),
    ],
)
def test_anything_else_is_refused(answer: str) -> None:
    with pytest.raises(ValueError, match=r"expression|allowed|24"):
        value_and_numbers(expression_in(answer, 24))


def test_division_is_exact() -> None:
    assert value_and_numbers("8 / (3 - 8 / 3)")[0] == 24
    assert value_and_numbers("1 / 3 + 1 / 3 + 1 / 3 - 7 / 10") == (Fraction(3, 10), [1, 3, 1, 3, 1, 3, 7, 10])
    with pytest.raises(ZeroDivisionError):
        value_and_numbers("24 / (3 - 3)")


@pytest.mark.parametrize("text", ["-" * 1499 + "1", "(" * 700 + "1" + ")" * 700, "1+" * 750, "1" * 1501])
def test_deep_and_long_expressions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expression"):
        value_and_numbers(text)


def test_eighty_numbers_are_read() -> None:
    assert value_and_numbers(" + ".join(["11"] * 80)) == (880, [11] * 80)
    assert value_and_numbers("(11 + " * 79 + "11" + ")" * 79)[0] == 880


def test_brackets_stand_where_they_are_needed() -> None:
    one, two, three = (number_expression(n) for n in (1, 2, 3))
    assert joined(joined(one, "+", two), "*", three).text == "(1 + 2) * 3"
    assert joined(three, "-", joined(one, "-", two)).text == "3 - (1 - 2)"
    assert joined(joined(three, "-", one), "-", two).text == "3 - 1 - 2"
    assert joined(three, "/", joined(one, "*", two)).text == "3 / (1 * 2)"
    assert joined(joined(three, "*", one), "+", two).numbers == [3, 1, 2]


@pytest.mark.parametrize(("count", "largest"), [(2, 13), (3, 9), (4, 13), (8, 50), (30, 20), (80, 100)])
def test_random_expressions_have_their_target(count: int, largest: int) -> None:
    for seed in range(30):
        target, found = random_expression(
            random.Random(seed), (24, 200), num_numbers=count, max_number=largest
        )
        assert value_and_numbers(found.text) == (target, found.numbers)
        assert len(found.numbers) == count
        assert 1 <= min(found.numbers) <= max(found.numbers) <= largest


def test_targets_out_of_reach_are_refused() -> None:
    with pytest.raises(ValueError, match="max_number"):
        random_expression(random.Random(1), (500, 500), num_numbers=2, max_number=9)
