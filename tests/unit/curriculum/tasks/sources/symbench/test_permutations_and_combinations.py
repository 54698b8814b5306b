"""Rows of books: every statement must be true, and every book must stand in the row once."""

import itertools
import random
from typing import Any

import pytest

from curriculum.tasks.sources.symbench.permutations_and_combinations import FAMILY

# B D A C: B is left of A, C right of A, D next to B, A at place 3, C not at place 1.
CONSTRAINTS = [
    ["left", "B", "A"],
    ["right", "C", "A"],
    ["adjacent", "D", "B"],
    ["at", "A", "3"],
    ["not_at", "C", "1"],
]
FACTS = {"items": ["A", "B", "C", "D"], "constraints": CONSTRAINTS}


@pytest.mark.parametrize(
    "answer",
    ['["B", "D", "A", "C"]', "B, D, A, C", "B D A C", "['B','D','A','C']", "(b, d, a, c)", "B\nD\nA\nC", "[B,D,A,C]."],
)  # fmt: skip
def test_the_same_row_is_right_in_every_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


def test_of_all_rows_those_pass_of_which_all_statements_are_true() -> None:
    passed = ["".join(row) for row in itertools.permutations("ABCD") if FAMILY.is_right(FACTS, ",".join(row))]
    assert passed == ["BDAC", "DBAC"]  # A is third, C right of it, so D and B stand first, in either order


@pytest.mark.parametrize(
    ("constraint", "right"),
    [(["left", "B", "C"], True), (["left", "C", "B"], False), (["right", "C", "B"], True), (["right", "B", "C"], False),
     (["adjacent", "C", "A"], True), (["adjacent", "B", "A"], False), (["at", "D", "2"], True),
     (["at", "D", "1"], False), (["not_at", "D", "1"], True), (["not_at", "D", "2"], False)],
)  # fmt: skip
def test_each_kind_of_statement_is_checked(constraint: list[str], right: bool) -> None:
    assert FAMILY.is_right({"items": FACTS["items"], "constraints": [constraint]}, "B,D,A,C") == right


@pytest.mark.parametrize(
    "answer",
    ["B,D,A", "B,D,A,C,C", "B,B,A,C", "B,D,A,E", "D,D,A,C", "B,D,A,C,E", "books B, D, A, C", "C,A,D,B"],
)
def test_what_is_no_arrangement_of_all_the_books_is_wrong(answer: str) -> None:
    assert not FAMILY.is_right({"items": ["A", "B", "C", "D"], "constraints": [["left", "D", "A"]]}, answer)


def test_settings_say_how_many_books_and_statements_there_are() -> None:
    item = FAMILY.generate(random.Random(6), num_items=9, num_constraints=18)
    statements: list[list[str]] = item.facts["constraints"]
    assert len(item.facts["items"]) == 9
    assert len({tuple(statement) for statement in statements}) == 18
    assert item.question.count("\n- ") == 18
    for wrong in ({"num_items": 3, "num_constraints": 4}, {"num_items": 6, "num_constraints": 13}):
        with pytest.raises(ValueError, match=r"num_items is 3|num_constraints is 13"):
            FAMILY.generate(random.Random(6), **wrong)


def published(lines: list[str], stored: list[str]) -> dict[str, Any]:
    listed = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))
    solution = {"items": ["A", "B", "C", "D"], "constraints_text": listed, "correct_solution": stored}
    return {"id": "x", "question": "?", "solution": solution}


def test_published_constraints_are_read_from_the_text() -> None:
    lines = [
        "Book B must be to the left of book A.",
        "Book C must be to the right of book A.",
        "Book D must be adjacent to book B.",
        "Book A must be placed in position 3.",
        "Book C cannot be placed in position 1.",
    ]
    assert FAMILY.from_published(published(lines, ["B", "D", "A", "C"])).facts == FACTS
    with pytest.raises(ValueError, match="stored row"):
        FAMILY.from_published(published(lines, ["D", "A", "B", "C"]))
    with pytest.raises(ValueError, match="not a constraint"):
        FAMILY.from_published(published(["Book A is red."], ["B", "D", "A", "C"]))
