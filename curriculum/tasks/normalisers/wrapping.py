"""What people put around an answer without changing it: spaces, quotes, dollar signs, a closing period."""

import re

MAX_LENGTH = 20_000

_MINUS_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\uff0d": "-"})
_PAIRS = (("$", "$"), ("`", "`"), ('"', '"'), ("'", "'"), ("**", "**"), (r"\(", r"\)"), (r"\[", r"\]"))
_BOXED = re.compile(r"\\boxed\s*\{(?P<inner>.*)\}", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"


def unwrapped(text: str) -> str:
    """The text without what surrounds it; empty if it is longer than any honest answer."""
    if len(text) > MAX_LENGTH:
        return ""
    text = text.translate(_MINUS_SIGNS).strip()
    before = None
    while before != text:
        before = text
        text = text.strip()
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1].rstrip()
        for opening, closing in _PAIRS:
            if _is_wrapped(text, opening, closing):
                text = text[len(opening) : len(text) - len(closing)]
        boxed = _BOXED.fullmatch(text)
        if boxed:
            text = boxed["inner"]
    return text


def without_brackets(text: str) -> str:
    """The text without one pair of brackets around all of it, if there is such a pair."""
    text = text.strip()
    if len(text) >= 2 and text[0] in _OPENING and _closing_index(text) == len(text) - 1:
        return text[1:-1].strip()
    return text


def _is_wrapped(text: str, opening: str, closing: str) -> bool:
    inner = text[len(opening) : len(text) - len(closing)]
    return (
        len(text) >= len(opening) + len(closing)
        and text.startswith(opening)
        and text.endswith(closing)
        and opening not in inner
    )


def _closing_index(text: str) -> int:
    """Where the bracket that opens the text closes; -1 if brackets do not match."""
    stack: list[str] = []
    for index, char in enumerate(text):
        if char in _OPENING:
            stack.append(_CLOSING[_OPENING.index(char)])
        elif char in _CLOSING:
            if not stack or stack.pop() != char:
                return -1
            if not stack:
                return index
    return -1
