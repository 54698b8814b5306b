"""Assignments of numbers to letters: each given number once, and every relation true."""

import itertools
import random
from typing import Any

import pytest

from curriculum.tasks.sources.symbench.logical_equation import FAMILY

# A = 3, B = 6, C = 9, D = 4: 3 + 6 = 9, 9 = 1.5 * 6, 4 - 9 = -5 and 6 > 4.
FACTS = {
    "values": [3, 4, 6, 9],
    "relations": [["A", "+", "B", "9"], ["C", "*", "B", "1.5"], ["D", "-", "C", "-5"], ["B", ">", "D", "0"]],
}


@pytest.mark.parametrize(
    "answer",
    [
        "[3, 6, 9, 4]",
        "3, 6, 9, 4",
        "3 6 9 4",
        "(3,6,9,4)",
        '["3", "6", "9", "4"]',
        "3\n6\n9\n4",
        "[3,6,9,4].",
    ],
)
def test_the_same_assignment_is_right_in_every_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


def test_of_all_assignments_only_the_true_one_passes() -> None:
    passed = [p for p in itertools.permutations([3, 4, 6, 9]) if FAMILY.is_right(FACTS, str(list(p)))]
    assert passed == [(3, 6, 9, 4)]


def test_letters_must_not_share_a_number() -> None:
    relations = [["A", "+", "B", "12"]]  # 6 + 6 is true of it, but 6 is there once
    facts = {"values": [3, 4, 6, 9], "relations": relations}
    assert not FAMILY.is_right(facts, "[6, 6, 3, 4]")
    assert not FAMILY.is_right(facts, "[6, 6, 6, 6]")
    assert FAMILY.is_right(facts, "[3, 9, 6, 4]")


@pytest.mark.parametrize(
    "answer",
    ["[3, 6, 9]", "[3, 6, 9, 4, 4]", "[3, 6, 9, 5]", "[4, 9, 6, 3]", "[3.5, 6, 9, 4]", "A=3, B=6, C=9, D=4"],
)
def test_missing_foreign_and_reversed_numbers_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_each_kind_of_relation_is_checked() -> None:
    for relation in (
        ["A", "+", "B", "8"],
        ["C", "*", "B", "1.6"],
        ["D", "-", "C", "5"],
        ["D", ">", "B", "0"],
    ):
        facts = {"values": [3, 4, 6, 9], "relations": [relation]}
        assert not FAMILY.is_right(facts, "[3, 6, 9, 4]"), relation


def test_settings_say_how_many_letters_and_relations_there_are() -> None:
    item = FAMILY.generate(random.Random(5), num_letters=8, num_relations=7)
    assert len(item.facts["values"]) == len(set(item.facts["values"])) == 8
    relations: list[list[str]] = item.facts["relations"]
    assert len({frozenset((left, right)) for left, _, right, _ in relations}) == 7
    assert {letter for left, _, right, _ in relations for letter in (left, right)} == set("ABCDEFGH")
    for wrong in ({"num_letters": 3, "num_relations": 3}, {"num_letters": 8, "num_relations": 3}):
        with pytest.raises(ValueError, match=r"num_letters is 3|num_relations is 3"):
            FAMILY.generate(random.Random(5), **wrong)


def published(lines: list[str], stored: list[int]) -> dict[str, Any]:
    listed = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))
    question = f"... each representing one of the numbers 3, 4, 6, 9. The system:\n{listed}\n\nReturn ..."
    return {"id": "x", "question": question, "solution": stored}


def test_published_relations_are_read_from_the_text() -> None:
    row = published(["A + B = 9", "C = 1.5B", "D - C = -5", "B > D"], [3, 6, 9, 4])
    assert FAMILY.from_published(row).facts == FACTS


def test_published_items_whose_stored_numbers_break_a_relation_are_refused() -> None:
    with pytest.raises(ValueError, match="stored numbers"):
        FAMILY.from_published(published(["A + B = 8"], [3, 6, 9, 4]))
    with pytest.raises(ValueError, match="not a relation"):
        FAMILY.from_published(published(["A is large"], [3, 6, 9, 4]))
