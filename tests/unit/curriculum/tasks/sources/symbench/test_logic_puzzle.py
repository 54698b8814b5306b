"""Selections of cells: as many as asked, all different and inside the grid, with the rule in every row and column."""

import itertools
import math
import random
from typing import Any

import pytest

from curriculum.tasks.sources.symbench.logic_puzzle import FAMILY

SUM = {
    "grid": [[3, 1, 2], [1, 4, 1], [2, 2, 2]],
    "num_cells": 4,
    "rule": "sum",
    "limit": 4,
    "required": [0, 2],
}
# Rows: 1 + 2 = 3, 1, 2. Columns: 1 (row 1) + 2 (row 2) = 3, 1, 2.
RIGHT = "0 1, 0 2, 1 0, 2 0"
PRODUCT = {"grid": [[-1, -2, 3], [-4, -1, 0], [5, -1, -1]], "num_cells": 4, "rule": "product", "limit": 0}
PRODUCT |= {"required": [0, 0]}


@pytest.mark.parametrize(
    "answer",
    [RIGHT, "(0, 1), (0, 2), (1, 0), (2, 0)", "[[0, 1], [0, 2], [1, 0], [2, 0]]", "2 0\n1 0\n0 2\n0 1",
     "[(0,1), (0,2), (1,0), (2,0)]", "0,1\n0,2\n1,0\n2,0", " 0 2, 0 1, 1 0, 2 0. "],
)  # fmt: skip
def test_the_same_selection_is_right_in_every_spelling_and_order(answer: str) -> None:
    assert FAMILY.is_right(SUM, answer)


@pytest.mark.parametrize(
    "answer",
    ["0 2, 0 2, 0 2, 0 2",  # one cell four times
     "0 2, 1 0, 2 0, 5 5", "0 2, 1 0, 2 0, -1 1",  # outside the grid
     "0 1, 1 0, 2 0, 1 2",  # without the required cell
     "0 2, 1 0, 2 0", "0 1, 0 2, 1 0, 2 0, 1 2",  # too few, too many
     "0 0, 0 2, 1 0, 2 1",  # 3 + 2 in row 0
     "0 2, 1 2, 2 0, 2 2"],  # 2 + 1 + 2 in column 2
)  # fmt: skip
def test_selections_that_break_the_rule_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right(SUM, answer)


def test_negative_numbers_may_pair_up_and_zero_never_fits() -> None:
    # The corners of rows 0, 1 and columns 0, 1 are all negative: products 2, 4 and 4, 2.
    assert FAMILY.is_right(PRODUCT, "0 0, 0 1, 1 0, 1 1")
    assert not FAMILY.is_right(PRODUCT, "0 0, 0 1, 1 0, 1 2")
    assert not FAMILY.is_right(PRODUCT, "0 0, 0 1, 2 0, 2 1")


@pytest.mark.parametrize("facts", [SUM, PRODUCT])
def test_of_all_selections_those_pass_whose_lines_obey_the_rule(facts: dict[str, Any]) -> None:
    cells = list(itertools.product(range(3), repeat=2))
    for chosen in itertools.combinations(cells, 4):
        lines = [
            [facts["grid"][r][c] for r, c in chosen if (r, c)[axis] == n] for axis in (0, 1) for n in range(3)
        ]
        obeys = all(sum(line) <= 4 if facts["rule"] == "sum" else math.prod(line) > 0 for line in lines)
        expected = obeys and tuple(facts["required"]) in chosen
        assert FAMILY.is_right(facts, str(list(chosen))) == expected


def test_settings_change_the_grid_and_wrong_ones_are_named() -> None:
    item = FAMILY.generate(random.Random(4), size=5, num_cells=8, rule="product")
    assert len(item.facts["grid"]) == 5
    assert len(item.answer.split(",")) == 8
    assert sum(number > 0 for row in item.facts["grid"] for number in row) == 0
    for wrong in ({"size": 2}, {"num_cells": 25}, {"rule": "mean"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            FAMILY.generate(random.Random(4), **{"size": 5, "num_cells": 8, "rule": "sum", **wrong})


def published(grid: list[list[int]], stored: list[list[int]]) -> dict[str, Any]:
    question = "select 3 different numbers ... in the square (0,1) as the first selected number"
    return {
        "id": "x",
        "question": question,
        "solution": {"grid": grid, "solution": stored, "constraints": {"type": "sum_le_4"}},
    }


def test_a_stored_selection_that_breaks_the_rule_is_replaced() -> None:
    item = FAMILY.from_published(published([[3, 2], [1, 1]], [[0, 1], [1, 0], [0, 0]]))  # 3 + 2 in row 0
    assert item.answer == "0 1, 1 0, 1 1"


def test_an_item_that_no_selection_solves_is_refused() -> None:
    with pytest.raises(ValueError, match="sum"):
        FAMILY.from_published(published([[3, 3], [3, 3]], [[0, 1], [1, 0], [0, 0]]))
