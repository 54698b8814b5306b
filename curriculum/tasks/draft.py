"""A task before it has its number and its split."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from curriculum.task import Task

IsNew = Callable[[str], bool]
"""Claims a question for the set; False if it is taken already."""


class Draft(NamedTuple):
    """What a source gives for one item."""

    question: str
    checker: str
    payload: str

    def task(self, source: str, family: str, number: int, split: str) -> Task:
        """The task that this becomes."""
        return Task(
            task_id=f"{source}/{family}/{number:05d}",
            family=family,
            source=source,
            split=split,
            question=self.question,
            checker=self.checker,
            payload=self.payload,
        )


def derived_seed(*parts: object) -> int:
    """A 31-bit seed from what it is for: neighbouring seeds and families share nothing."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def normalised_question(question: str) -> str:
    """What counts as the same question: letter case and spacing do not."""
    return " ".join(question.casefold().split())
