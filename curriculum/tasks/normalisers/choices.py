"""Answers out of a few: an option letter, yes or no, true or false."""

import re

from curriculum.tasks.normalisers.sequences import lone

_OPTION = re.compile(
    r"(?:(?:option|choice)\s+)?(?:\((?P<round>[A-Za-z])\)[.:]?|(?P<bare>[A-Za-z])[).:]?)(?:\s+[-\u2014:])?(?P<rest>\s+\S.*)?",
    re.IGNORECASE | re.DOTALL,
)


def option(text: str, texts: dict[str, str] | None = None) -> str | None:
    """The letter of an option, as a capital: `(B)`, `b`, `B)`, `option B`, or `(B) its text`.

    Args:
        text: The answer.
        texts: The options' texts by letter, if known: text after the letter must then be that option's own, and a
            text alone stands for its letter.
    """
    text = lone(text)
    by_letter = {letter: _plain(words) for letter, words in (texts or {}).items()}
    named = [letter for letter, words in by_letter.items() if words and words == _plain(text)]
    if len(named) == 1:
        return named[0]
    match = _OPTION.fullmatch(text)
    if match is None:
        return None
    letter = (match["round"] or match["bare"]).upper()
    if texts and letter not in texts:
        return None
    rest = _plain(match["rest"] or "")
    return letter if not rest or rest == by_letter.get(letter) else None


def yes_no(text: str) -> bool | None:
    """True for yes, False for no, in any case of letters."""
    return {"yes": True, "no": False}.get(_plain(lone(text)))


def boolean(text: str) -> bool | None:
    """True for true, False for false, in any case of letters."""
    return {"true": True, "false": False}.get(_plain(lone(text)))


def validity(text: str) -> bool | None:
    """True for valid, False for invalid, in any case of letters."""
    return {"valid": True, "invalid": False}.get(_plain(lone(text)))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")
