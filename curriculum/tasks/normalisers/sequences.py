"""Flat lists: `[1, 2]`, `(1, 2)`, `1, 2`, `1 2`, `["A", "B"]`, `1 -> 2`, `1, 2, and 3`, one per line."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from curriculum.tasks.normalisers.numbers import integer, number
from curriculum.tasks.normalisers.printed import flat, nested
from curriculum.tasks.normalisers.wrapping import unwrapped, without_brackets

_Value = TypeVar("_Value", int, Fraction)

_QUOTED = re.compile(r"""(["'])(?P<inner>.*)\1""", re.DOTALL)
_ARROW = re.compile(r"\s*(?:->|=>|\u2192|\\to(?![A-Za-z])|\\rightarrow)\s*")
_BETWEEN = re.compile(r"[,;|][ \t]*\n|[,;|\n]")
_THOUSANDS_IN_PARTS = re.compile(r"[0-9],[0-9]{3}(?![0-9])[^;]*;|;[^;]*[0-9],[0-9]{3}(?![0-9])")
_PAIR = re.compile(
    r"(?P<key_mark>[\"']?)(?P<key>[^\"'=:]+?)(?P=key_mark)\s*(?:=>?|:|->|\u2192)\s*"
    r"(?P<mark>[\"']?)(?P<value>[^\"'=:]+?)(?P=mark)"
)
_AND = ("and", "&")


def items(text: str) -> list[str] | None:
    """The elements of a flat list as text, quotes removed; None if one is empty or brackets are nested.

    Commas, semicolons, bars or arrows separate; where there are none, white space does. `and` may stand before the
    last element. No number goes beyond a comma: `125, 216` are two.
    """
    text = unwrapped(text)
    inner = without_brackets(text)
    if inner != text:
        printed = flat(text)
        if printed and all(printed):
            return _without_and(printed)
    inner = _ARROW.sub(",", inner)
    if not inner or any(bracket in inner for bracket in "[]{}"):
        return None
    parts = _BETWEEN.split(inner) if re.search(r"[,;|]", inner) else inner.split()
    elements = [_unquoted(part) for part in parts]
    return _without_and(elements) if all(elements) else None


def integers(text: str) -> list[int] | None:
    """The elements of a flat list of whole numbers."""
    return _values(integer, text)


def numbers(text: str) -> list[Fraction] | None:
    """The elements of a flat list of numbers."""
    return _values(number, text)


def words(text: str) -> list[str] | None:
    """Words in order, separated by spaces or commas, in brackets or not; lower case."""
    parts = items(text)
    return [part.casefold() for part in parts] if parts else None


def plain_text(text: str) -> str | None:
    """Text with runs of white space as one space, without what surrounds it; None if nothing is left."""
    return " ".join(unwrapped(text).split()) or None


def lines(text: str) -> list[str]:
    """The elements of a printed list of texts, or the lines of a text; without bullets and empty lines."""
    text = unwrapped(text)
    printed = flat(text) if text[:1] in ("[", "(") else None
    return printed or [line for line in (line.strip().rstrip(",;") for line in text.splitlines()) if line]


def mapping(text: str) -> dict[str, str] | None:
    """Keys and values: `{"A": 1, "B": 2}`, `A=1, B=2`, `[("A", 1), ("B", 2)]`, one per line; each key once."""
    text = unwrapped(text)
    rows = nested(text) if text[:1] in ("[", "(") else None
    if rows and all(isinstance(row, list) and len(row) == 2 for row in rows):
        pairs = [(str(row[0]), str(row[1])) for row in rows if isinstance(row, list)]
    else:
        inner = without_brackets(text)
        parts = re.split(r"[,;\n]", inner) if re.search(r"[,;\n]", inner) else inner.split()
        matches = [_PAIR.fullmatch(_unquoted(part)) for part in parts if part.strip()]
        if not all(matches):
            return None
        pairs = [(match["key"].strip(), match["value"].strip()) for match in matches if match]
    found = dict(pairs)
    return found if found and len(found) == len(pairs) else None


def lone(text: str) -> str:
    """The only element of a list of one, `[7]` or `("x",)`, without what surrounds it; else the text itself."""
    text = unwrapped(text)
    elements = flat(text) if without_brackets(text) != text else None
    return unwrapped(elements[0]) if elements and len(elements) == 1 else text


def without_inner_and(elements: list[str]) -> list[str]:
    """The elements without any `and` that stands alone between two of them."""
    last = len(elements) - 1
    return [e for n, e in enumerate(elements) if e.casefold() not in _AND or n in (0, last)]


def _values(reading: Callable[[str], _Value | None], text: str) -> list[_Value] | None:
    if _THOUSANDS_IN_PARTS.search(text):  # `1,234; 5,678` may be two numbers or four
        return None
    parts = without_inner_and(items(text) or [])
    found = [value for part in parts if (value := reading(part)) is not None]
    return found if found and len(found) == len(parts) else None


def _without_and(elements: list[str]) -> list[str]:
    """`a, b, and c` and `a, b and c` as three elements."""
    if len(elements) < 2:
        return elements
    *before, last = elements
    word, _, rest = last.partition(" ")
    if word.casefold() in _AND and rest.strip():
        return [*before, _unquoted(rest)]
    ends = re.split(r"\s(?:and|&)\s", last, flags=re.IGNORECASE)
    return [*before, *map(_unquoted, ends)] if len(ends) == 2 and all(map(str.strip, ends)) else elements


def _unquoted(part: str) -> str:
    part = part.strip()
    quoted = _QUOTED.fullmatch(part)
    return quoted["inner"].strip() if quoted and quoted[1] not in quoted["inner"] else part
