"""Grids and lists of positions."""

import re

from curriculum.tasks.normalisers.numbers import integer
from curriculum.tasks.normalisers.printed import Quoted, nested
from curriculum.tasks.normalisers.sequences import items
from curriculum.tasks.normalisers.wrapping import unwrapped, without_brackets

_RULE = re.compile(r"[\s|+:\u2502]*[-=\u2500]{3,}[-=|+:\s\u2500]*")
_BAR = re.compile(r"\s*[|\u2502]\s*")
_LABEL = re.compile(r"\s*(?:row|line)\s*(?P<number>[0-9]{1,3})\s*[:.)=]\s*", re.IGNORECASE)
_ARROW_BETWEEN = re.compile(r"(?<=[\])])\s*(?:->|\u2192)\s*(?=[\[(])")
_AND_BETWEEN = re.compile(r",?\s+(?:and|&)\s+", re.IGNORECASE)
_TIGHT_PAIR = re.compile(r"-?[0-9]+,-?[0-9]+")

Rows = list[list[str] | None]


def cell_rows(text: str, num_columns: int | None = None) -> list[list[str]] | None:
    """A grid as rows of cells: nested lists, texts as rows, a table, or a line per row.

    Args:
        text: The answer. In a line, cells stand apart or are one character each.
        num_columns: If given, every row must have as many cells, and a flat list is cut into such rows.

    Returns:
        The rows, all of one length; None if the text is no such grid.
    """
    text = _ARROW_BETWEEN.sub(", ", unwrapped(text))
    rows = _printed_rows(text, num_columns) or _line_rows(_lines(text), num_columns)
    found = [row for row in rows if row]
    if not found or len(found) != len(rows):
        return None
    if num_columns and any(len(row) != num_columns for row in found):
        found = [[cell for row in found for cell in row]] if _is_one_list(text, found) else found
    if num_columns and len(found) == 1 and len(found[0]) % num_columns == 0:
        flat = found[0]
        found = [flat[start : start + num_columns] for start in range(0, len(flat), num_columns)]
    width = num_columns or len(found[0])
    return found if all(len(row) == width for row in found) else None


def lists(text: str) -> list[list[str]] | None:
    """Rows of texts, of any lengths: nested lists, texts as rows, or a line per row."""
    text = unwrapped(text)
    found = nested(text) if text[:1] in ("[", "(", "{") else None
    if found is None:
        rows = [items(line) for line in _lines(text)]
    elif all(isinstance(row, list) for row in found):
        rows = [
            [str(part) for part in row if isinstance(part, str)] for row in found if isinstance(row, list)
        ]
        if [len(row) for row in rows if row] != [len(row) for row in found]:
            return None
    else:
        apart = any(re.search(r"[\s,;]", row.strip()) for row in found if isinstance(row, str))
        rows = [items(row) for row in found if isinstance(row, Quoted)] if apart else []
        if len(rows) != len(found):
            return None
    whole = [row for row in rows if row]
    return whole if whole and len(whole) == len(rows) else None


def pairs(text: str) -> list[tuple[int, int]] | None:
    """Positions: `0 3, 1 0`, `(0, 3), (1, 0)`, `[[0, 3], [1, 0]]`, `0,3 1,0`, or one pair per line."""
    text = _AND_BETWEEN.sub(", ", unwrapped(text))
    text = _ARROW_BETWEEN.sub(", ", text)
    rows = _printed_rows(text, None)
    if rows is None or len(rows) == 1:  # the brackets stand around the whole list, or around a lone pair
        rows = _pair_parts(without_brackets(without_brackets(text)))
    if any(row is None or len(row) != 2 for row in rows):
        return None
    values = [(integer(row[0]), integer(row[1])) for row in rows if row]
    found = [(a, b) for a, b in values if a is not None and b is not None]
    return found if found and len(found) == len(values) else None


def _pair_parts(text: str) -> Rows:
    tokens = text.split()
    if len(tokens) > 1 and all(_TIGHT_PAIR.fullmatch(token.rstrip(";")) for token in tokens):
        return [token.rstrip(";").split(",") for token in tokens]
    if _BAR.search(text):
        return [items(line) for line in _lines(text)]
    quoted = [items(part) for part in nested(text) or () if isinstance(part, Quoted)]
    if len(quoted) > 1 and all(part and len(part) == 2 for part in quoted):
        return quoted
    parts = [unwrapped(part).split() for part in re.split(r"[,;\n]", text) if part.strip()]
    if any(len(part) != 1 for part in parts):
        return list(parts)
    if len(parts) == 2:  # one pair, written "3, 4"
        return [[*parts[0], *parts[1]]]
    return [items(line.strip().rstrip(",")) for line in re.split(r"[;\n]", text) if line.strip()]


def _printed_rows(text: str, num_columns: int | None) -> Rows | None:
    """Rows in brackets of their own, or quoted texts as rows of a known width; None if the text is no such list."""
    found = nested(text) if text[:1] in ("[", "(", "{") else None
    if not found:
        return None
    rows = [[str(cell) for cell in row if isinstance(cell, str)] for row in found if isinstance(row, list)]
    if len(rows) == len(found):
        sizes = [len(row) for row in found if isinstance(row, list)]
        return list(rows) if [len(row) for row in rows] == sizes else None
    texts = [row for row in found if isinstance(row, Quoted)]
    plain = [row for row in found if isinstance(row, str)]
    if num_columns and not texts and len(plain) == len(found) and not re.search(r"\s", "".join(plain)):
        return [plain]
    if num_columns is None or num_columns < 2 or len(texts) != len(found):
        return None
    split = [_cells(row, num_columns) for row in texts]
    is_flat = len(texts) != num_columns and len(texts) % num_columns == 0
    is_row = [row is not None and len(row) == num_columns for row in split]
    # Texts of as many characters as there are columns may be cells as well: then a grid is as high as wide.
    is_apart = all(re.search(r"[\s,;|]", row.strip()) for row in texts)
    return list(split) if all(is_row) and (is_apart or not is_flat) else None


def _line_rows(lines: list[str], num_columns: int | None) -> Rows:
    """Lines as rows; as single cells where they are as many as a square grid has and nothing stands apart in them."""
    rows = [_cells(line, num_columns) for line in lines]
    is_apart = any(re.search(r"[\s,;|]", line) for line in lines)
    differ = any(row is None or len(row) != num_columns for row in rows)
    if num_columns and num_columns > 1 and not is_apart and (differ or len(lines) == num_columns**2):
        cells = [items(line) for line in lines]
        return cells if all(cell is not None and len(cell) == 1 for cell in cells) else rows
    return rows


def _is_one_list(text: str, rows: list[list[str]]) -> bool:
    """Whether lines are one flat list: a cell in each, or a printed list that was wrapped."""
    return all(len(row) == 1 for row in rows) or (
        text[:1] in ("[", "(") and not any(bracket in text[1:-1] for bracket in "[](){}")
    )


def _lines(text: str) -> list[str]:
    lines = [line for line in without_brackets(text).splitlines() if line.strip()]
    if any(_BAR.search(line) for line in lines):  # a table
        lines = [_BAR.sub(" | ", line).strip(" |") for line in lines if not _RULE.fullmatch(line)]
    labels = [match for line in lines if (match := _LABEL.match(line))]
    if len(labels) == len(lines) and [int(label["number"]) for label in labels] in _counts(len(lines)):
        lines = [line[label.end() :] for line, label in zip(lines, labels, strict=True)]
    return [line.strip().rstrip(",;") for line in lines]


def _counts(size: int) -> list[list[int]]:
    return [list(range(first, first + size)) for first in (0, 1)]


def _cells(line: str, num_columns: int | None) -> list[str] | None:
    line = without_brackets(line)
    if not re.search(r"[\s,;|]", line) and (num_columns is None or len(line) == num_columns):
        return list(line) if not re.search(r"[\[\](){}\"']", line) else None
    return items(line)
