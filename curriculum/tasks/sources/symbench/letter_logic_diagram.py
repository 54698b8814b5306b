"""Completes a square of letters: each letter once per row and column, and one letter all along the minor diagonal.

The original checker knew one square per item, though some items have several; here any that obeys the rules is right.
"""

import random
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import cell_rows
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_LETTERS = "abcdefghi"
_MIN_SIZE = 4


class LetterLogicDiagram:
    """Squares with some letters shown; every item has at least one completion."""

    name = "letter_logic_diagram"
    capability: Capability = "logical"
    levels: tuple[dict[str, Any], ...] = (
        {"size": 5, "num_given": 14},
        {"size": 7, "num_given": 34},
        {"size": 7, "num_given": 26},
        {"size": 7, "num_given": 19},
        {"size": 9, "num_given": 34},
    )

    def generate(self, rng: random.Random, *, size: int, num_given: int) -> Item:
        """A random square that obeys the rules, with all but `num_given` of its letters taken out."""
        require_between("size", size, _MIN_SIZE, len(_LETTERS))
        require_between("num_given", num_given, 0, size * size - 1)
        square = _with_equal_diagonal(_latin_square(size, rng), rng)
        shown = set(rng.sample(range(size * size), num_given))
        givens = [
            [letter if row * size + column in shown else "" for column, letter in enumerate(letters)]
            for row, letters in enumerate(square)
        ]
        return Item(question=_question(givens), answer=_lines(square), facts={"givens": givens})

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer is a square that obeys the rules and has the given letters in their places."""
        givens = facts["givens"]
        rows = cell_rows(answer, num_columns=len(givens))
        return rows is not None and _completes([[cell.lower() for cell in row] for row in rows], givens)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        givens = [[letter or "" for letter in letters] for letters in row["solution"]["grid"]]
        square = row["solution"]["solution"]
        if not _completes(square, givens):
            raise ValueError(f"{row['id']}: the stored square breaks a rule or changes a given letter")
        return Item(question=row["question"], answer=_lines(square), facts={"givens": givens})


def _completes(square: list[list[str]], givens: list[list[str]]) -> bool:
    size = len(givens)
    if len(square) != size or any(len(row) != size for row in square):
        return False
    letters = set(_LETTERS[:size])
    return (
        all(set(line) == letters for line in [*square, *zip(*square, strict=True)])
        and len({square[row][size - 1 - row] for row in range(size)}) == 1
        and all(givens[r][c] in ("", square[r][c]) for r in range(size) for c in range(size))
    )


def _latin_square(size: int, rng: random.Random) -> list[list[str]]:
    """Random rows one below the other; by Hall's theorem each start can be continued to a full square."""
    unused = [list(_LETTERS[:size]) for _ in range(size)]  # per column
    square = []
    for _ in range(size):
        row = _random_row(unused, rng)
        for letters, letter in zip(unused, row, strict=True):
            letters.remove(letter)
        square.append(row)
    return square


def _random_row(unused: list[list[str]], rng: random.Random) -> list[str]:
    """One unused letter per column, all different: a random matching of columns and letters."""
    column_of: dict[str, int] = {}

    def place(column: int, tried: set[str]) -> bool:
        for letter in rng.sample(unused[column], len(unused[column])):
            if letter in tried:
                continue
            tried.add(letter)
            if letter not in column_of or place(column_of[letter], tried):
                column_of[letter] = column
                return True
        return False

    for column in rng.sample(range(len(unused)), len(unused)):
        place(column, set())
    return sorted(column_of, key=column_of.__getitem__)


def _with_equal_diagonal(square: list[list[str]], rng: random.Random) -> list[list[str]]:
    """The rows in the one order in which a random letter fills the minor diagonal."""
    letter = rng.choice(square[0])
    return sorted(square, key=lambda row: -row.index(letter))


def _lines(square: list[list[str]]) -> str:
    return "\n".join(",".join(row) for row in square)


def _question(givens: list[list[str]]) -> str:
    size = len(givens)
    grid = "\n".join(" ".join(letter or "." for letter in row) for row in givens)
    return (
        f"Below is a square of {size} rows and {size} columns, in which a dot is an empty cell.\n\n{grid}\n\n"
        f"Put one of the letters a to {_LETTERS[size - 1]} into each empty cell, so that every row and every column "
        f"holds each of these {size} letters once, and so that the {size} cells of the diagonal from the top right "
        "corner to the bottom left corner all hold one and the same letter. Letters that are there stay. If several "
        "squares fit, give any one.\n\n"
        f"Give the full square between <<< and >>>: {size} lines from top to bottom, each with its {size} letters from "
        "left to right and a comma between letters."
    )


FAMILY = LetterLogicDiagram()
