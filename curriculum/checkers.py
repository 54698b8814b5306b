"""Decides whether an answer to a task is right: a registry of rules, binary, without any model in the loop.

A checker never raises: an answer that breaks it is wrong. Limiting its time is the caller's part.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from curriculum.payloads import decode_payload
from curriculum.task import Task

_PLAIN_NUMBER = re.compile(r"[-+]?[0-9,]{1,60}(\.[0-9]{0,60})?(/[0-9]{1,60})?")

Checker = Callable[[dict[str, Any], str], bool]


def check(task: Task, answer: str | None) -> bool:
    """Whether the answer is right; None, what was extracted from a rollout without an answer, never is.

    Raises:
        ValueError: If the task's checker is unknown or its payload damaged (our fault, not the model's).
    """
    checker = CHECKERS.get(task.checker)
    if checker is None:
        raise ValueError(f"task {task.task_id} wants checker {task.checker!r}: known are {sorted(CHECKERS)}")
    payload = decode_payload(task.payload)
    return answer is not None and checker(payload, answer)


def preload() -> None:
    """Imports what the checkers import at their first use (a second or more), before any time limit runs."""
    import reasoning_gym  # noqa: F401

    import curriculum.gym_scores  # noqa: F401


def reasoning_gym(payload: dict[str, Any], answer: str) -> bool:
    """Full score by the dataset's own rule, mended where it is broken (`curriculum.gym_scores`)."""
    from curriculum.gym_scores import is_right

    try:
        return is_right(payload["dataset"], payload["config"], payload, answer)
    except Exception:  # the scorers raise anything at all on junk, and junk is a wrong answer
        return False


def exact(payload: dict[str, Any], answer: str) -> bool:
    """Equal to `payload["answer"]` but for case and white space."""
    return answer.casefold().split() == str(payload["answer"]).casefold().split()


def number(payload: dict[str, Any], answer: str) -> bool:
    """A decimal number or fraction equal to `payload["answer"]`, or within `payload["tolerance"]` of it.

    No exponents: `1e999999999` is a short text and a number that no memory holds.
    """
    if not _PLAIN_NUMBER.fullmatch(answer.strip()):
        return False
    try:
        given, right = Fraction(answer.strip().replace(",", "")), Fraction(str(payload["answer"]))
        return abs(given - right) <= Fraction(str(payload.get("tolerance", 0)))
    except (ValueError, ZeroDivisionError):
        return False


CHECKERS: dict[str, Checker] = {"reasoning_gym": reasoning_gym, "exact": exact, "number": number}
"""Checkers by the name that `Task.checker` holds."""
