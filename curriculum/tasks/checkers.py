"""Decides whether an answer to a task is right: a registry of rules, binary, without any model in the loop.

A checker never raises: an answer that breaks it is wrong. Limiting its time is the caller's part.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from curriculum.task import Task
from curriculum.tasks import normalisers
from curriculum.tasks.family import MAX_ANSWER_LENGTH
from curriculum.tasks.normalisers.agreement import reads_alike
from curriculum.tasks.normalisers.sequences import without_inner_and
from curriculum.tasks.normalisers.units import has_other_unit
from curriculum.tasks.normalisers.wrapping import spellings, unwrapped
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sources.source import SOURCES, family_rule

Checker = Callable[[dict[str, Any], str], bool]


def check(task: Task, answer: str | None) -> bool:
    """Whether the answer is right; None, what was extracted from a rollout without an answer, never is.

    Raises:
        ValueError: If the task's checker is unknown or its payload damaged (our fault, not the model's).
    """
    try:
        checker = checker_named(task.checker)
    except ValueError as error:
        raise ValueError(f"task {task.task_id} wants checker {task.checker!r}: {error}") from error
    payload = decode_payload(task.payload)
    if answer is None or len(answer) > MAX_ANSWER_LENGTH:
        return False
    if has_other_unit(unwrapped(answer), task.question):
        return False
    return any(_holds(checker, payload, text) for text in spellings(answer, task.question))


def _holds(checker: Checker, payload: dict[str, Any], answer: str) -> bool:
    try:
        return bool(checker(payload, answer))
    except (Exception, RecursionError):  # rules raise anything at all on junk, and junk is a wrong answer
        return False


def checker_named(name: str) -> Checker:
    """A checker by what `Task.checker` holds: a name below, `symbench/FAMILY`, or `module:Class` for one's own.

    Raises:
        ValueError: If there is none.
    """
    found = CHECKERS.get(name) or family_rule(name)
    if found is None:
        raise ValueError(
            f"no checker is called {name!r}: known are {sorted(CHECKERS)}, symbench/FAMILY and module:Class"
        )
    return found


def preload() -> None:
    """Imports what the checkers import at their first use (a second or more), before any time limit runs."""
    import reasoning_gym  # noqa: F401


def exact(payload: dict[str, Any], answer: str) -> bool:
    """Equal to `payload["answer"]` but for case and white space."""
    return answer.casefold().split() == str(payload["answer"]).casefold().split()


def number(payload: dict[str, Any], answer: str) -> bool:
    """A decimal number or fraction equal to `payload["answer"]`, or within `payload["tolerance"]` of it."""
    given, right = normalisers.number(answer), normalisers.number(str(payload["answer"]))
    if (
        given is None or right is None or answer.lstrip().startswith("[")
    ):  # a list; `check` asks for its element
        return False
    return abs(given - right) <= Fraction(str(payload.get("tolerance", 0)))


def integers(payload: dict[str, Any], answer: str) -> bool:
    """A list of whole numbers equal to `payload["answer"]`, in order."""
    return _same(normalisers.integers, payload, answer)


def grid(payload: dict[str, Any], answer: str) -> bool:
    """A grid whose cells equal those of `payload["answer"]`, row by row."""
    right = normalisers.cell_rows(str(payload["answer"]))
    return right is not None and normalisers.cell_rows(answer, len(right[0])) == right


def words(payload: dict[str, Any], answer: str) -> bool:
    """The words of `payload["answer"]`, in order, whatever separates them."""
    given, right = normalisers.words(answer), normalisers.words(str(payload["answer"]))
    if given is None or right is None:
        return False
    return given == right or ("and" not in right and without_inner_and(given) == right)


def option(payload: dict[str, Any], answer: str) -> bool:
    """The letter of the right option, its text, or both; `payload["options"]` has the texts by letter.

    A few published items have a text as their answer that is no option of theirs: then that text is right.
    """
    options = payload.get("options") or None
    right = normalisers.option(str(payload["answer"]), options)
    if right is None:
        return normalisers.plain_text(answer) == normalisers.plain_text(str(payload["answer"]))
    return normalisers.option(answer, options) == right


def yes_no(payload: dict[str, Any], answer: str) -> bool:
    """Yes or no, in any of the usual spellings, as in `payload["answer"]`."""
    return _same(normalisers.yes_no, payload, answer)


def boolean(payload: dict[str, Any], answer: str) -> bool:
    """True or false, in any of the usual spellings, as in `payload["answer"]`."""
    return _same(normalisers.boolean, payload, answer)


def validity(payload: dict[str, Any], answer: str) -> bool:
    """Valid or invalid, as in `payload["answer"]`."""
    return _same(normalisers.validity, payload, answer)


def brackets(payload: dict[str, Any], answer: str) -> bool:
    """The closing brackets, whatever space is between them."""
    return _same(normalisers.brackets, payload, answer)


def moves(payload: dict[str, Any], answer: str) -> bool:
    """A sequence of moves (letters or words for directions) equal to `payload["answer"]`."""
    return _same(normalisers.moves, payload, answer)


def formula(payload: dict[str, Any], answer: str) -> bool:
    """A formula, plain or in LaTeX, with the same value as `payload["answer"]`."""
    from curriculum.tasks.normalisers.latex import same_formula

    return bool(same_formula(answer, str(payload["answer"])))


def _same(reading: Callable[[str], object], payload: dict[str, Any], answer: str) -> bool:
    return reads_alike(reading, answer, str(payload["answer"]))


CHECKERS: dict[str, Checker] = {
    rule.__name__: rule
    for rule in (
        exact,
        number,
        integers,
        grid,
        words,
        option,
        yes_no,
        boolean,
        validity,
        brackets,
        moves,
        formula,
    )
} | {name: rule for source in SOURCES.values() for name, rule in source.shared_rules.items()}
"""Checkers by the name that `Task.checker` holds: readings of answers, and what judges a whole source."""
