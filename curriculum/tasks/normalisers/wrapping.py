r"""What people put around an answer without changing it.

Spaces, quotes, dollar signs, a closing period, `\boxed{...}`, a fence, `The answer is`, bullets, a constructor that
Python prints. What stands in it is then read strictly: nothing here makes one answer out of two.
"""

import functools
import re

from curriculum.tasks.normalisers.printed import literal, without_constructors
from curriculum.tasks.normalisers.units import without_asked_unit

MAX_LENGTH = 20_000

_MAX_LAYERS = 12
_MINUS_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\uff0d": "-"})
_PAIRS = (
    *(
        ("$$", "$$"),
        ("$", "$"),
        ("```", "```"),
        ("`", "`"),
        ('"', '"'),
        ("'", "'"),
        ("**", "**"),
        ("__", "__"),
    ),
    *(("*", "*"), (r"\(", r"\)"), (r"\[", r"\]"), ("\u201c", "\u201d"), ("\u2018", "\u2019")),
)
_STARS = ("*", "**")  # also signs of formulas, which neither begin nor end with them
_SEPARATOR = re.compile(r"[,;\n]")
_ONLY_BRACKETS = re.compile(r"\{[\s()\[\]{}<>]+\}")
_MOST_SPACE = 100
_LONG_SPACE = re.compile(rf"\s{{{_MOST_SPACE},}}")  # patterns that begin with space take its square in time
_FENCE = re.compile(
    r"(?P<fence>`{3,}|~{3,})[ \t]*[\w+.-]*[ \t]*\n(?P<inner>.*?)\n?[ \t]*(?P=fence)", re.DOTALL
)
_COMMAND = re.compile(
    r"\\(?:boxed|fbox|text|text(?:bf|it|rm|sf|tt|normal)|math(?:bf|it|rm|sf|tt)|mbox|emph)\s*(?=\{)"
)
_SUBJECT = (
    r"(?:(?:so|thus|hence|therefore),?\s+)?(?:(?:the|my|our)\s+)?(?:(?:final|correct|right)\s+)?"
    r"(?:answer|result|solution|output|option|choice)"
)
_LEAD = re.compile(
    rf"(?P<bold>\*\*|__){_SUBJECT}(?:\s+(?:is|are)\b)?\s*[:=]?(?P=bold)\s*(?:(?:is|are)\b)?\s*[:=]?\s*"
    rf"|{_SUBJECT}(?:\s+(?:is|are)\b\s*[:=]?|\s*[:=])\s*",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?P<name>[A-Za-z](?:_?\{?[0-9]\}?)?|[A-Za-z]{2,12})\s*(?:=|\\approx)\s*(?P<value>[^=,;]+)"
)
_KEY = re.compile(r"[\"']?(?P<key>[A-Za-z]+)[\"']?\s*:\s*")
_EQUALS = re.compile(r"={1,2}(?![=>])\s*")
_BULLET = re.compile(r"\s*(?:[-*\u2022]|(?P<number>[0-9]{1,3})[.)]|\((?P<round>[0-9]{1,3})\))[ \t]+(?=\S)")
_POINTED = re.compile(r"[0-9]\.(?:\s|$)")
_OPENING, _CLOSING = "([{", ")]}"


def spellings(answer: str, question: str) -> list[str]:
    """The answer, and what is left of it without words that the question accounts for, outermost first.

    Those are `The answer is`, the name of the unknown (`x = 15` for a question about x), and the unit asked for.
    Each of them is to be read strictly.
    """
    found = [answer]
    if len(answer) > MAX_LENGTH:
        return found
    text = answer.strip()
    for candidate in (text, unwrapped(text)):
        lead = _LEAD.match(candidate)
        if lead and candidate[lead.end() :]:
            text = candidate[lead.end() :].strip()
            found.append(text)
            break
    values = _named_values(unwrapped(text), question)
    if values is not None:
        text = values
        found.append(text)
    inner = unwrapped(text)
    element = without_brackets(inner)
    found += [element] if element != inner and not _SEPARATOR.search(element) else []
    number = without_asked_unit(inner, question)
    return [*found, number] if number is not None else found


@functools.lru_cache(maxsize=128)  # one answer is asked for several times while it is judged
def unwrapped(text: str) -> str:
    """The text without what surrounds it; empty if it is longer than any honest answer."""
    if len(text) > MAX_LENGTH:
        return ""
    text = _LONG_SPACE.sub(lambda match: match[0][:_MOST_SPACE], text)
    text = without_constructors(text.translate(_MINUS_SIGNS)).strip()
    for _ in range(_MAX_LAYERS):
        inner = _without_layer(text)
        if inner == text:
            break
        text = inner
    return without_bullets(text)


def without_brackets(text: str) -> str:
    """The text without one pair of brackets around all of it, if there is such a pair."""
    text = text.strip()
    if len(text) >= 2 and text[0] in _OPENING and _closing_index(text) == len(text) - 1:
        return text[1:-1].strip()
    return text


def without_bullets(text: str) -> str:
    """The lines without the bullets or numbers, 1, 2, 3 and so on, that each of them begins with."""
    lines = [line for line in text.splitlines() if line.strip()]
    matches = [match for line in lines if (match := _BULLET.match(line))]
    if len(lines) < 2 or len(matches) != len(lines):
        return text
    rests = [line[match.end() :] for line, match in zip(lines, matches, strict=True)]
    numbers = [int(found) for match in matches if (found := match["number"] or match["round"])]
    in_order = [list(range(first, first + len(lines))) for first in (0, 1)]
    # numpy prints `1. 6.` for two numbers.
    if numbers and (numbers not in in_order or any(_POINTED.search(rest) for rest in rests)):
        return text
    return "\n".join(rests)


def _named_values(text: str, question: str) -> str | None:
    """The values in `x = 15`, `x = 1, x = 2` or `A = 3, B = 4`, if the question speaks of these names."""
    if text.startswith("{") and "," in text:  # a printed dict
        text = _KEY.sub(r"\g<key> = ", without_brackets(text))
    matches = [_NAMED.fullmatch(part.strip()) for part in re.split(r"[,;\n]", text)]
    found = [match for match in matches if match]
    names = [match["name"] for match in found]
    plain = [re.sub(r"[_{}0-9]", "", name) for name in names]
    if not found or len(found) != len(matches) or not all(_is_named(name, question) for name in set(plain)):
        return None
    if len(set(plain)) > 1 and (names != plain or names != sorted(set(names))):
        return None
    return ", ".join(match["value"].strip() for match in found)


def _is_named(name: str, question: str) -> bool:
    return re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", question) is not None


def _without_layer(text: str) -> str:
    text = text.strip()
    if text.endswith(".") and not text.endswith(".."):
        text = text[:-1].rstrip()
    said = literal(text) if "\\" in text or text.startswith("(") else None
    if said is not None:
        return said
    fence = _FENCE.fullmatch(text)
    if fence and fence["fence"] not in fence["inner"]:
        return fence["inner"].strip("\n").rstrip()
    for opening, closing in _PAIRS:
        if _is_wrapped(text, opening, closing):
            return text[len(opening) : len(text) - len(closing)].strip()
    command = _COMMAND.match(text)
    if command and _is_braced(text[command.end() :]):
        return text[command.end() + 1 : -1].strip()
    equals = _EQUALS.match(text)
    if equals and text[equals.end() :]:
        return text[equals.end() :]
    return text


def _is_wrapped(text: str, opening: str, closing: str) -> bool:
    inner = text[len(opening) : len(text) - len(closing)]
    return (
        len(text) >= len(opening) + len(closing)
        and text.startswith(opening)
        and text.endswith(closing)
        and (opening not in inner or (opening in _STARS and not _SEPARATOR.search(inner)))
        and (opening == closing or closing not in inner)
    )


def _is_braced(text: str) -> bool:
    """Whether a text is all in one pair of braces; what is only brackets need not match."""
    return _closing_index(text) == len(text) - 1 or _ONLY_BRACKETS.fullmatch(text) is not None


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
