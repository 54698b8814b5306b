"""String synthesis: counts follow from the first possible rule at each step; counts of two digits are told apart."""

import random

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.string_synthesis import FAMILY

NAMES = [f"{o}{letter}{c}" for o, c in ("[]", "{}", "()") for letter in "ABC"]
FACTS = {
    "start": {"[A]": 13, "[B]": 2, "[C]": 3},
    "methods": [
        {"takes": {"[A]": 1, "[B]": 1}, "gives": {"{C}": 1}},
        {"takes": {"[C]": 2}, "gives": {"{C}": 1}},
        {"takes": {"{C}": 3}, "gives": {"(A)": 1, "(B)": 1}},
    ],
    "names": NAMES,
}
# 2 times rule 1: [A] 11, [B] 0, {C} 2; rule 2: [C] 1, {C} 3; rule 3: (A) 1, (B) 1.
RIGHT = "11 0 1 0 0 0 1 1 0"


def test_the_counts_pass_in_other_spellings() -> None:
    spellings = (
        RIGHT,
        RIGHT.replace(" ", ","),
        RIGHT.replace(" ", ", "),
        f"[{RIGHT.replace(' ', ', ')}]",
        f"({RIGHT})",
        f'"{RIGHT}"',
    )
    assert all(FAMILY.is_right(FACTS, spelling) for spelling in spellings)


def test_counts_of_two_digits_are_not_read_as_two_counts() -> None:
    """The original joins the digits: 11 0 and 1 10 are one to it."""
    assert not any(
        FAMILY.is_right(FACTS, wrong)
        for wrong in (
            "1 10 1 0 0 0 1 1 0",
            "1101000110",
            "110100011",
            "1 1 0 1 0 0 0 1 1 0",
            "110 1 0 0 0 1 1 0",
        )
    )


def test_nine_digits_without_spaces_are_nine_counts() -> None:
    facts = {**FACTS, "start": {"[A]": 3, "[B]": 2, "[C]": 3}}  # [A] 3 - 2 = 1, the rest as above
    assert FAMILY.is_right(facts, "101000110")
    assert FAMILY.is_right(facts, "[1, 0, 1, 0, 0, 0, 1, 1, 0]")
    assert not FAMILY.is_right(facts, "10100011")
    assert not FAMILY.is_right(facts, "1010001100")


def test_other_counts_fail() -> None:
    right = [int(count) for count in RIGHT.split()]
    for place in range(9):
        wrong = [*right[:place], right[place] + 1, *right[place + 1 :]]
        assert not FAMILY.is_right(FACTS, str(wrong))
    assert not FAMILY.is_right(FACTS, str(right[:-1]))
    assert not FAMILY.is_right(FACTS, str(right[::-1]))


def test_published_answers_follow_from_the_published_rules() -> None:
    for row in published_rows("string_synthesis"):
        item = FAMILY.from_published(row)
        assert len(item.facts["methods"]) == 6
        assert f"<<<{item.answer}>>>" == row["solution"]["solution_string"]


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    small, large = (FAMILY.generate(random.Random(1), **FAMILY.levels[n]) for n in (0, -1))
    assert (len(small.facts["names"]), len(large.facts["names"])) == (6, 15)
    with pytest.raises(ValueError, match="num_rules"):
        FAMILY.generate(random.Random(1), num_letters=3, num_rules=0, max_count=3)
