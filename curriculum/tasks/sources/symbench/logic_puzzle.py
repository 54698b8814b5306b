"""Selects cells of a grid of numbers so that every row and column of the selection has a small sum or positive product.

The original checker takes the same cell twice and cells outside the grid, and many published items store a selection
that breaks their own rule: here all of it is checked, and `from_published` finds a right selection or refuses.
"""

import itertools
import math
import random
import re
from collections.abc import Collection, Iterable
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import pairs
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between, require_one_of

_RULES = ("sum", "product")
_MIN_SIZE, _MAX_SIZE = 3, 10
_MAX_VALUE = 9
_MAX_SOLVED_CELLS = 25
_PUBLISHED_RULES = {"sum_le_4": ("sum", 4), "product_gt_0": ("product", 0)}
_PUBLISHED_FIRST = re.compile(r"square \(([0-9]+), ?([0-9]+)\) as the first")
_PUBLISHED_COUNT = re.compile(r"select ([0-9]+) different numbers")

Cell = tuple[int, int]
Grid = list[list[int]]


class LogicPuzzle:
    """Grids around a hidden selection, so that each can be solved."""

    name = "logic_puzzle"
    capability: Capability = "logical"
    levels: tuple[dict[str, Any], ...] = (
        {"size": 3, "num_cells": 4, "rule": "sum"},
        {"size": 4, "num_cells": 6, "rule": "product"},
        {"size": 4, "num_cells": 7, "rule": "sum"},
        {"size": 5, "num_cells": 10, "rule": "product"},
        {"size": 7, "num_cells": 18, "rule": "product"},
        {"size": 10, "num_cells": 25, "rule": "sum"},
    )

    def generate(self, rng: random.Random, *, size: int, num_cells: int, rule: str) -> Item:
        """A grid of `size` x `size` of which `num_cells` cells are to be selected by the rule `sum` or `product`."""
        require_one_of("rule", rule, _RULES)
        require_between("size", size, _MIN_SIZE, _MAX_SIZE)
        require_between("num_cells", num_cells, 4, size * size - 1)
        make = _sum_grid if rule == "sum" else _product_grid
        grid, limit, chosen = make(rng, size, num_cells)
        facts = {
            "grid": grid,
            "num_cells": num_cells,
            "rule": rule,
            "limit": limit,
            "required": list(rng.choice(chosen)),
        }
        return Item(question=_question(facts), answer=_listing(sorted(chosen)), facts=facts)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer lists the asked number of different cells, the required one among them, by the rule."""
        return _is_selection(pairs(answer) or [], facts)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file; its "different numbers" are numbers in different cells."""
        solution = row["solution"]
        rule, limit = _PUBLISHED_RULES[solution["constraints"]["type"]]
        first, count = _PUBLISHED_FIRST.search(row["question"]), _PUBLISHED_COUNT.search(row["question"])
        if first is None or count is None:
            raise ValueError(f"{row['id']}: the question does not say how many cells, or which one is fixed")
        facts = {
            "grid": solution["grid"],
            "num_cells": int(count[1]),
            "rule": rule,
            "limit": limit,
            "required": [int(first[1]), int(first[2])],
        }
        answer = [(r, c) for r, c in solution["solution"]]
        if not _is_selection(answer, facts):
            answer = _first_selection(facts)
        if not answer:
            raise ValueError(
                f"{row['id']}: no selection meets the rule on the {rule} of every row and column"
            )
        return Item(question=row["question"], answer=_listing(answer), facts=facts)


def _is_selection(cells: Collection[Cell], facts: dict[str, Any]) -> bool:
    grid: Grid = facts["grid"]
    required_row, required_column = facts["required"]
    return (
        len(cells) == len(set(cells)) == facts["num_cells"]
        and (required_row, required_column) in cells
        and all(0 <= row < len(grid) and 0 <= column < len(grid) for row, column in cells)
        and all(_holds(line, facts["rule"], facts["limit"]) for line in _lines(cells, grid))
    )


def _lines(cells: Iterable[Cell], grid: Grid) -> list[list[int]]:
    """The selected numbers of each row and of each column that has any."""
    lines: dict[tuple[str, int], list[int]] = {}
    for row, column in cells:
        lines.setdefault(("row", row), []).append(grid[row][column])
        lines.setdefault(("column", column), []).append(grid[row][column])
    return list(lines.values())


def _holds(line: list[int], rule: str, limit: int) -> bool:
    return sum(line) <= limit if rule == "sum" else math.prod(line) > 0


def _first_selection(facts: dict[str, Any]) -> list[Cell]:
    """A selection by trying all; empty if there is none. Published grids have 16 cells at most."""
    grid: Grid = facts["grid"]
    cells = _cells(len(grid))
    if len(cells) > _MAX_SOLVED_CELLS:
        raise ValueError(f"a grid of {len(cells)} cells is too large to be solved by trying all selections")
    tried = itertools.combinations(cells, facts["num_cells"])
    return list(next((selection for selection in tried if _is_selection(selection, facts)), ()))


def _sum_grid(rng: random.Random, size: int, num_cells: int) -> tuple[Grid, int, list[Cell]]:
    """A selection whose rows or columns are full to the limit, among numbers up to that limit."""
    chosen = rng.sample(_cells(size), num_cells)
    rows, columns = [0] * size, [0] * size
    for row, column in chosen:
        rows[row] += 1
        columns[column] += 1
    limit = max(rows + columns) + rng.randint(size, 2 * size)
    grid = [[rng.randint(1, limit) for _ in range(size)] for _ in range(size)]
    for row, column in chosen:
        grid[row][column] = 1
    for divisor in (2, 1):  # half of the room first, so that no cell takes all of it
        for row, column in chosen:
            room = (limit - max(rows[row], columns[column])) // divisor
            grid[row][column] += room
            rows[row] += room
            columns[column] += room
    return grid, limit, chosen


def _product_grid(rng: random.Random, size: int, num_cells: int) -> tuple[Grid, int, list[Cell]]:
    """Too few positive numbers for a selection: negative ones must be taken in pairs per row and column."""
    num_rectangles = min(size // 2, num_cells // 4)
    rows, columns = (rng.sample(range(size), 2 * num_rectangles) for _ in range(2))
    negative = [
        (row, column)
        for start in range(0, 2 * num_rectangles, 2)
        for row in rows[start : start + 2]
        for column in columns[start : start + 2]
    ]
    others = [cell for cell in _cells(size) if cell not in negative]
    positive = rng.sample(others, num_cells - len(negative))
    grid = [
        [rng.choice((0, -1, -1, -1)) * rng.randint(1, _MAX_VALUE) for _ in range(size)] for _ in range(size)
    ]
    for cells, sign in ((negative, -1), (positive, 1)):
        for row, column in cells:
            grid[row][column] = sign * rng.randint(1, _MAX_VALUE)
    return grid, 0, [*negative, *positive]


def _cells(size: int) -> list[Cell]:
    return [(row, column) for row in range(size) for column in range(size)]


def _listing(cells: Iterable[Cell]) -> str:
    return ", ".join(f"{row} {column}" for row, column in cells)


def _question(facts: dict[str, Any]) -> str:
    grid: Grid = facts["grid"]
    size, count, (row, column) = len(grid), facts["num_cells"], facts["required"]
    table = "\n".join(", ".join(map(str, numbers)) for numbers in grid)
    wanted = f"sum is at most {facts['limit']}" if facts["rule"] == "sum" else "product is greater than 0"
    return (
        f"Here is a grid of {size} rows and {size} columns of numbers.\n\n{table}\n\n"
        f"Select {count} different cells (their numbers may be equal), so that in every row and in every column the "
        f"numbers of the selected cells obey this rule: their {wanted}. A row or column without selected cells is "
        f"fine. The cell in row {row} and column {column}, which holds {grid[row][column]}, must be selected. There "
        "may be several selections; give any one.\n\n"
        f"Rows are numbered from 0 (top) to {size - 1}, columns from 0 (left) to {size - 1}. Write each selected cell "
        f"as its row, a space and its column, and list all {count} with commas between them, in any order: "
        "<<<row column, row column, ...>>>."
    )


FAMILY = LogicPuzzle()
