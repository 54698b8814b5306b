"""Readings of answers, one per kind: text in, a value out, or None where the text is no such thing.

They accept the spellings in which people write one and the same value (`1,234`, `[1, 2]` or `1 2`, `(B)` or `b`) and
nothing that hedges (`5 or 6`, two letters, a sentence around the answer). Only ASCII digits are digits. Nothing is
evaluated, and every function is total: any text gives a value or None.
"""

from curriculum.tasks.normalisers.choices import boolean, option, validity, yes_no
from curriculum.tasks.normalisers.grids import cell_rows, lists, pairs
from curriculum.tasks.normalisers.moves import brackets, moves
from curriculum.tasks.normalisers.numbers import integer, number
from curriculum.tasks.normalisers.sequences import (
    integers,
    items,
    lines,
    lone,
    mapping,
    numbers,
    plain_text,
    words,
)

__all__ = [
    "boolean",
    "brackets",
    "cell_rows",
    "integer",
    "integers",
    "items",
    "lines",
    "lists",
    "lone",
    "mapping",
    "moves",
    "number",
    "numbers",
    "option",
    "pairs",
    "plain_text",
    "validity",
    "words",
    "yes_no",
]
