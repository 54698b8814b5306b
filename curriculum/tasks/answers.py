"""Finds the final answer in the model's own words: the last `<<<...>>>`, unless it is a placeholder.

One extractor for the whole project. Nothing is evaluated; the answer stays text. Scripts are not searched:
code that prints `<<<x>>>` is not an answer until the model repeats it.

An answer may itself begin or end in angle brackets, and then the mark has more than three of them. What is over
belongs to the answer where the answer is nothing but brackets (`<<<] ] >>>>` says `] ] >`) or where it is balanced that
way (`<<<list<int>>>>`); else it is a slip of the pen (`<<<<6>>>>` and `<<<6>>>>` say `6`).
"""

import re

from curriculum.tasks.instructions import PLACEHOLDERS
from curriculum.tasks.model_text import words_only

# Without possessive quantifiers, which Python gets wrong before 3.11.5 (gh-101955).
_ANSWER = re.compile(
    r"(?<!<)(?P<opening><{3,}(?!<))(?P<inner>(?:(?!<<<|>>>).)*)(?P<closing>>{3,}(?!>))", re.DOTALL
)
_ONLY_BRACKETS = re.compile(r"[\s()\[\]{}<>]+")
# A sequence of brackets may have `>>>` inside: it goes on to the last mark of its line.
_MORE_BRACKETS = re.compile(r"[ \t\])}>]*>>>")
_MARK = 3
_BRACKETS = "()[]{}"
_TRIVIA = " \t\r\n.\u2026_*`'\""

# What a model copies from the prompt instead of answering: ours, and those that models know from others.
_PLACEHOLDERS = PLACEHOLDERS | frozenset(
    {
        "answer",
        "answer content",
        "answer here",
        "answer itself",
        "content",
        "final answer",
        "insert answer here",
        "the answer",
        "the answer itself",
        "the final answer",
        "your answer",
        "your answer here",
        "your final answer",
    }
)


def extract_answer(text: str) -> str | None:
    """The content of the last `<<<...>>>` outside scripts, stripped; None if absent or a placeholder.

    Args:
        text: The model's own text, without what the environment wrote.
    """
    words = words_only(text)
    found = None
    position = 0
    while match := _ANSWER.search(words, position):
        found, position = _content(match), match.end()
        more = _MORE_BRACKETS.match(words, position) if not found or _ONLY_BRACKETS.fullmatch(found) else None
        if more:
            found, position = words[match.start("inner") : more.end() - _MARK].strip(), more.end()
    return None if found is None or is_placeholder(found) else found


def is_placeholder(answer: str) -> bool:
    """Whether an answer is empty, an ellipsis, or the prompt's own wording."""
    words = " ".join(answer.strip(_TRIVIA).casefold().split())
    return not words or words.strip(_BRACKETS + _TRIVIA) in _PLACEHOLDERS


def _content(match: re.Match[str]) -> str:
    """What stands in a mark, with those of its brackets that are part of the answer."""
    inner = match["inner"]
    most_before, most_after = len(match["opening"]) - _MARK, len(match["closing"]) - _MARK
    if not (most_before or most_after):
        return inner.strip()
    both = min(most_before, most_after)
    before, after = most_before - both, most_after - both
    if not inner.strip() or (_ONLY_BRACKETS.fullmatch(inner) and not _is_balanced(inner)):
        return f"{'<' * before}{inner}{'>' * after}".strip()
    shift = _missing(inner)
    if shift and shift[0] <= most_before and shift[1] <= most_after:
        return f"{'<' * shift[0]}{inner}{'>' * shift[1]}".strip()
    return inner.strip()


def _is_balanced(text: str) -> bool:
    opened: list[str] = []
    for char in text:
        if char in "([{<":
            opened.append(")]}>"["([{<".index(char)])
        elif char in ")]}>" and (not opened or opened.pop() != char):
            return False
    return not opened


def _missing(text: str) -> tuple[int, int] | None:
    """How many `<` before and `>` after a text balance its angle brackets; None if it has none."""
    depth = deepest = 0
    for char in text:
        depth += (char == "<") - (char == ">")
        deepest = min(deepest, depth)
    return (-deepest, depth - deepest) if "<" in text or ">" in text else None
