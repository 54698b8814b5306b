"""The items that SymBench's authors published, read from their files as they are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curriculum.tasks.draft import Draft, IsNew
from curriculum.tasks.sources import symbench
from curriculum.tasks.sources.generated import draft


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
    """The published items of a SymBench family, without repeats and without those that nothing satisfies.

    Raises:
        ValueError: A line is no published item.
    """
    file = file_of(name, folder)
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{file} line {number} is not JSON: {error}") from error
        try:
            found = published_draft(name, row)
        except KeyError as error:
            raise ValueError(
                f"{file} line {number} has no {error}: is it a published {name} item?"
            ) from error
        except ValueError:
            continue  # nothing satisfies its own rule
        if is_new(found.question):
            yield found
