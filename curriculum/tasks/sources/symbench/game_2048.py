"""2048: one number of a square grid is moved step by step and merges with equal numbers; the grid at the end is asked.

The original checker compares text, so that a list or another spacing is wrong there; in some published items the
number to move is an empty cell (0), which nothing moves.
"""

import random
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import cell_rows, integer
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

Grid = list[list[int]]
Cell = tuple[int, int]

_STEPS = {"u": (-1, 0), "d": (1, 0), "l": (0, -1), "r": (0, 1)}
_MERGE_WEIGHT, _SLIDE_WEIGHT, _BLOCKED_WEIGHT = 8, 3, 1
_NUM_TRIES = 20


class Game2048:
    """A number moved through a grid of powers of two."""

    name = "2048"
    capability: Capability = "spatial"
    levels: tuple[dict[str, Any], ...] = (
        {"size": 2, "num_moves": 2, "num_powers": 5},
        {"size": 3, "num_moves": 3, "num_powers": 5},
        {"size": 4, "num_moves": 4, "num_powers": 5},
        {"size": 5, "num_moves": 6, "num_powers": 5},
        {"size": 6, "num_moves": 14, "num_powers": 4},
    )

    def generate(self, rng: random.Random, *, size: int, num_moves: int, num_powers: int) -> Item:
        """An item in which the number can move, and as a rule does.

        Args:
            rng: Source of all randomness.
            size: Rows and columns.
            num_moves: Steps asked for.
            num_powers: How many different powers of two the grid may hold, from 2 up.
        """
        require_between("size", size, 2, 12)
        require_between("num_moves", num_moves, 1, 60)
        require_between("num_powers", num_powers, 1, 10)
        for _ in range(_NUM_TRIES):
            grid, start = _random_grid(rng, size, num_powers)
            moves = _random_moves(rng, grid, start, num_moves)
            if moved(grid, start, moves) != grid:
                break
        facts = {"grid": grid, "start": list(start), "moves": moves}
        return Item(
            question=_question(grid, start, moves), answer=_written(moved(grid, start, moves)), facts=facts
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the grid that the moves lead to."""
        grid: Grid = facts["grid"]
        rows = cell_rows(answer, len(grid))
        if rows is None or len(rows) != len(grid):
            return False
        row, column = facts["start"]
        return [[integer(cell) for cell in line] for line in rows] == moved(
            grid, (row, column), facts["moves"]
        )

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        solution = row["solution"]
        facts = {"grid": solution["grid"], "start": solution["start_pos"], "moves": solution["moves"]}
        end = moved(solution["grid"], tuple(solution["start_pos"]), solution["moves"])
        return Item(question=row["question"], answer=_written(end), facts=facts)


def moved(grid: Grid, start: Cell, moves: str) -> Grid:
    """The grid after the number at `start` (counted from 0) has made all its moves."""
    grid = [list(line) for line in grid]
    place = start
    if grid[place[0]][place[1]] == 0:
        return grid
    for move in moves:
        target = _target(grid, place, move)
        if target is not None:
            grid[target[0]][target[1]] += grid[place[0]][place[1]]
            grid[place[0]][place[1]] = 0
            place = target
    return grid


def _target(grid: Grid, place: Cell, move: str) -> Cell | None:
    """Where a move takes the number at `place`; None if a wall or another number is in its way."""
    row, column = place[0] + _STEPS[move][0], place[1] + _STEPS[move][1]
    if not (0 <= row < len(grid) and 0 <= column < len(grid)):
        return None
    return (row, column) if grid[row][column] in {0, grid[place[0]][place[1]]} else None


def _random_grid(rng: random.Random, size: int, num_powers: int) -> tuple[Grid, Cell]:
    """A grid with at least one empty cell, and a number in it that can make a move."""
    grid = [[0] * size for _ in range(size)]
    cells = [(row, column) for row in range(size) for column in range(size)]
    num_numbers = rng.randint(min(size, size * size - 1), min(2 * size, size * size - 1))
    places = rng.sample(cells, num_numbers)
    for row, column in places:
        grid[row][column] = 2 ** rng.randint(1, num_powers)
    # The grid is connected and has an empty cell, so at least one number is next to an empty cell.
    free = [place for place in places if any(_target(grid, place, move) for move in _STEPS)]
    return grid, rng.choice(free)


def _random_moves(rng: random.Random, grid: Grid, start: Cell, num_moves: int) -> str:
    """Moves that merge and slide more often than they run into something."""
    moves = ""
    place = start
    for _ in range(num_moves):
        targets = {move: _target(grid, place, move) for move in _STEPS}
        weights = [
            _BLOCKED_WEIGHT if cell is None else _MERGE_WEIGHT if grid[cell[0]][cell[1]] else _SLIDE_WEIGHT
            for cell in targets.values()
        ]
        move = rng.choices(list(targets), weights)[0]
        grid = moved(grid, place, move)
        place = targets[move] or place
        moves += move
    return moves


def _written(grid: Grid) -> str:
    return "\n".join(", ".join(str(value) for value in line) for line in grid)


def _question(grid: Grid, start: Cell, moves: str) -> str:
    return f"""A {len(grid)}x{len(grid)} grid holds powers of two; 0 marks an empty cell:

{_written(grid)}

Only one number moves: the one in row {start[0] + 1}, column {start[1] + 1} (rows are counted from the top, columns \
from the left, both from 1). It makes these moves in order: {", ".join(moves)}
Here u is one cell up, d one cell down, l one cell left and r one cell right. For each move:
- If the next cell in that direction is empty, the number goes there and leaves an empty cell behind.
- If the next cell holds an equal number, the two merge there into their sum, an empty cell stays behind, and the \
merged number is the one that makes the remaining moves. It may merge again.
- If the next cell holds a different number, or lies outside the grid, nothing happens and the next move follows.
All other numbers stay where they are.

What does the grid look like at the end? Write its rows from top to bottom, each on its own line with its numbers \
separated by commas, as <<<rows of the grid>>>."""


FAMILY = Game2048()
