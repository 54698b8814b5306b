"""Completes a 9 x 9 sudoku. Any grid that keeps the given digits and obeys the rules is right."""

import random
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import cell_rows
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between
from curriculum.tasks.sources.symbench.parts.sudoku_grids import SIZE, is_filled, puzzle, random_grid

_MIN_GIVENS = 22
_DIGITS = set("123456789")


class StandardSudoku:
    """Puzzles with one solution each."""

    name = "standard_sudoku"
    capability: Capability = "search"
    levels: tuple[dict[str, Any], ...] = tuple({"num_givens": count} for count in (48, 38, 32, 28, 25))

    def generate(self, rng: random.Random, *, num_givens: int) -> Item:
        """A puzzle that shows `num_givens` digits, or a few more where fewer would allow a second solution."""
        require_between("num_givens", num_givens, _MIN_GIVENS, SIZE * SIZE - 1)
        grid = random_grid(rng)
        givens = _rows(puzzle(grid, num_givens, rng))
        return Item(question=_question(givens), answer=_lines(_rows(grid)), facts={"givens": givens})

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer is a right grid with the given digits in their places."""
        rows = cell_rows(answer, num_columns=SIZE)
        if rows is None or len(rows) != SIZE or not all(_DIGITS.issuperset(row) for row in rows):
            return False
        return _solves([[int(cell) for cell in row] for row in rows], facts["givens"])

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        givens, grid = row["solution"]["puzzle"], row["solution"]["solution"]
        if not _solves(grid, givens):
            raise ValueError(f"{row['id']}: the stored grid repeats a digit or changes a given one")
        return Item(question=row["question"], answer=_lines(grid), facts={"givens": givens})


def _solves(grid: list[list[int]], givens: list[list[int]]) -> bool:
    return is_filled(grid) and all(
        given in (0, digit)
        for given_row, grid_row in zip(givens, grid, strict=True)
        for given, digit in zip(given_row, grid_row, strict=True)
    )


def _rows(cells: list[int]) -> list[list[int]]:
    return [cells[start : start + SIZE] for start in range(0, len(cells), SIZE)]


def _lines(grid: list[list[int]]) -> str:
    return "\n".join(" ".join(map(str, row)) for row in grid)


def _question(givens: list[list[int]]) -> str:
    grid = "\n".join(" ".join(str(digit or ".") for digit in row) for row in givens)
    return (
        f"Complete this sudoku; a dot is an empty cell.\n\n{grid}\n\n"
        "In the complete grid, each of the nine rows, each of the nine columns and each of the nine 3 x 3 boxes (the "
        "grid is cut into boxes after rows 3 and 6 and after columns 3 and 6) holds every digit from 1 to 9 once. The "
        "digits that are there stay as they are.\n\n"
        "Give the complete grid between <<< and >>>: nine lines from top to bottom, each with its nine digits from "
        "left to right and a space between digits."
    )


FAMILY = StandardSudoku()
