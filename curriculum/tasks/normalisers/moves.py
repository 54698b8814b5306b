"""Sequences of brackets and of moves."""

import re

from curriculum.tasks.normalisers.printed import Quoted, nested
from curriculum.tasks.normalisers.sequences import items, without_inner_and
from curriculum.tasks.normalisers.wrapping import MAX_LENGTH, unwrapped

_BRACKETS = re.compile(r"[()\[\]{}<>]+")
_DIRECTIONS = {
    **dict.fromkeys(("u", "up", "north", "n"), "u"),
    **dict.fromkeys(("d", "down", "south", "s"), "d"),
    **dict.fromkeys(("l", "left", "west", "w"), "l"),
    **dict.fromkeys(("r", "right", "east", "e"), "r"),
}


def brackets(text: str) -> str | None:
    """A sequence of brackets, whatever separates them: `] >`, `]>`, `], >`, `[']', '>']`; quotes do not matter."""
    if len(text) > MAX_LENGTH:
        return None
    text = unwrapped(text)
    printed = nested(text) or ()
    quoted = [str(part) for part in printed if isinstance(part, Quoted)]
    if quoted and len(quoted) == len(printed):
        text = "".join(quoted)
    found = re.sub(r"[\s`'\",]+", "", text)
    return found if _BRACKETS.fullmatch(found) else None


def moves(text: str) -> str | None:
    """A sequence of directions as letters u, d, l and r: `UDLR`, `up, down`, `["U", "D"]`, `U -> D`."""
    text = unwrapped(text).casefold()
    parts = list(text) if re.fullmatch(r"[udlr]+", text) else without_inner_and(items(text) or [])
    found = [_DIRECTIONS.get(part) for part in parts]
    letters = [letter for letter in found if letter]
    return "".join(letters) if letters and len(letters) == len(found) else None
