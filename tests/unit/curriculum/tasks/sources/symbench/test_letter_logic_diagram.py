"""Squares of letters: rows, columns, the minor diagonal and the given letters are all checked."""

import itertools
import random

import pytest

from curriculum.tasks.sources.symbench.letter_logic_diagram import FAMILY

# Rows are shifts of abcd to the left by 0 to 3, so d stands in columns 3, 2, 1, 0: all along the minor diagonal.
SQUARE = ["abcd", "bcda", "cdab", "dabc"]
GIVENS = [["a", "", "", ""], ["", "", "d", ""], ["", "", "", "b"], ["", "", "", ""]]
FACTS = {"givens": GIVENS}


def lines(square: list[str], between: str = ",") -> str:
    return "\n".join(between.join(row) for row in square)


@pytest.mark.parametrize(
    "answer",
    [
        lines(SQUARE),
        lines(SQUARE, ", "),
        lines(SQUARE, " "),
        lines(SQUARE, ""),
        lines(SQUARE).upper(),
        str([list(row) for row in SQUARE]),
        str(list("".join(SQUARE))),
        "[[a,b,c,d],[b,c,d,a],[c,d,a,b],[d,a,b,c]]",
        f"\n{lines(SQUARE)}\n",
    ],
)
def test_the_same_square_is_right_in_every_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


def test_any_square_that_obeys_the_rules_is_right() -> None:
    nothing = {"givens": [[""] * 4] * 4}
    assert FAMILY.is_right(
        nothing, lines(["bacd", "acdb", "cdba", "dbac"])
    )  # d d d d from the top right corner


def obeys(square: list[str]) -> bool:
    columns = ["".join(column) for column in zip(*square, strict=True)]
    return (
        all("".join(sorted(line)) == "abcd" for line in [*square, *columns])
        and len({square[0][3], square[1][2], square[2][1], square[3][0]}) == 1
    )


def test_of_all_squares_of_rows_with_each_letter_once_those_pass_that_obey_the_rules() -> None:
    nothing = {"givens": [[""] * 4] * 4}
    rows = ["".join(row) for row in itertools.permutations("abcd")]
    squares = [["abcd", *rest] for rest in itertools.product(rows, repeat=3)]
    passed = [square for square in squares if obeys(square)]
    assert passed
    assert all(FAMILY.is_right(nothing, lines(square)) for square in passed)
    assert not any(FAMILY.is_right(nothing, lines(square)) for square in squares[::13] if not obeys(square))


def test_a_changed_given_a_repeat_and_a_missing_row_are_wrong() -> None:
    assert not FAMILY.is_right({"givens": [["b", "", "", ""], *GIVENS[1:]]}, lines(SQUARE))
    assert not FAMILY.is_right(FACTS, lines(["abcd", "bcda", "cdab", "dabb"]))
    assert not FAMILY.is_right(FACTS, lines(SQUARE[:3]))
    assert not FAMILY.is_right(FACTS, lines([*SQUARE, "abcd"]))


def test_a_latin_square_with_a_mixed_minor_diagonal_is_wrong() -> None:
    mixed = ["abcd", "badc", "cdab", "dcba"]  # minor diagonal d d d d; with its inner rows swapped d a a d
    swapped = [mixed[0], mixed[2], mixed[1], mixed[3]]
    nothing = {"givens": [[""] * 4] * 4}
    assert FAMILY.is_right(nothing, lines(mixed))
    assert not FAMILY.is_right(nothing, lines(swapped))


def test_settings_say_how_large_the_square_is_and_how_much_of_it_is_shown() -> None:
    item = FAMILY.generate(random.Random(2), size=6, num_given=10)
    assert len(item.facts["givens"]) == 6
    assert sum(bool(letter) for row in item.facts["givens"] for letter in row) == 10
    for wrong in ({"size": 10, "num_given": 5}, {"size": 5, "num_given": 25}):
        with pytest.raises(ValueError, match=r"size is 10|num_given is 25"):
            FAMILY.generate(random.Random(2), **wrong)
