"""Pattern recognition: a matrix of letters hides one filled square of equal letters; its bottom right corner is asked.

A published square of side 4 or more also contains smaller ones, whose corners the original wording does not exclude:
here the question says that the whole square is meant, and the item is proved to have exactly one.
"""

import random
import string
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import pairs
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

Square = tuple[int, int, int]
"""Row and column of its bottom right corner, counted from 0, and its side."""

_MIN_SIDE = 3
_NUM_TRIES = 300


class PatternRecognition:
    """A square of equal letters among look-alikes."""

    name = "pattern_recognition"
    capability: Capability = "search"
    levels: tuple[dict[str, Any], ...] = (
        {"size": 7, "side": 3, "num_decoys": 1, "num_letters": 26},
        {"size": 10, "side": 4, "num_decoys": 3, "num_letters": 16},
        {"size": 13, "side": 5, "num_decoys": 5, "num_letters": 10},
        {"size": 15, "side": 3, "num_decoys": 8, "num_letters": 8},
        {"size": 22, "side": 3, "num_decoys": 18, "num_letters": 6},
    )

    def generate(
        self, rng: random.Random, *, size: int, side: int, num_decoys: int, num_letters: int
    ) -> Item:
        """An item with exactly one square of side 3 or more that is not part of a larger one.

        Args:
            rng: Source of all randomness.
            size: Rows; there are as many columns or up to three more.
            side: Side of the square.
            num_decoys: Shapes that resemble a square and are none.
            num_letters: How many different letters there are; few make a denser texture.
        """
        require_between("size", size, 5, 40)
        require_between("side", side, _MIN_SIDE, size - 1)
        require_between("num_decoys", num_decoys, 0, 60)
        require_between("num_letters", num_letters, 5, 26)
        for _ in range(_NUM_TRIES):
            rows = _random_rows(rng, size, side, num_decoys, num_letters)
            squares = whole_squares(rows)
            if len(squares) == 1:
                break
        else:
            raise ValueError(f"no matrix with a single square found: raise num_letters above {num_letters}")
        row, column, _ = squares[0]
        return Item(question=_question(rows), answer=f"[{row}, {column}]", facts={"rows": rows})

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the bottom right corner of the square."""
        found = pairs(answer)
        return found is not None and found == [
            (row, column) for row, column, _ in whole_squares(facts["rows"])
        ]

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file.

        Raises:
            ValueError: If the matrix holds no square, or more than one.
        """
        text = row["question"].partition("If the matrix is")[2].partition("Please")[0]
        rows = ["".join(line.split()) for line in text.strip().splitlines()]
        squares = whole_squares(rows)
        if len(squares) != 1:
            raise ValueError(f"the answer should be unique, but the matrix has {len(squares)} squares")
        return Item(
            question=row["question"], answer=f"[{squares[0][0]}, {squares[0][1]}]", facts={"rows": rows}
        )


def whole_squares(rows: list[str]) -> list[Square]:
    """All filled squares of equal letters with side 3 or more that are not part of a larger one."""
    sides = [[1] * len(row) for row in rows]  # of the largest square that ends in each cell
    for r in range(1, len(rows)):
        for c in range(1, len(rows[r])):
            if rows[r][c] == rows[r - 1][c] == rows[r][c - 1] == rows[r - 1][c - 1]:
                sides[r][c] = 1 + min(sides[r - 1][c], sides[r][c - 1], sides[r - 1][c - 1])
    squares = [
        (r, c, side) for r, line in enumerate(sides) for c, side in enumerate(line) if side >= _MIN_SIDE
    ]
    return [
        one for one in squares if not any(_contains(other, one) for other in squares if other[2] > one[2])
    ]


def _contains(outer: Square, inner: Square) -> bool:
    return all(
        outer[axis] - outer[2] <= inner[axis] - inner[2] and inner[axis] <= outer[axis] for axis in (0, 1)
    )


def _random_rows(rng: random.Random, size: int, side: int, num_decoys: int, num_letters: int) -> list[str]:
    letters = rng.sample(string.ascii_uppercase, num_letters)
    num_columns = size + rng.randint(0, 3)
    cells = [rng.choices(letters, k=num_columns) for _ in range(size)]
    for _ in range(num_decoys):
        shape = _decoy(rng, rng.sample(letters, 2))
        top, left = rng.randint(0, size - len(shape)), rng.randint(0, num_columns - len(shape[0]))
        _paste(cells, shape, top, left)
    top, left = rng.randint(0, size - side), rng.randint(0, num_columns - side)
    _paste(cells, [rng.choice(letters) * side] * side, top, left)
    return ["".join(row) for row in cells]


def _decoy(rng: random.Random, letters: list[str]) -> list[str]:
    """A shape of one letter that resembles a square: a bar, a frame, or a block with one wrong cell."""
    letter, wrong = letters
    kind = rng.choice(("bar", "column", "frame", "flawed"))
    if kind == "bar":
        return [letter * rng.randint(3, 5)] * 2
    if kind == "column":
        return [letter * 2] * rng.randint(3, 5)
    if kind == "frame":
        side = rng.randint(3, 4)
        return [letter * side, *[letter + wrong * (side - 2) + letter] * (side - 2), letter * side]
    flaw = rng.randrange(9)
    block = letter * flaw + wrong + letter * (8 - flaw)
    return [block[:3], block[3:6], block[6:]]


def _paste(cells: list[list[str]], shape: list[str], top: int, left: int) -> None:
    for offset, line in enumerate(shape):
        cells[top + offset][left : left + len(line)] = line


def _question(rows: list[str]) -> str:
    matrix = "\n".join(" ".join(row) for row in rows)
    return f"""In the matrix below, one square block of cells is filled with a single letter: every one of its cells, \
the inner ones too, holds that letter, and its sides are at least {_MIN_SIDE} cells long. There is only one such \
square, not counting the smaller squares inside it. Other shapes may look similar, but are not as high as wide, have \
a different letter somewhere, or are too small.

{matrix}

In which row and column is the bottom right corner of the whole square? Count rows from the top and columns from the \
left, both from 0, and answer with the two numbers as <<<[row, column]>>>."""


FAMILY = PatternRecognition()
