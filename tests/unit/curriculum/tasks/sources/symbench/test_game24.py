"""Game 24: each number is used exactly once, and published numbers without a solution are refused."""

import random
from contextlib import suppress
from fractions import Fraction
from itertools import combinations, product

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.game24 import FAMILY

FACTS = {"numbers": [3, 3, 8, 8], "target": 24}  # 8 / (3 - 8 / 3) = 8 / (1 / 3) = 24


@pytest.mark.parametrize(
    "answer",
    [
        *("8 / (3 - 8 / 3)", "8/(3-8/3)", "8/(3-8/3) = 24", "(8 / (3 - (8 / 3)))"),
        *("8 \u00f7 (3 \u2212 8 \u00f7 3).", "`8/(3-8/3)=24`"),
    ],
)
def test_the_solution_passes_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "3 * 8",
            "8 * 3 * 8 / 8",
            "8 + 8 + 8",
            "24",
            "3 * 8 + 8 - 8 + 3 - 3",
            "33 - 8 - 8 / 8",
            "8 * 8 / 3 + 3",
        ),
        *(
            "8 / (3 - 8 / 3) = 25",
            "8 / (3 - 8 / 3) or 24",
            "8 / (3 - 8 / 3) + 0",
            "8 // (3 - 8 / 3)",
            "8.0/(3-8/3)",
        ),
        *("8 / (3 - 3) * 8", "23.99999", "[8, /, (, 3, -, 8, /, 3, )]"),
    ],
)
def test_other_numbers_and_values_fail(answer: str) -> None:
    with suppress(ValueError, ZeroDivisionError):  # what is no expression may raise
        assert not FAMILY.is_right(FACTS, answer)


def values_of(numbers: tuple[int, ...]) -> set[Fraction]:
    """Every value of these numbers: all ways to split them in two, and all operators."""
    found = {Fraction(numbers[0])} if len(numbers) == 1 else set()
    for num_left in range(1, len(numbers)):
        for chosen in combinations(range(len(numbers)), num_left):
            left = values_of(tuple(numbers[n] for n in chosen))
            right = values_of(tuple(number for n, number in enumerate(numbers) if n not in chosen))
            for a, b in product(left, right):
                found |= {a + b, a - b, a * b} | ({a / b} if b else set())
    return found


def test_the_search_finds_a_solution_exactly_where_there_is_one() -> None:
    rng = random.Random(5)
    hands = [[rng.randint(1, 13) for _ in range(4)] for _ in range(25)]
    for numbers in (*hands, [3, 3, 8, 8], [1, 1, 1, 1]):
        try:
            item = FAMILY.from_published({"numbers": numbers, "target": 24, "solution": None})
        except ValueError as error:
            assert "has the value 24" in str(error)  # noqa: PT017
            assert 24 not in values_of(tuple(numbers))
        else:
            assert item.answer
            assert FAMILY.is_right(item.facts, item.answer)


def test_many_numbers_come_without_a_solution() -> None:
    item = FAMILY.from_published({"numbers": [2] * 20, "target": 24, "solution": None})
    assert item.answer is None
    # 16 + 4 + 2 + 2 = 24 takes eight of the twenty; six pairs cancel out.
    assert FAMILY.is_right(item.facts, "2 * 2 * 2 * 2 + 2 * 2 + 2 + 2" + " + 2 - 2" * 6)
    assert not FAMILY.is_right(item.facts, "2 * 2 * 2 * 2 + 2 * 2 + 2 + 2" + " + 2 - 2" * 5)


def test_published_items_get_a_solution() -> None:
    for row in published_rows("game24"):
        item = FAMILY.from_published(row)
        assert item.answer
        assert sorted(item.facts["numbers"]) == sorted(row["numbers"])


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    small, large = (FAMILY.generate(random.Random(1), **FAMILY.levels[n]) for n in (0, -1))
    assert (len(small.facts["numbers"]), small.facts["target"], len(large.facts["numbers"])) == (3, 24, 80)
    for name, value in (("num_numbers", 81), ("max_number", 7), ("max_target", 23)):
        with pytest.raises(ValueError, match=name):
            FAMILY.generate(random.Random(1), **{**FAMILY.levels[0], name: value})
