"""Answers that need no reading: what a policy could say to be paid without solving anything.

A strategy gives one answer per question. Constants say the same to every question; the others copy a part of it.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from junk_answers import JUNK

from curriculum.task import Task
from curriculum.tasks.checkers import check
from curriculum.tasks.payloads import decode_payload

CONSTANTS = (
    *("yes", "no", "true", "false", "valid", "invalid", "possible", "impossible", "none", "infeasible", "-1"),
    *(str(n) for n in range(21)),
    *(f"({letter})" for letter in "ABCDEFGHIJK"),
    *(
        "0.0",
        "0.5",
        "1.0",
        "1/2",
        "100",
        "[]",
        "[[]]",
        "{}",
        "0,0",
        "1,1",
        "[0]",
        "[0, 0]",
        "[0, 0, 0]",
        "0 0 0",
    ),
    *("P", "\u00acP", "P \u2228 Q", "P \u2227 Q", "P \u2192 Q", "P \u2194 Q", "P \u2228 \u00acP"),
    *("A", "B", "a", "b", "up", "left", "x", "0*X", "C", "A=1", "fill A", "R", "off", "on", "undetermined"),
)
"""Per kind of answer: yes and no, options, numbers, lists, formulas, moves."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_QUOTED = re.compile(r"[\"'`\u2018\u201c]([^\"'`\u2019\u201d\n]{1,200})[\"'`\u2019\u201d]")
_BRACKETED = re.compile(r"[\[({][^\n]*[\])}]")
_MOST_PARTS = 12
_JOINS = (", ", " ", "\n", " \u2227 ", " and ")


class Floor(NamedTuple):
    """The strategy that is right most often."""

    strategy: str
    rate: float
    num_tasks: int
    num_strategies: int


Answers = list[str | None]
"""One per task; None where the strategy has nothing to say."""


def floor_of(
    tasks: Sequence[Task], foreign: Sequence[str] = (), *, max_seconds: float = 20.0, above: int = 0
) -> Floor:
    """The best strategy over the tasks of one family.

    Args:
        tasks: The family's.
        foreign: Answers to tasks of other families, said to all.
        max_seconds: After which no further strategy is tried.
        above: Right answers that a strategy needs more than to be looked at to its end.
    """
    deadline = time.monotonic() + max_seconds
    best, most, tried = "", above, 0
    for name, answers in _strategies(tasks, foreign):
        if time.monotonic() > deadline:
            break
        tried += 1
        right = _num_right(tasks, answers, most)
        if right > most:
            best, most = name, right
    return Floor(best, most / len(tasks) if best else 0.0, len(tasks), tried)


def _num_right(tasks: Sequence[Task], answers: Answers, most: int) -> int:
    right = 0
    for number, (task, answer) in enumerate(zip(tasks, answers, strict=True)):
        if right + len(tasks) - number <= most:
            return 0  # cannot be the best any more
        right += answer is not None and check(task, answer)
    return right


def _strategies(tasks: Sequence[Task], foreign: Iterable[str]) -> Iterator[tuple[str, Answers]]:
    own = [reference for reference in map(reference_of, tasks) if reference is not None]
    constants = dict.fromkeys((*CONSTANTS, *own))
    for constant in constants:
        yield f"says {constant[:60]!r}", [constant] * len(tasks)
    parts = [parts_of(task.question) for task in tasks]
    for name in dict.fromkeys(name for found in parts for name in found):
        yield name, [found.get(name) for found in parts]
    for constant in dict.fromkeys((*JUNK, *foreign)):
        if constant not in constants:
            yield f"says {constant[:60]!r}", [constant] * len(tasks)


def reference_of(task: Task) -> str | None:
    """The stored answer of a task."""
    answer = decode_payload(task.payload).get("answer")
    return None if answer is None else str(answer)


def parts_of(question: str) -> dict[str, str]:
    """Parts of a question by name: lines, blocks, numbers, words, quotes and lists, alone and joined."""
    lines = [line.strip() for line in question.splitlines() if line.strip()]
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", question) if block.strip()]
    pieces: dict[str, list[str]] = {
        "line": lines,
        "block": blocks,
        "number": _NUMBER.findall(question),
        "quote": _QUOTED.findall(question),
        "list": [match for line in lines for match in _BRACKETED.findall(line)],
        "word of the last line": re.findall(r"[\w'-]+", lines[-1]),
        "end of line": [line.rpartition(": ")[2] for line in lines if ": " in line],
        "numbered line": [match[1] for line in lines if (match := re.match(r"\.?\d+[.)] (.+)", line))],
    }
    found = {"the question": question}
    for kind, texts in pieces.items():
        for number, text in enumerate(texts[:_MOST_PARTS], 1):
            found[f"{kind} {number}"] = text
        for number, text in enumerate(reversed(texts[-_MOST_PARTS:]), 1):
            found[f"{kind} {number} from the end"] = text
        for join in _JOINS:
            if len(texts) > 1:
                found[f"every {kind} joined by {join!r}"] = join.join(texts)
                found[f"every {kind} but the first, joined by {join!r}"] = join.join(texts[1:])
    for number, block in enumerate(blocks[:_MOST_PARTS], 1):
        for how, change in _CHANGES.items():
            found[f"block {number}, {how}"] = change(block)
    numbers = [float(n) for n in pieces["number"]]
    if numbers:
        found["largest number"] = f"{max(numbers):g}"
        found["smallest number"] = f"{min(numbers):g}"
        found["how many numbers"] = str(len(numbers))
    return found


_CHANGES: dict[str, Callable[[str], str]] = {
    "its lines joined": lambda block: ", ".join(block.splitlines()),
    "its lines backwards": lambda block: "\n".join(reversed(block.splitlines())),
    "backwards": lambda block: block[::-1],
    "dots as zeros": lambda block: block.replace(".", "0").replace("_", "0"),
    "its words sorted": lambda block: ", ".join(sorted(re.findall(r"[\w'-]+", block))),
    "its first line": lambda block: block.splitlines()[0],
    "its last line": lambda block: block.splitlines()[-1],
    "all but its first line": lambda block: "\n".join(block.splitlines()[1:]),
}
