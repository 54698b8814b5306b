"""The floor of each family: how often one answer, given to every task of it without reading any, is right.

An accuracy below it is worse than not reading the question. The answer is chosen on the family's training tasks, by
the checker itself, and judged on those it is evaluated on.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from curriculum.task import Task
from curriculum.tasks.checkers import check
from curriculum.tasks.payloads import decode_payload

_MOST_OWN = 6
_MOST_CHOSEN_ON = 24
_MOST_SECONDS = 3.0
_MOST_SHOWN = 60
_STANDING = ("0", "1", "2", "yes", "no", "true", "false", "none", "(A)", "(B)", "[]", "infeasible", "-1")
"""Answers that families with few possible ones have, beside the right ones of the family's own tasks."""


@dataclass(frozen=True)
class Floor:
    """The best constant answer of a family, and its accuracy.

    Example: `Floor(answer="Yes", rate=0.5, num_tasks=24, has_training_tasks=True)`.
    """

    answer: str
    rate: float
    num_tasks: int
    has_training_tasks: bool
    """Without them the answer is chosen on one half of the evaluated tasks and judged on the other, and the other way
    round; `answer` is then the better of the two."""


def floors(tasks: Iterable[Task]) -> dict[str, Floor]:
    """The floor of every family that has evaluation tasks (`test`, `held_out`), by family.

    A family whose checker is not there any more has none.
    """
    by_family: dict[str, dict[str, list[Task]]] = {}
    for task in tasks:
        by_family.setdefault(task.family, {}).setdefault(task.split, []).append(task)
    found = {}
    for family, splits in by_family.items():
        judged = splits.get("test", []) + splits.get("held_out", [])
        if judged:
            with contextlib.suppress(ValueError):  # what `check` raises where the task itself is at fault
                found[family] = floor_of(splits.get("train", []) or splits.get("sft", []), judged)
    return found


def floor_of(trained: Sequence[Task], judged: Sequence[Task]) -> Floor:
    """The floor of one family.

    Args:
        trained: tasks on which the answer is chosen.
        judged: tasks on which it is judged; at least one. Without `trained` each half is judged by the other's answer.
    """
    if trained:
        answer = _best_constant(trained)
        return Floor(answer, _num_right(judged, answer) / len(judged), len(judged), has_training_tasks=True)
    halves = (judged[::2], judged[1::2])
    answers = (_best_constant(halves[1]), _best_constant(halves[0]))
    right = [_num_right(half, answer) for half, answer in zip(halves, answers, strict=True)]
    return Floor(
        answers[right[1] > right[0]], sum(right) / len(judged), len(judged), has_training_tasks=False
    )


def _best_constant(tasks: Sequence[Task]) -> str:
    """The answer that is right for most of `tasks`, by their checker, among their own and standing ones."""
    deadline = time.monotonic() + _MOST_SECONDS
    counts = Counter(answer for task in tasks if (answer := stored_answer(task)) is not None)
    # An answer that only one task has is no constant; the first is kept, so that there is one of the family's own.
    common = counts.most_common(_MOST_OWN)
    own = [answer for number, (answer, count) in enumerate(common) if count > 1 or not number]
    candidates = list(dict.fromkeys((*own, *_STANDING)))
    best, most = candidates[0], 0
    for candidate in candidates:
        right = _num_right(tasks[:_MOST_CHOSEN_ON], candidate, most)
        if right > most:
            best, most = candidate, right
        if time.monotonic() > deadline:
            break
    return best


def below_floor(accuracy: Mapping[str, float], of: Mapping[str, Floor]) -> list[str]:
    """Families whose accuracy is below their floor, the furthest below first."""
    gaps = {family: of[family].rate - rate for family, rate in accuracy.items() if family in of}
    return sorted((family for family, gap in gaps.items() if gap > 0), key=lambda family: -gaps[family])


def shortened(answer: str) -> str:
    """A constant answer on one line, its end left out where it is long."""
    line = " ".join(answer.split())
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}..."


def stored_answer(task: Task) -> str | None:
    """The right answer that the task's payload holds; None where only its goal is stored."""
    answer = decode_payload(task.payload).get("answer")
    return None if answer is None else str(answer)


def _num_right(tasks: Sequence[Task], answer: str, most: int = 0) -> int:
    """How many tasks `answer` is right for; 0 as soon as it cannot be more than `most`."""
    right = 0
    for number, task in enumerate(tasks):
        if right + len(tasks) - number <= most:
            return 0
        right += check(task, answer)
    return right
