"""Sequences of brackets and of moves."""

import re

from curriculum.tasks.normalisers.sequences import items
from curriculum.tasks.normalisers.wrapping import MAX_LENGTH, unwrapped

_BRACKETS = re.compile(r"[()\[\]{}<>]+")
_DIRECTIONS = {
    **dict.fromkeys(("u", "up", "north", "n"), "u"),
    **dict.fromkeys(("d", "down", "south", "s"), "d"),
    **dict.fromkeys(("l", "left", "west", "w"), "l"),
    **dict.fromkeys(("r", "right", "east", "e"), "r"),
}


def brackets(text: str) -> str | None:
    """A sequence of brackets without the space between them; quotes around it do not matter."""
    if len(text) > MAX_LENGTH:
        return None
    found = re.sub(r"[\s`'\"]+", "", text)
    return found if _BRACKETS.fullmatch(found) else None


def moves(text: str) -> str | None:
    """A sequence of directions as letters u, d, l and r: `UDLR`, `up, down`, `["U", "D"]`."""
    text = unwrapped(text).casefold()
    parts = list(text) if re.fullmatch(r"[udlr]+", text) else items(text)
    found = [_DIRECTIONS.get(part) for part in parts or ()]
    letters = [letter for letter in found if letter]
    return "".join(letters) if letters and len(letters) == len(found) else None
