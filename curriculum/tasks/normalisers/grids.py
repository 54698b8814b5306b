"""Grids and lists of positions."""

import re

from curriculum.tasks.normalisers.numbers import integer
from curriculum.tasks.normalisers.sequences import items
from curriculum.tasks.normalisers.wrapping import unwrapped, without_brackets

_ROW = re.compile(r"[\[(]([^\[\]()]*)[\])]")
_BETWEEN_ROWS = re.compile(r"[\s,;]*")


def cell_rows(text: str, num_columns: int | None = None) -> list[list[str]] | None:
    """A grid as rows of cells: nested lists, or a line per row with cells apart or one character each.

    Args:
        text: The answer.
        num_columns: If given, every row must have as many cells, and a flat list is cut into such rows.

    Returns:
        The rows, all of one length; None if the text is no such grid.
    """
    text = unwrapped(text)
    rows = _nested_rows(text) or [_cells(line, num_columns) for line in _lines(text)]
    found = [row for row in rows if row]
    if not found or len(found) != len(rows):
        return None
    if num_columns and len(found) == 1 and len(found[0]) % num_columns == 0:
        flat = found[0]
        found = [flat[start : start + num_columns] for start in range(0, len(flat), num_columns)]
    width = num_columns or len(found[0])
    return found if all(len(row) == width for row in found) else None


def pairs(text: str) -> list[tuple[int, int]] | None:
    """Positions: `0 3, 1 0`, `(0, 3), (1, 0)`, `[[0, 3], [1, 0]]`, or one pair per line."""
    text = unwrapped(text)
    rows = _nested_rows(text)
    if rows is None or len(rows) == 1:  # the brackets stand around the whole list, or around a lone pair
        rows = _pair_parts(without_brackets(without_brackets(text)))
    if any(row is None or len(row) != 2 for row in rows):
        return None
    values = [(integer(row[0]), integer(row[1])) for row in rows if row]
    found = [(a, b) for a, b in values if a is not None and b is not None]
    return found if found and len(found) == len(values) else None


def _pair_parts(text: str) -> list[list[str] | None]:
    parts = [unwrapped(part).split() for part in re.split(r"[,;\n]", text) if part.strip()]
    if any(len(part) != 1 for part in parts):
        return list(parts)
    if len(parts) == 2:  # one pair, written "3, 4"
        return [[*parts[0], *parts[1]]]
    return [items(line.strip().rstrip(",")) for line in re.split(r"[;\n]", text) if line.strip()]


def _nested_rows(text: str) -> list[list[str] | None] | None:
    """Rows in brackets of their own; None if the text is not made of such rows."""
    for candidate in (without_brackets(text), text):
        rows = _ROW.findall(candidate)
        if rows and _BETWEEN_ROWS.fullmatch(_ROW.sub("", candidate)):
            return [items(row) for row in rows]
    return None


def _lines(text: str) -> list[str]:
    inner = without_brackets(text)
    return [line.strip().rstrip(",;") for line in inner.splitlines() if line.strip()]


def _cells(line: str, num_columns: int | None) -> list[str] | None:
    line = without_brackets(line)
    if not re.search(r"[\s,;]", line) and (num_columns is None or len(line) == num_columns):
        return list(line) if not re.search(r"[\[\](){}\"']", line) else None
    return items(line)
