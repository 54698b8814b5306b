"""Grids of one-character cells as answers.

A cell can be `*`, `$` or `=`: around an answer these are decoration, inside such a grid they are content.
"""

from curriculum.tasks.normalisers import cell_rows
from curriculum.tasks.normalisers.wrapping import MAX_LENGTH, unwrapped, without_brackets

# Characters of Unicode's private use area: they stand for decoration that is content here.
_DECORATION = "*$`'\"=|-.~&_\\<>"
_ALWAYS_CONTENT = "*$`'\""
_STAND_INS = {char: chr(0xE000 + number) for number, char in enumerate(_DECORATION)}


def character_rows(text: str, expected: list[str]) -> list[str] | None:
    """The rows of a grid as strings, if it has the shape of the expected one; None otherwise.

    Args:
        text: The answer: nested lists, a line per row, one flat list, or all cells in a row without separators.
        expected: The right rows; of these only the shape and the set of characters are used.
    """
    if len(text) > MAX_LENGTH or any(stand_in in text for stand_in in _STAND_INS.values()):
        return None
    found = _rows(text, expected, _DECORATION)
    # `= 1, =, 0` and `1, -, 0.` are decorated and have the sign as a cell too.
    return found or _rows(text, expected, _ALWAYS_CONTENT)


def _rows(text: str, expected: list[str], content: str) -> list[str] | None:
    num_columns = len(expected[0])
    shielded = {char: _STAND_INS[char] for char in set("".join(expected)) if char in content}
    for char, stand_in in shielded.items():
        text = text.replace(char, stand_in)
    compact = without_brackets(unwrapped(text))
    if len(compact) == num_columns * len(expected) and not any(char in " ,;\t\n" for char in compact):
        rows = [compact[start : start + num_columns] for start in range(0, len(compact), num_columns)]
    else:
        cells = cell_rows(text, num_columns) or []
        if len(cells) != len(expected) or any(len(cell) != 1 for row in cells for cell in row):
            return None
        rows = ["".join(row) for row in cells]
    for char, stand_in in shielded.items():
        rows = [row.replace(stand_in, char) for row in rows]
    return rows
