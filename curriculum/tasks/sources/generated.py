"""Drafts from families that are classes: SymBench's, and one's own by `module:Class`."""

import functools
import importlib
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curriculum.tasks.draft import Draft, IsNew, derived_seed
from curriculum.tasks.family import CAPABILITIES, Item, TaskFamily
from curriculum.tasks.payloads import encode_payload
from curriculum.tasks.sources import symbench

_GIVE_UP_AFTER = 300  # repeated questions in a row after which a level counts as exhausted


def generated(
    family: TaskFamily, checker: str, levels: tuple[dict[str, Any], ...], *, seed: int, is_new: IsNew
) -> Iterator[Draft]:
    """Items of the levels in turn, until every level runs out of new questions.

    Args:
        family: Makes the items.
        checker: The name under which `curriculum.tasks.checkers` finds it again.
        levels: Settings per level; the family's own if they are empty.
        seed: Of the whole task set.
        is_new: Claims a question.
    """
    streams = [
        _level_items(family, checker, level, derived_seed(seed, family.name, number), is_new)
        for number, level in enumerate(chosen_levels(family, levels))
    ]
    while streams:
        for stream in tuple(streams):
            draft = next(stream, None)
            if draft is None:
                streams.remove(stream)
            else:
                yield draft


def chosen_levels(family: TaskFamily, levels: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """The levels of a config, or the family's own where it names none."""
    return family.levels if levels == ({},) else levels


def draft(item: Item, checker: str) -> Draft:
    """The draft of one item; its reference answer goes with the facts."""
    return Draft(item.question.strip(), checker, encode_payload({**item.facts, "answer": item.answer}))


def published_symbench(name: str, folder: Path, is_new: IsNew) -> Iterator[Draft]:
    """The published items of a SymBench family, without repeats and without those that nothing satisfies.

    Raises:
        ValueError: A line is no published item.
    """
    family = symbench.family(name)
    file = folder / f"{name}.jsonl"
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{file} line {number} is not JSON: {error}") from error
        try:
            item = family.from_published(row)
        except KeyError as error:
            raise ValueError(
                f"{file} line {number} has no {error}: is it a published {name} item?"
            ) from error
        except ValueError:
            continue  # nothing satisfies its own rule
        if is_new(item.question):
            yield draft(item, f"{symbench.SOURCE}/{name}")


@functools.cache
def own_family(path: str) -> TaskFamily:
    """The family class at `module:Class`, made once.

    Raises:
        ValueError: The module or class is not there, or lacks what a family has; says what.
    """
    module, _, name = path.partition(":")
    try:
        family = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError) as error:
        raise ValueError(
            f"no task family at {path!r} ({type(error).__name__}: {error}): give module:Class, importable from "
            "the folder where the run is started, with a constructor without arguments"
        ) from error
    missing = [
        part for part in ("name", "capability", "levels", "generate", "is_right") if not hasattr(family, part)
    ]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}: see curriculum/tasks/family.py")
    if family.capability not in CAPABILITIES:
        raise ValueError(
            f"{path} has capability {family.capability!r}: choose from {', '.join(CAPABILITIES)}"
        )
    found: TaskFamily = family
    return found


def _level_items(
    family: TaskFamily, checker: str, level: dict[str, Any], seed: int, is_new: IsNew
) -> Iterator[Draft]:
    repeated = 0
    for number in itertools.count():
        item = family.generate(random.Random(derived_seed(seed, number)), **level)
        if is_new(item.question):
            repeated = 0
            yield draft(item, checker)
        elif (repeated := repeated + 1) >= _GIVE_UP_AFTER:
            return
