"""Filled sudoku grids and puzzles with one solution, found by a search over bit masks of free digits."""

import random
from collections.abc import Iterable

SIZE = 9
_CELLS = range(SIZE * SIZE)
_ALL = 0b111111111
_ROW = [cell // 9 for cell in _CELLS]
_COLUMN = [cell % 9 for cell in _CELLS]
_BOX = [cell // 27 * 3 + cell % 9 // 3 for cell in _CELLS]
_HOUSES = [
    [[one for one in _CELLS if of[one] == of[cell]] for of in (_ROW, _COLUMN, _BOX)] for cell in _CELLS
]
"""Per cell: its row, its column and its box, each as nine cells."""
_MAX_NODES = 400
"""Of one search for a second solution. Where they do not suffice, the digit stays in the puzzle."""


def is_filled(rows: list[list[int]]) -> bool:
    """Whether nine rows of nine digits make a right grid: 1 to 9 in every row, column and box."""
    cells = [digit for row in rows for digit in row]
    return (
        len(rows) == SIZE
        and all(len(row) == SIZE for row in rows)
        and all({cells[one] for one in house} == set(range(1, 10)) for houses in _HOUSES for house in houses)
    )


def random_grid(rng: random.Random) -> list[int]:
    """A filled grid, as 81 digits row by row."""
    board = _Board()
    board.fill(rng)
    return board.digits


def puzzle(grid: list[int], num_givens: int, rng: random.Random) -> list[int]:
    """The grid with digits taken out (0) as long as its solution stays the only one.

    Args:
        grid: A filled grid.
        num_givens: How many digits to leave. A few more are left where each one more would allow a second solution.
        rng: Draws the order in which digits are tried.
    """
    board = _Board(grid)
    left = len(grid)
    for cell in rng.sample(_CELLS, len(_CELLS)):
        if left == num_givens:
            break
        digit = board.digits[cell]
        board.clear(cell)
        if _is_forced(board, cell, digit):
            left -= 1
        else:
            board.put(cell, digit)
    return board.digits


class _Board:
    def __init__(self, digits: Iterable[int] = ()) -> None:
        self.digits = [0] * len(_CELLS)
        self._free = [[_ALL] * SIZE for _ in range(3)]  # per row, column and box
        for cell, digit in enumerate(digits):
            if digit:
                self.put(cell, digit)

    def put(self, cell: int, digit: int) -> None:
        self.digits[cell] = digit
        self._toggle(cell, digit)

    def clear(self, cell: int) -> None:
        self._toggle(cell, self.digits[cell])
        self.digits[cell] = 0

    def options(self, cell: int) -> int:
        rows, columns, boxes = self._free
        return rows[_ROW[cell]] & columns[_COLUMN[cell]] & boxes[_BOX[cell]]

    def fill(self, rng: random.Random | None = None, max_nodes: float = float("inf")) -> bool | None:
        """Fills the board: True if it could be, False if not, None if `max_nodes` did not suffice to tell."""
        self._nodes_left = max_nodes
        try:
            return self._fill([cell for cell in _CELLS if not self.digits[cell]], rng)
        except _NodesSpentError:
            return None

    def _fill(self, empty: list[int], rng: random.Random | None) -> bool:
        if not empty:
            return True
        self._nodes_left -= 1
        if self._nodes_left < 0:
            raise _NodesSpentError
        cell = self._narrowest(empty)
        digits = _digits(self.options(cell))
        if rng:
            rng.shuffle(digits)
        rest = [one for one in empty if one != cell]
        for digit in digits:
            self.put(cell, digit)
            if self._fill(rest, rng):
                return True
            self.clear(cell)
        return False

    def _narrowest(self, empty: list[int]) -> int:
        best, fewest = empty[0], SIZE + 1
        for cell in empty:
            count = self.options(cell).bit_count()
            if count < fewest:
                best, fewest = cell, count
                if count <= 1:
                    break
        return best

    def _toggle(self, cell: int, digit: int) -> None:
        bit = 1 << (digit - 1)
        rows, columns, boxes = self._free
        rows[_ROW[cell]] ^= bit
        columns[_COLUMN[cell]] ^= bit
        boxes[_BOX[cell]] ^= bit


class _NodesSpentError(Exception):
    pass


def _is_forced(board: _Board, cell: int, digit: int) -> bool:
    """Whether every solution of the board has this digit in this cell; False too where that takes too long."""
    bit = 1 << (digit - 1)
    others = board.options(cell) & ~bit
    if not others or any(_has_one_place(board, house, cell, bit) for house in _HOUSES[cell]):
        return True
    for other in _digits(others):
        trial = _Board(board.digits)
        trial.put(cell, other)
        if trial.fill(max_nodes=_MAX_NODES) is not False:
            return False
    return True


def _has_one_place(board: _Board, house: list[int], cell: int, bit: int) -> bool:
    return not any(one != cell and not board.digits[one] and board.options(one) & bit for one in house)


def _digits(options: int) -> list[int]:
    return [digit for digit in range(1, 10) if options >> (digit - 1) & 1]
