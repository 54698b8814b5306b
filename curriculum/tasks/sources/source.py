"""Drafts of any family by its source: the one place that knows all sources."""

from collections.abc import Iterator
from pathlib import Path

from curriculum.tasks.config import FamilyConfig
from curriculum.tasks.draft import Draft, IsNew
from curriculum.tasks.sources import bbh, symbench
from curriculum.tasks.sources import generated as classes
from curriculum.tasks.sources.bbh import files
from curriculum.tasks.sources.reasoning_gym import items as reasoning_gym


def drafts(family: FamilyConfig, *, seed: int, is_new: IsNew) -> Iterator[Draft]:
    """Drafts with new questions; endless for generated families, until the data end for the others.

    Args:
        family: Source, name, levels.
        seed: Of the whole task set.
        is_new: Claims a question.

    Raises:
        ValueError: The family does not exist or its data are damaged.
        FileNotFoundError: Its data are missing.
    """
    if family.source == "reasoning_gym":
        yield from reasoning_gym.drafts(family, seed, is_new)
    elif family.source == "bbh":
        yield from _bbh_drafts(family, is_new)
    elif family.source == "own":
        own = classes.own_family(family.name)
        yield from classes.generated(own, family.name, family.levels, seed=seed, is_new=is_new)
    elif family.data is not None:
        yield from classes.published_symbench(family.name, Path(family.data), is_new)
    else:
        checker = f"{symbench.SOURCE}/{family.name}"
        found = symbench.family(family.name)
        yield from classes.generated(found, checker, family.levels, seed=seed, is_new=is_new)


def is_finite(family: FamilyConfig) -> bool:
    """Whether its items come from a file and cannot be multiplied."""
    return family.source == "bbh" or family.data is not None


def is_available(family: FamilyConfig) -> bool:
    """Whether what it needs is there; only files can be missing."""
    return family.source != "bbh" or files.is_available(family.name, _folder(family))


def short_name(family: FamilyConfig) -> str:
    """The name that its tasks carry."""
    return classes.own_family(family.name).name if family.source == "own" else family.name


def _bbh_drafts(family: FamilyConfig, is_new: IsNew) -> Iterator[Draft]:
    checker = bbh.FAMILIES[family.name].checker
    for example in files.examples(family.name, _folder(family)):
        item = bbh.item(family.name, example)
        if is_new(item.question):
            yield classes.draft(item, checker)


def _folder(family: FamilyConfig) -> Path | None:
    return None if family.data is None else Path(family.data)
