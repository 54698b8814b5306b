"""Drafts from families that are classes (`curriculum.tasks.family`)."""

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

from curriculum.tasks.draft import Draft, IsNew, derived_seed
from curriculum.tasks.family import Item, TaskFamily
from curriculum.tasks.payloads import encode_payload

Rule = Callable[[dict[str, Any], str], bool]
"""Whether a text answers the task with this payload; may raise anything on junk."""

Claims = Callable[[Item], bool]
"""Claims an item for the set; False if it is taken already."""

_GIVE_UP_AFTER = 300  # repeated questions in a row after which a level counts as exhausted


def generated(
    family: TaskFamily,
    checker: str,
    levels: tuple[dict[str, Any], ...],
    *,
    seed: int,
    is_new: IsNew,
    is_told_by_facts: bool = False,
) -> Iterator[Draft]:
    """Items of the levels in turn, until every level runs out of new ones.

    Args:
        family: Makes the items.
        checker: The name under which `curriculum.tasks.checkers` finds it again.
        levels: Settings per level; the family's own if they are empty.
        seed: Of the whole task set.
        is_new: Claims a question.
        is_told_by_facts: Whether items with equal facts are one item, however their questions are worded.
    """
    claims = claims_by_facts(is_new) if is_told_by_facts else lambda item: is_new(item.question)
    streams = [
        _level_items(family, checker, level, derived_seed(seed, family.name, number), claims)
        for number, level in enumerate(chosen_levels(family, levels))
    ]
    while streams:
        for stream in tuple(streams):
            draft = next(stream, None)
            if draft is None:
                streams.remove(stream)
            else:
                yield draft


def claims_by_facts(is_new: IsNew) -> Claims:
    """Claims an item whose question and facts are both new; other names in the same problem make it no other item."""
    seen: set[str] = set()

    def claims(item: Item) -> bool:
        key = encode_payload(item.facts)
        if key in seen or not is_new(item.question):
            return False
        seen.add(key)
        return True

    return claims


def chosen_levels(family: TaskFamily, levels: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """The levels of a config, or the family's own where it names none."""
    return family.levels if levels == ({},) else levels


def draft(item: Item, checker: str) -> Draft:
    """The draft of one item; its reference answer goes with the facts."""
    return Draft(item.question.strip(), checker, encode_payload({**item.facts, "answer": item.answer}))


def _level_items(
    family: TaskFamily, checker: str, level: dict[str, Any], seed: int, claims: Claims
) -> Iterator[Draft]:
    repeated = 0
    for number in itertools.count():
        item = family.generate(random.Random(derived_seed(seed, number)), **level)
        if claims(item):
            repeated = 0
            yield draft(item, checker)
        elif (repeated := repeated + 1) >= _GIVE_UP_AFTER:
            return
