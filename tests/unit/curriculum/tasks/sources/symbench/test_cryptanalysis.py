"""Passwords are judged by replaying the feedback; generated items leave one password."""

import itertools
import random
import string
from typing import Any

import pytest

from curriculum.tasks.family import Item
from curriculum.tasks.sources.symbench.cryptanalysis import FAMILY

# Password 53FA. Guess 38TA: 3 is misplaced, 8 is wrong and above 5 and 3; A is in place, T is wrong and after F and A.
# Guess 19QH: 1 is below both digits and 9 above, so there is no hint; Q and H are after both letters.
GUESSES = [
    {"digits": ["38", [0, 1, 1, "high"]], "letters": ["TA", [1, 0, 1, "high"]]},
    {"digits": ["19", [0, 0, 2, ""]], "letters": ["QH", [0, 0, 2, "high"]]},
    {"digits": ["56", [1, 0, 1, "high"]], "letters": ["EF", [0, 1, 1, ""]]},
]
FACTS = {"num_digits": 2, "num_letters": 2, "has_hints": True, "guesses": GUESSES}


@pytest.mark.parametrize(
    "answer",
    ['["5", "3", "F", "A"]', "5, 3, F, A", "5 3 F A", "53FA", "['5','3','F','A']", "53fa", '"53FA"', "53 FA"],
)
def test_the_same_password_is_right_in_every_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    ["35FA", "53AF", "54FA", "53GA", "53F", "553FA", "5FA3", "FA53", "53FA or 53GA", "53FAA", "33FA", ""],
)
def test_other_passwords_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def fitting_halves(item: Item) -> list[str]:
    """Digits that fit with the right letters, and letters that fit with the right digits: they are judged apart."""
    assert item.answer
    password = "".join(char for char in item.answer if char.isalnum())
    digits, letters = password.rstrip(string.ascii_uppercase), password.lstrip(string.digits)
    tried_digits = ("".join(half) for half in itertools.permutations(string.digits, len(digits)))
    tried_letters = ("".join(half) for half in itertools.permutations(string.ascii_uppercase, len(letters)))
    return [
        *(half for half in tried_digits if FAMILY.is_right(item.facts, half + letters)),
        *(half for half in tried_letters if FAMILY.is_right(item.facts, digits + half)),
    ]


@pytest.mark.parametrize("level", range(5))
def test_only_one_password_fits_a_generated_item(level: int) -> None:
    item = FAMILY.generate(random.Random(level), **FAMILY.levels[level])
    assert len(fitting_halves(item)) == 2  # one of digits and one of letters


def test_feedback_without_hints_shows_none() -> None:
    settings: dict[str, Any] = {"num_digits": 2, "num_letters": 2, "num_spare": 0}
    assert "too" not in FAMILY.generate(random.Random(1), has_hints=False, **settings).question
    assert "too" in FAMILY.generate(random.Random(1), has_hints=True, **settings).question


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    settings = {"num_digits": 2, "num_letters": 2, "has_hints": True, "num_spare": 0}
    few, many = (FAMILY.generate(random.Random(2), **{**settings, "num_spare": spare}) for spare in (0, 5))
    assert len(many.facts["guesses"]) == len(few.facts["guesses"]) + 5
    for wrong in ({"num_digits": 5}, {"num_letters": 1}, {"num_spare": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            FAMILY.generate(random.Random(2), **{**settings, **wrong})


def published(lines: list[str], stored: str) -> dict[str, Any]:
    return {"id": "x", "question": "\n".join(lines), "solution": {"answer": list(stored)}}


LINES = [
    "1. Guess: 38TA, Feedback: one number is correct but in the wrong position; one number is incorrect and too large; "
    "one letter is correct and in the correct position; one letter is incorrect and too late in the alphabet.",
    "2. Guess: 19QH, Feedback: both numbers are incorrect; both letters are incorrect and too late in the alphabet.",
    "3. Guess: 56EF, Feedback: one number is correct and in the correct position; one number is incorrect and too "
    "large; one letter is correct but in the wrong position; one letter is incorrect and incorrect.",
]


def test_published_feedback_is_read_and_incorrect_twice_means_no_hint() -> None:
    assert FAMILY.from_published(published(LINES, "53FA")).facts == FACTS


def test_published_feedback_that_the_stored_password_does_not_give_is_refused() -> None:
    with pytest.raises(ValueError, match="stored password"):
        FAMILY.from_published(published(LINES, "53FB"))
    with pytest.raises(ValueError, match="known kind"):
        FAMILY.from_published(published(["Guess: 12AB, Feedback: warm."], "53FA"))
