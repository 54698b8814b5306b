"""Reversi: pieces are laid in turn and turn over what they enclose; the board after the last one is asked.

The published boards already hold the pieces that the question says are still to be laid, so that the board shown is
the answer: items made here show the board before the first of them.
"""

import random
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.sources.symbench.parts.character_grids import character_rows
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

Rows = list[str]
Cell = tuple[int, int]

_BLACK, _WHITE, _EMPTY = "0", "1", "*"
_OTHER = {_BLACK: _WHITE, _WHITE: _BLACK}
_DIRECTIONS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)
_NUM_TRIES = 300
_SHOWN_BEFORE = "The previous round of the game was:"


class Reversi:
    """Some moves of a game of Reversi."""

    name = "reversi"
    capability: Capability = "spatial"
    levels: tuple[dict[str, Any], ...] = (
        {"size": 4, "num_moves": 2, "num_earlier": 3},
        {"size": 6, "num_moves": 2, "num_earlier": 4},
        {"size": 6, "num_moves": 4, "num_earlier": 6},
        {"size": 8, "num_moves": 6, "num_earlier": 8},
        {"size": 8, "num_moves": 12, "num_earlier": 14},
    )

    def generate(self, rng: random.Random, *, size: int, num_moves: int, num_earlier: int) -> Item:
        """An item whose moves are all legal: each is on an empty cell and turns at least one piece over.

        Args:
            rng: Source of all randomness.
            size: Rows and columns, an even number.
            num_moves: Moves asked for.
            num_earlier: Moves already made on the board that is shown.

        Raises:
            ValueError: If a setting is out of range.
        """
        require_between("size", size, 4, 12)
        if size % 2:
            raise ValueError(f"size must be even, got {size}")
        most = (size * size - 4) // 2
        require_between("num_moves", num_moves, 1, most)
        require_between("num_earlier", num_earlier, 0, most - num_moves)
        for _ in range(_NUM_TRIES):
            boards, moves = _random_game(rng, size, num_earlier + num_moves)
            if len(moves) == num_earlier + num_moves:
                break
        else:
            raise ValueError(
                f"no game of {num_earlier + num_moves} moves found: lower num_earlier or num_moves"
            )
        first = (_BLACK, _WHITE)[num_earlier % 2]
        asked = [[row + 1, column + 1] for row, column in moves[num_earlier:]]
        return Item(
            question=_question(boards[num_earlier], first, asked),
            answer=",".join("".join(boards[-1])),
            facts={"board": boards[num_earlier], "first": first, "moves": asked},
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the board after the last move."""
        expected = after_moves(facts["board"], facts["first"], facts["moves"])
        return character_rows(answer, expected) == expected

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file.

        Raises:
            ValueError: If laying the pieces on the board shown, which already holds them, changes it.
        """
        size, moves = row["solution"]["board_size"], row["solution"]["moves"]
        shown = row["question"].partition(_SHOWN_BEFORE)[2].split()[:size]
        end = after_moves(shown, _BLACK, moves)
        if ",".join("".join(end)) != row["solution"]["solution"]:
            raise ValueError(
                "the moves go to cells that are taken on the board shown: the rule asks for empty ones"
            )
        facts = {"board": shown, "first": _BLACK, "moves": moves}
        return Item(question=row["question"], answer=",".join("".join(end)), facts=facts)


def after_moves(board: Rows, first: str, moves: list[list[int]]) -> Rows:
    """The board after moves in turn, the first by `first`; rows and columns of moves are counted from 1."""
    cells = [list(row) for row in board]
    player = first
    for row, column in moves:
        _lay(cells, (row - 1, column - 1), player)
        player = _OTHER[player]
    return ["".join(row) for row in cells]


def _lay(cells: list[list[str]], place: Cell, player: str) -> None:
    enclosed = _enclosed(cells, place, player)
    for row, column in [place, *enclosed]:
        cells[row][column] = player


def _enclosed(cells: list[list[str]], place: Cell, player: str) -> list[Cell]:
    """The opponent's pieces in unbroken lines between `place` and the player's nearest pieces."""
    size = len(cells)
    found: list[Cell] = []
    for down, right in _DIRECTIONS:
        line: list[Cell] = []
        row, column = place[0] + down, place[1] + right
        while 0 <= row < size and 0 <= column < size and cells[row][column] == _OTHER[player]:
            line.append((row, column))
            row, column = row + down, column + right
        if line and 0 <= row < size and 0 <= column < size and cells[row][column] == player:
            found += line
    return found


def _random_game(rng: random.Random, size: int, num_moves: int) -> tuple[list[Rows], list[Cell]]:
    """Boards before and after each move, and the moves; fewer than asked for where a player cannot move."""
    cells = [[_EMPTY] * size for _ in range(size)]
    middle = size // 2
    cells[middle - 1][middle - 1 : middle + 1] = [_WHITE, _BLACK]
    cells[middle][middle - 1 : middle + 1] = [_BLACK, _WHITE]
    boards, moves = [["".join(row) for row in cells]], []
    player = _BLACK
    for _ in range(num_moves):
        empty = [(r, c) for r in range(size) for c in range(size) if cells[r][c] == _EMPTY]
        rng.shuffle(empty)
        place = next((cell for cell in empty if _enclosed(cells, cell, player)), None)
        if place is None:
            break
        _lay(cells, place, player)
        boards.append(["".join(row) for row in cells])
        moves.append(place)
        player = _OTHER[player]
    return boards, moves


def _question(board: Rows, first: str, moves: list[list[int]]) -> str:
    names = {_BLACK: "Black", _WHITE: "White"}
    players = [first if number % 2 == 0 else _OTHER[first] for number in range(len(moves))]
    rounds = "\n".join(
        f"Move {number}: {names[player]} at ({row}, {column})"
        for number, (player, (row, column)) in enumerate(zip(players, moves, strict=True), start=1)
    )
    size, grid = len(board), "\n".join(board)
    return f"""Black (0) and White (1) take turns laying a piece on an empty cell (*) of a {size}x{size} board. Once a \
piece is laid, look from it along each of the eight directions (row, column and both diagonals, both ways): if the \
cells next to it hold one or more of the opponent's pieces without a gap, and right behind them is a piece of the \
player who moves, then all of these opponent's pieces change to that player's colour. Pieces that change do not \
enclose others in turn: only lines that start at the piece just laid count.

The board now:

{grid}

Cells are written (row, column), and (1, 1) is the top left one. The next moves are:

{rounds}

What is the board after the last of these moves? Give all {size * size} cells row by row from the top left, as 0, 1 \
or *, separated by commas: <<<cell 1,cell 2,...,cell {size * size}>>>."""


FAMILY = Reversi()
