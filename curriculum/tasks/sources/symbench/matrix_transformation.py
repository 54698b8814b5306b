"""Matrix transformation: a matrix of letters, digits or symbols is turned or mirrored; the result is asked."""

import random
import string
from collections.abc import Callable
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.sources.symbench.parts.character_grids import character_rows
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between, require_one_of

Rows = list[str]

_CONTENT = {
    "letters": string.ascii_uppercase,
    "digits": string.digits[1:],
    "mixed": string.ascii_uppercase + string.digits[1:],
    # No symbol that separates, quotes or wraps in an ordinary answer.
    "symbols": "!@#%&+=?^~",
}
_NUM_TRIES = 20


def _clockwise(rows: Rows) -> Rows:
    return ["".join(column) for column in zip(*rows[::-1], strict=True)]


_STEPS: dict[str, tuple[str, Callable[[Rows], Rows]]] = {
    "clockwise": ("Rotate the matrix by 90 degrees clockwise.", _clockwise),
    "half": ("Rotate the matrix by 180 degrees.", lambda rows: [row[::-1] for row in rows[::-1]]),
    "counterclockwise": (
        "Rotate the matrix by 90 degrees counterclockwise.",
        lambda rows: ["".join(column) for column in zip(*rows, strict=True)][::-1],
    ),
    "left_right": (
        "Mirror the matrix left to right, so that the first column becomes the last.",
        lambda rows: [row[::-1] for row in rows],
    ),
    "top_bottom": (
        "Mirror the matrix top to bottom, so that the first row becomes the last.",
        lambda rows: rows[::-1],
    ),
    "transpose": (
        "Transpose the matrix, so that its first row becomes its first column.",
        lambda rows: ["".join(column) for column in zip(*rows, strict=True)],
    ),
}
_ROTATIONS = ("clockwise", "counterclockwise")


class MatrixTransformation:
    """Rotations and mirror images of a matrix."""

    name = "matrix_transformation"
    capability: Capability = "spatial"
    levels: tuple[dict[str, Any], ...] = (
        {"num_rows": 2, "num_columns": 3, "content": "digits", "num_steps": 1},
        {"num_rows": 3, "num_columns": 3, "content": "letters", "num_steps": 1},
        {"num_rows": 3, "num_columns": 4, "content": "mixed", "num_steps": 1},
        {"num_rows": 4, "num_columns": 4, "content": "symbols", "num_steps": 2},
        {"num_rows": 5, "num_columns": 7, "content": "mixed", "num_steps": 4},
    )

    def generate(
        self, rng: random.Random, *, num_rows: int, num_columns: int, content: str, num_steps: int
    ) -> Item:
        """An item that as a rule neither keeps the matrix nor reads it backwards.

        Args:
            rng: Source of all randomness.
            num_rows: Rows of the matrix given.
            num_columns: Columns of the matrix given.
            content: What a cell holds: letters, digits, mixed (both) or symbols.
            num_steps: Transformations in a row. A single one is a rotation by 90 degrees.
        """
        require_between("num_rows", num_rows, 2, 20)
        require_between("num_columns", num_columns, 2, 20)
        require_one_of("content", content, _CONTENT)
        require_between("num_steps", num_steps, 1, 20)
        for _ in range(_NUM_TRIES):
            rows = ["".join(rng.choices(_CONTENT[content], k=num_columns)) for _ in range(num_rows)]
            steps = [rng.choice(_ROTATIONS if num_steps == 1 else list(_STEPS)) for _ in range(num_steps)]
            result = transformed(rows, steps)
            if result not in (rows, transformed(rows, ["half"])):
                break
        return Item(
            question=_question(rows, steps),
            answer=",".join("".join(result)),
            facts={"rows": rows, "steps": steps},
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the transformed matrix, row by row."""
        expected = transformed(facts["rows"], facts["steps"])
        return character_rows(answer, expected) == expected

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file; all of those ask for one rotation.

        Raises:
            ValueError: If the item asks for anything else.
        """
        if "rotate this matrix 90 degrees clockwise" not in row["question"]:
            raise ValueError("the item asks for another transformation than 90 degrees clockwise")
        rows = ["".join(line) for line in row["solution"]["matrix"]]
        steps = ["clockwise"]
        answer = ",".join("".join(transformed(rows, steps)))
        return Item(question=row["question"], answer=answer, facts={"rows": rows, "steps": steps})


def transformed(rows: Rows, steps: list[str]) -> Rows:
    """The rows after all steps in order."""
    for step in steps:
        rows = _STEPS[step][1](rows)
    return rows


def _question(rows: Rows, steps: list[str]) -> str:
    matrix = "\n".join(" ".join(row) for row in rows)
    orders = "\n".join(f"{number}. {_STEPS[step][0]}" for number, step in enumerate(steps, start=1))
    return f"""Here is a matrix with {len(rows)} rows and {len(rows[0])} columns; spaces separate its cells:

{matrix}

Carry out the following, in this order, each step on the result of the one before:

{orders}

Give all cells of the result row by row, from the top left to the bottom right, separated by commas: \
<<<cell 1,cell 2,...,cell {len(rows) * len(rows[0])}>>>."""


FAMILY = MatrixTransformation()
