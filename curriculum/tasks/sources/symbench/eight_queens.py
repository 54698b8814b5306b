"""Completes a partly filled chess board to eight queens, none attacking another and none on a blocked cell.

The original checker forgot the queens that stand on the board already; here an answer must keep them.
"""

import functools
import itertools
import random
from collections.abc import Collection, Iterable
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import pairs
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_SIZE = 8
_MAX_GIVEN, _MAX_BLOCKED = 7, 40

Cell = tuple[int, int]

_BOARD: list[Cell] = [(row, column) for row in range(_SIZE) for column in range(_SIZE)]


class EightQueens:
    """Boards with some queens given and some cells blocked; every board has a completion."""

    name = "eight_queens"
    capability: Capability = "search"
    levels: tuple[dict[str, Any], ...] = (
        {"num_given": 4, "num_blocked": 2},
        {"num_given": 2, "num_blocked": 3},
        {"num_given": 1, "num_blocked": 6},
        {"num_given": 0, "num_blocked": 20},
        {"num_given": 0, "num_blocked": 30},
    )

    def generate(self, rng: random.Random, *, num_given: int, num_blocked: int) -> Item:
        """A board made from one of the 92 placements: some of its queens shown, some other cells blocked."""
        require_between("num_given", num_given, 0, _MAX_GIVEN)
        require_between("num_blocked", num_blocked, 0, _MAX_BLOCKED)
        queens = rng.choice(_placements())
        given = sorted(rng.sample(queens, num_given))
        free = [cell for cell in _BOARD if cell not in queens]
        blocked = sorted(rng.sample(free, num_blocked))
        return Item(question=_question(given, blocked), answer=_listing(queens), facts=_facts(given, blocked))

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer lists eight cells that obey the rules and include the given queens."""
        cells = pairs(answer) or []
        return len(cells) == _SIZE and _completes(cells, _cells(facts["given"]), _cells(facts["blocked"]))

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file; its answer lists the given queens too."""
        board = row["solution"]["initial_board"]
        given = [(r, c) for r, c in _BOARD if board[r][c] == "1"]
        blocked = [(r, c) for r, c in _BOARD if board[r][c] == "X"]
        stored = tuple(sorted(_cells(row["solution"]["solution"])))
        candidates = itertools.chain([stored] if len(stored) == _SIZE else [], _placements())
        answer = next((queens for queens in candidates if _completes(queens, given, blocked)), None)
        if answer is None:
            raise ValueError(
                f"{row['id']}: no eight queens keep the given ones and leave the blocked cells free"
            )
        return Item(question=row["question"], answer=_listing(answer), facts=_facts(given, blocked))


def _completes(queens: Collection[Cell], given: Collection[Cell], blocked: Collection[Cell]) -> bool:
    return (
        all(0 <= row < _SIZE and 0 <= column < _SIZE for row, column in queens)
        and set(given) <= set(queens)
        and not set(blocked) & set(queens)
        and not any(_attack(one, other) for one, other in itertools.combinations(queens, 2))
    )


def _attack(one: Cell, other: Cell) -> bool:
    rows, columns = abs(one[0] - other[0]), abs(one[1] - other[1])
    return rows == 0 or columns == 0 or rows == columns


@functools.cache
def _placements() -> tuple[tuple[Cell, ...], ...]:
    """All 92 ways to place eight queens."""
    found: list[tuple[Cell, ...]] = [()]
    for row in range(_SIZE):
        found = [
            (*queens, (row, column))
            for queens in found
            for column in range(_SIZE)
            if not any(_attack(queen, (row, column)) for queen in queens)
        ]
    return tuple(found)


def _cells(rows: Iterable[Iterable[int]]) -> list[Cell]:
    return [(row, column) for row, column in rows]


def _facts(given: Iterable[Cell], blocked: Iterable[Cell]) -> dict[str, Any]:
    return {"given": [list(cell) for cell in given], "blocked": [list(cell) for cell in blocked]}


def _listing(cells: Iterable[Cell]) -> str:
    return ", ".join(f"{row} {column}" for row, column in cells)


def _question(given: Collection[Cell], blocked: Collection[Cell]) -> str:
    signs = {**dict.fromkeys(given, "Q"), **dict.fromkeys(blocked, "#")}
    board = "\n".join(
        "".join(signs.get((row, column), ".") for column in range(_SIZE)) for row in range(_SIZE)
    )
    return (
        "This is a chess board of 8 rows and 8 columns. Q is a queen that stands there already, # is a blocked "
        f"cell, and a dot is an empty cell.\n\n{board}\n\n"
        "Add queens on empty cells until there are eight queens in all, so that no two of them share a row, a "
        "column or a diagonal of any length. Queens that stand on the board stay where they are, and no queen may "
        "stand on a blocked cell. There may be several ways; give any one.\n\n"
        "Number rows from 0 (top) to 7 and columns from 0 (left) to 7. Write each queen as its row, a space and its "
        "column, and list all eight queens, those already on the board included, with commas between them: "
        "<<<row column, row column, ...>>>. A queen in row 2 and column 5 is written 2 5."
    )


FAMILY = EightQueens()
