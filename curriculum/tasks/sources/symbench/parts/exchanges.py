"""Goods turned into other goods by numbered methods: the simulation and the random methods of three families.

The names of the goods stand in an order of creation: a random method gives only what comes after all that it takes,
so that every exchange comes to an end.
"""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple, TypedDict

from curriculum.tasks.family import Item
from curriculum.tasks.normalisers import integers

Amounts = dict[str, int]

_MAX_STEPS = 5_000
_MAX_GENERATED_STEPS = 300
_DRAWS = 40


class Method(TypedDict):
    """What one exchange uses up and what it yields."""

    takes: Amounts
    gives: Amounts


class Outcome(NamedTuple):
    """Where an exchange ends."""

    counts: Amounts
    num_steps: int


def outcome(start: Amounts, methods: Sequence[Method], *, restarts: bool) -> Outcome:
    """What is left when no method can be carried out any more.

    Args:
        start: Goods at the beginning; a name that is not there counts 0.
        methods: In their order.
        restarts: Whether each step looks for the first possible method from the top of the list. Otherwise the
            methods are visited in turn, each carried out once per visit if possible.

    Raises:
        ValueError: If there is no end in sight.
    """
    counts = dict(start)
    num_steps, before = 0, -1
    while before != num_steps:
        before = num_steps
        for method in methods:
            if any(counts.get(name, 0) < amount for name, amount in method["takes"].items()):
                continue
            for name, amount in method["takes"].items():
                counts[name] -= amount
            for name, amount in method["gives"].items():
                counts[name] = counts.get(name, 0) + amount
            num_steps += 1
            if restarts:
                break
        if num_steps > _MAX_STEPS:
            raise ValueError(f"the methods can still be carried out after {_MAX_STEPS} steps")
    return Outcome(counts, num_steps)


def random_exchange(
    rng: random.Random, *, tiers: Sequence[Sequence[str]], num_methods: int, max_count: int, restarts: bool
) -> tuple[Amounts, list[Method]]:
    """Goods to start with, all of the first tier, and methods of which several can be carried out.

    Args:
        rng: Source of all randomness.
        tiers: Names of the goods; what is made out of a good stands in the same tier or a later one.
        num_methods: How many methods.
        max_count: Most units of one good at the start, more only where the first method needs them.
        restarts: As for `outcome`.
    """
    for draw in range(_DRAWS):
        order = [name for tier in tiers for name in rng.sample(tier, len(tier))]
        # The last draw always ends: with one unit out of each step, goods only become fewer and move on.
        most_given = 3 if draw < _DRAWS - 1 else 1
        methods = _random_methods(rng, order, len(tiers[0]), num_methods, most_given)
        first = methods[0]["takes"]
        start = {name: max(rng.randint(1, max_count), first.get(name, 0)) for name in tiers[0]}
        rng.shuffle(methods)
        if _is_eventful(start, methods, restarts):
            break
    return start, methods


def visited_in_turn(question: str, start: Amounts, names: list[str], methods: list[Method]) -> Item:
    """The item that asks for what is left of the named goods when the methods are visited in turn."""
    counts = outcome(start, methods, restarts=False).counts
    return Item(
        question=question,
        answer=str(counts_in_order(counts, names)),
        facts={"start": start, "methods": methods, "names": names},
    )


def is_what_is_left(facts: dict[str, Any], answer: str) -> bool:
    """Whether a text gives the counts at the end of an item of `visited_in_turn`, in the order asked."""
    counts = outcome(facts["start"], facts["methods"], restarts=False).counts
    return integers(answer) == counts_in_order(counts, facts["names"])


def listed(amounts: Amounts) -> str:
    """Amounts in words: `2 B + 1 C`."""
    return " + ".join(f"{amount} {name}" for name, amount in amounts.items())


def counts_in_order(counts: Amounts, names: Sequence[str]) -> list[int]:
    """The counts of these goods."""
    return [counts.get(name, 0) for name in names]


def _is_eventful(start: Amounts, methods: list[Method], restarts: bool) -> bool:
    try:
        num_steps = outcome(start, methods, restarts=restarts).num_steps
    except ValueError:
        return False
    return len(methods) <= num_steps <= _MAX_GENERATED_STEPS


def _random_methods(
    rng: random.Random, order: list[str], num_starting: int, num_methods: int, most_given: int
) -> list[Method]:
    """Methods that differ, or the same one again where there are hardly any others."""
    methods: list[Method] = []
    for index in range(num_methods):
        for _ in range(_DRAWS):
            method = _random_method(rng, order, num_starting, index, most_given)
            if all(method["takes"] != other["takes"] for other in methods):
                break
        methods.append(method)
    return methods


def _random_method(
    rng: random.Random, order: list[str], num_starting: int, index: int, most_given: int
) -> Method:
    """A method; the first takes only goods that are there at the start, the next ones a starting good each."""
    reach = num_starting if index == 0 else len(order) - 1
    taken = {rng.randrange(reach) for _ in range(rng.choice((1, 2, 2, 3)))}
    if index < num_starting:
        taken.add(index)
    takes = {name: rng.choice((1, 1, 1, 2, 2, 3)) for name in sorted(order[place] for place in taken)}
    later = order[max(taken) + 1 :]
    gives: Amounts = {}
    for _ in range(rng.randint(1, min(most_given, sum(takes.values()) + 1))):
        name = rng.choice(later[:4])
        gives[name] = gives.get(name, 0) + 1
    return {"takes": takes, "gives": gives}
