"""A sudoku answer must be a right grid with the given digits in their places."""

import random

import pytest

from curriculum.tasks.sources.symbench.standard_sudoku import FAMILY

# Row r is 1..9 shifted by 3 * (r % 3) + r // 3: within three rows the shifts 0, 3, 6 keep boxes free of repeats, and
# the nine shifts 0 3 6 1 4 7 2 5 8 are all different, so columns hold no repeats either.
GRID = [[(column + 3 * (row % 3) + row // 3) % 9 + 1 for column in range(9)] for row in range(9)]
GIVENS = [
    [digit if (row + column) % 3 == 0 else 0 for column, digit in enumerate(GRID[row])] for row in range(9)
]
FACTS = {"givens": GIVENS}


def lines(grid: list[list[int]], between: str = " ") -> str:
    return "\n".join(between.join(map(str, row)) for row in grid)


@pytest.mark.parametrize(
    "answer",
    [
        lines(GRID),
        lines(GRID, ","),
        lines(GRID, ", "),
        lines(GRID, ""),
        str(GRID),
        str(GRID)[1:-1],
        str([digit for row in GRID for digit in row]),
        str([list(map(str, row)) for row in GRID]),
        f"\n{lines(GRID)}\n",
    ],
)
def test_the_same_grid_is_right_in_every_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


def test_any_grid_that_keeps_the_givens_is_right() -> None:
    assert FAMILY.is_right({"givens": [[0] * 9] * 9}, lines(GRID[3:] + GRID[:3]))


def test_a_right_grid_with_other_givens_is_wrong() -> None:
    assert not FAMILY.is_right(FACTS, lines(GRID[3:] + GRID[:3]))


def test_any_single_change_makes_the_grid_wrong() -> None:
    for cell in range(81):
        changed = [list(row) for row in GRID]
        changed[cell // 9][cell % 9] = changed[cell // 9][cell % 9] % 9 + 1
        assert not FAMILY.is_right({"givens": [[0] * 9] * 9}, lines(changed))


def test_rows_swapped_between_boxes_or_columns_in_a_row_are_wrong() -> None:
    nothing = {"givens": [[0] * 9] * 9}
    assert not FAMILY.is_right(nothing, lines([GRID[3], *GRID[1:3], GRID[0], *GRID[4:]]))
    assert not FAMILY.is_right(nothing, lines([[*GRID[0][1::-1], *GRID[0][2:]], *GRID[1:]]))


@pytest.mark.parametrize(
    "answer", [lines(GRID[:8]), lines([*GRID, GRID[0]]), lines(GRID).replace("9", "0"), "123"]
)
def test_what_is_no_filled_grid_is_wrong(answer: str) -> None:
    assert not FAMILY.is_right({"givens": [[0] * 9] * 9}, answer)


def test_fewer_givens_are_shown_where_fewer_are_asked() -> None:
    for wanted in (60, 40, 30):
        item = FAMILY.generate(random.Random(3), num_givens=wanted)
        assert sum(digit > 0 for row in item.facts["givens"] for digit in row) == wanted
    with pytest.raises(ValueError, match="num_givens"):
        FAMILY.generate(random.Random(3), num_givens=81)


def test_a_published_puzzle_with_a_wrong_grid_is_refused() -> None:
    row = {"id": "x", "question": "?", "solution": {"puzzle": GIVENS, "solution": GRID}}
    assert FAMILY.from_published(row).answer == lines(GRID)
    row["solution"] = {"puzzle": GIVENS, "solution": GRID[3:] + GRID[:3]}
    with pytest.raises(ValueError, match="stored grid"):
        FAMILY.from_published(row)
