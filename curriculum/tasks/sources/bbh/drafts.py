"""Drafts from BIG-Bench Hard's official files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curriculum.tasks.config import FamilyConfig
from curriculum.tasks.draft import Draft, IsNew
from curriculum.tasks.sources import bbh
from curriculum.tasks.sources.bbh import files
from curriculum.tasks.sources.generated import draft


def example_draft(name: str, example: dict[str, Any]) -> Draft:
    """The draft of one example of the official file.

    Raises:
        ValueError: If the example does not have `input` and `target`.
    """
    return draft(bbh.item(name, example), bbh.FAMILIES[name].checker)


def drafts(family: FamilyConfig, is_new: IsNew) -> Iterator[Draft]:
    """Every example of a family's file, in its order.

    Raises:
        FileNotFoundError: The file is not there.
        ValueError: The file is no BIG-Bench Hard file.
    """
    for example in files.examples(family.name, folder_of(family)):
        found = example_draft(family.name, example)
        if is_new(found.question):
            yield found


def folder_of(family: FamilyConfig) -> Path | None:
    """The folder that a family names; None for the cache."""
    return None if family.data is None else Path(family.data)
