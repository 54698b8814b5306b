"""Pooling: a window slides over a matrix of numbers; the maximum or the average of each position is asked.

The original checker reads whole numbers only, so that no answer with averages can be right there, and its questions
state neither the step of the window nor how to round: here both are stated, and averages are compared as numbers.
"""

import random
from fractions import Fraction
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import cell_rows, number
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between, require_one_of

_HALF_A_HUNDREDTH = Fraction(1, 200)
"""Of an average, which is asked for to two decimals."""
_LOWEST, _HIGHEST = -10, 20
_KINDS = ("max", "average")


class Pooling:
    """Maximum and average pooling."""

    name = "pooling"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = (
        {"size": 3, "window": 2, "stride": 1, "kind": "max"},
        {"size": 4, "window": 2, "stride": 1, "kind": "average"},
        {"size": 5, "window": 3, "stride": 1, "kind": "max"},
        {"size": 6, "window": 3, "stride": 1, "kind": "average"},
        {"size": 10, "window": 4, "stride": 2, "kind": "average"},
    )

    def generate(self, rng: random.Random, *, size: int, window: int, stride: int, kind: str) -> Item:
        """An item with a random matrix of whole numbers.

        Args:
            rng: Source of all randomness.
            size: Rows and columns of the matrix.
            window: Rows and columns of the window.
            stride: Cells that the window moves at a time; must lead it exactly to the edge.
            kind: max or average.

        Raises:
            ValueError: If a setting is out of range.
        """
        require_between("size", size, 3, 20)
        require_between("window", window, 2, min(6, size - 1))
        require_between("stride", stride, 1, size - window)
        require_one_of("kind", kind, _KINDS)
        if (size - window) % stride:
            raise ValueError(f"stride must divide size - window = {size - window}, got {stride}")
        matrix = [[rng.randint(_LOWEST, _HIGHEST) for _ in range(size)] for _ in range(size)]
        facts = {"matrix": matrix, "window": window, "stride": stride, "kind": kind}
        return Item(question=_question(matrix, window, stride, kind), answer=_written(facts), facts=facts)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text gives the pooled matrix row by row, averages to two decimals or more."""
        expected = pooled(facts["matrix"], facts["window"], facts["stride"], facts["kind"])
        rows = cell_rows(answer, len(expected))
        if rows is None or len(rows) != len(expected):
            return False
        found = [
            (number(cell), value)
            for cells, values in zip(rows, expected, strict=True)
            for cell, value in zip(cells, values, strict=True)
        ]
        if facts["kind"] == "max":
            return all(value == right for value, right in found)
        return all(value is not None and _is_average(value, right) for value, right in found)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file; its window moves one cell at a time."""
        solution = row["solution"]
        facts = {
            "matrix": solution["matrix"],
            "window": solution["window_size"],
            "stride": 1,
            "kind": solution["pooling_type"],
        }
        require_one_of("pooling_type", facts["kind"], _KINDS)
        return Item(question=row["question"], answer=_written(facts), facts=facts)


def pooled(matrix: list[list[int]], window: int, stride: int, kind: str) -> list[list[Fraction]]:
    """The exact maximum or average of every position of the window."""
    starts = range(0, len(matrix) - window + 1, stride)
    windows = [
        [[value for line in matrix[r : r + window] for value in line[c : c + window]] for c in starts]
        for r in starts
    ]
    if kind == "max":
        return [[Fraction(max(values)) for values in row] for row in windows]
    return [[Fraction(sum(values), len(values)) for values in row] for row in windows]


def _written(facts: dict[str, Any]) -> str:
    values = [v for row in pooled(**facts) for v in row]
    return ",".join(f"{float(value):.2f}" if facts["kind"] == "average" else str(value) for value in values)


def _question(matrix: list[list[int]], window: int, stride: int, kind: str) -> str:
    rows = "\n".join(", ".join(str(value) for value in line) for line in matrix)
    side = (len(matrix) - window) // stride + 1
    what = "largest number" if kind == "max" else "average of the numbers"
    form = "whole numbers" if kind == "max" else "decimal numbers rounded to two decimals"
    step = "one cell" if stride == 1 else f"{stride} cells"
    return f"""A window of {window}x{window} cells slides over this matrix of {len(matrix)}x{len(matrix)} numbers:

{rows}

It starts in the top left corner and moves {step} at a time, to the right and then down, always lying fully inside \
the matrix: it takes {side} positions across and {side} down. For each position note the {what} that the window \
covers. The notes form a matrix of {side}x{side}, arranged as the positions are.

Give this matrix row by row, {side * side} {form} separated by commas: <<<number 1,...,number {side * side}>>>."""


def _is_average(value: Fraction, right: Fraction) -> bool:
    return abs(value - right) <= _HALF_A_HUNDREDTH or value == Fraction(int(right * 100), 100)


FAMILY = Pooling()
