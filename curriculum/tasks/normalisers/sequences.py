"""Flat lists: `[1, 2]`, `(1, 2)`, `1, 2`, `1 2`, `["A", "B"]`, one per line."""

import re
from fractions import Fraction

from curriculum.tasks.normalisers.numbers import integer, number
from curriculum.tasks.normalisers.wrapping import unwrapped, without_brackets

_QUOTED = re.compile(r"""(["'])(?P<inner>.*)\1""", re.DOTALL)


def items(text: str) -> list[str] | None:
    """The elements of a flat list as text, quotes removed; None if one is empty or brackets are nested.

    Commas or semicolons separate; where there are none, white space does.
    """
    text = without_brackets(unwrapped(text))
    if not text or any(bracket in text for bracket in "[]{}"):
        return None
    parts = re.split(r"[,;]", text) if re.search(r"[,;]", text) else text.split()
    elements = [_unquoted(part) for part in parts]
    return elements if all(elements) else None


def integers(text: str) -> list[int] | None:
    """The elements of a flat list of whole numbers."""
    parts = items(text)
    values = [integer(part) for part in parts] if parts else []
    found = [value for value in values if value is not None]
    return found if found and len(found) == len(values) else None


def numbers(text: str) -> list[Fraction] | None:
    """The elements of a flat list of numbers."""
    parts = items(text)
    values = [number(part) for part in parts] if parts else []
    found = [value for value in values if value is not None]
    return found if found and len(found) == len(values) else None


def _unquoted(part: str) -> str:
    part = part.strip()
    quoted = _QUOTED.fullmatch(part)
    return quoted["inner"].strip() if quoted else part
