"""The items that SymBench's authors published, read from their files as they are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curriculum.tasks.draft import Draft, IsNew
from curriculum.tasks.family import Item
from curriculum.tasks.sources import symbench
from curriculum.tasks.sources.generated import claims_by_facts, draft

_MIN_COPIED = 6
"""Characters; a shorter answer stands in many a question by chance."""
_SEPARATORS = re.compile(r"[\s,;|\[\](){}\"']+")


def file_of(family: str, folder: str) -> Path:
    """Where a family's published items lie in a folder."""
    return Path(folder) / f"{family}.jsonl"


def published_draft(name: str, row: dict[str, Any]) -> Draft:
    """The draft of one published row.

    Raises:
        KeyError: The row lacks what the family's rows have.
        ValueError: Nothing satisfies its own rule.
    """
    return draft(symbench.family(name).from_published(row), symbench.checker_of(name))


def published_drafts(name: str, folder: str, is_new: IsNew) -> Iterator[Draft]:
    """The published items of a SymBench family that are worth asking.

    Left out are repeats, by question or by facts; those that nothing satisfies; and those whose answer stands in the
    question: boards that already show the moves to be made, puzzles in which nothing moves.

    Raises:
        ValueError: A line is no published item.
    """
    file = file_of(name, folder)
    claims = claims_by_facts(is_new)
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{file} line {number} is not JSON: {error}") from error
        try:
            item = symbench.family(name).from_published(row)
        except KeyError as error:
            raise ValueError(
                f"{file} line {number} has no {error}: is it a published {name} item?"
            ) from error
        except ValueError:
            continue  # nothing satisfies its own rule
        if not answer_stands_in_question(item) and claims(item):
            yield draft(item, symbench.checker_of(name))


def answer_stands_in_question(item: Item) -> bool:
    """Whether an answer of some length can be copied, whatever separates its parts."""
    answer, question = (_SEPARATORS.sub("", text) for text in (item.answer or "", item.question))
    return len(answer) >= _MIN_COPIED and answer in question
