"""Puts labelled books in a row so that statements about their places and neighbours hold; every such row is right.

The answer must be an arrangement of all the books, each once: the statements alone could hold of less.
"""

import itertools
import random
import re
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import words
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_LABELS = "ABCDEFGHIJKL"
_MIN_ITEMS = 4
_WEIGHTS = {"order": 4, "adjacent": 4, "not_at": 3, "at": 1}
_WORDING = {
    "left": "{0} stands somewhere to the left of {1}.",
    "right": "{0} stands somewhere to the right of {1}.",
    "adjacent": "{0} and {1} stand directly next to each other.",
    "at": "{0} stands at place {1}.",
    "not_at": "{0} does not stand at place {1}.",
}
_PUBLISHED = {
    "left": re.compile(r"Book ([A-Z]) must be to the left of book ([A-Z])\."),
    "right": re.compile(r"Book ([A-Z]) must be to the right of book ([A-Z])\."),
    "adjacent": re.compile(r"Book ([A-Z]) must be adjacent to book ([A-Z])\."),
    "at": re.compile(r"Book ([A-Z]) must be placed in position ([0-9]+)\."),
    "not_at": re.compile(r"Book ([A-Z]) cannot be placed in position ([0-9]+)\."),
}

Constraint = list[str]
"""Kind (a key of `_WORDING`), a label, and another label or a place counted from 1."""


class PermutationsAndCombinations:
    """Rows of books described by statements that are true of a hidden row."""

    name = "permutations_and_combinations"
    capability: Capability = "order"
    levels: tuple[dict[str, Any], ...] = (
        {"num_items": 5, "num_constraints": 5},
        {"num_items": 6, "num_constraints": 7},
        {"num_items": 8, "num_constraints": 10},
        {"num_items": 10, "num_constraints": 14},
        {"num_items": 12, "num_constraints": 18},
    )

    def generate(self, rng: random.Random, *, num_items: int, num_constraints: int) -> Item:
        """A row of `num_items` books and `num_constraints` different statements about it."""
        require_between("num_items", num_items, _MIN_ITEMS, len(_LABELS))
        require_between("num_constraints", num_constraints, 1, 2 * num_items)
        row = rng.sample(_LABELS[:num_items], num_items)
        facts = {"items": sorted(row), "constraints": _true_constraints(row, num_constraints, rng)}
        return Item(question=_question(facts), answer=_listing(row), facts=facts)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer is an arrangement of the books of which every statement is true."""
        return _satisfies([label.upper() for label in words(answer) or ()], facts)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        solution = row["solution"]
        lines = [line.split(". ", 1)[1] for line in solution["constraints_text"].splitlines()]
        facts = {"items": solution["items"], "constraints": [_published_constraint(line) for line in lines]}
        if not _satisfies(solution["correct_solution"], facts):
            raise ValueError(f"{row['id']}: the stored row breaks a constraint or is not a permutation")
        return Item(question=row["question"], answer=_listing(solution["correct_solution"]), facts=facts)


def _satisfies(row: list[str], facts: dict[str, Any]) -> bool:
    if sorted(row) != sorted(facts["items"]):
        return False
    place = {label: number for number, label in enumerate(row, start=1)}
    return all(_holds(constraint, place) for constraint in facts["constraints"])


def _holds(constraint: Constraint, place: dict[str, int]) -> bool:
    kind, label, other = constraint
    if kind in ("at", "not_at"):
        return (place[label] == int(other)) == (kind == "at")
    distance = place[other] - place[label]
    return {"left": distance > 0, "right": distance < 0, "adjacent": abs(distance) == 1}[kind]


def _true_constraints(row: list[str], count: int, rng: random.Random) -> list[Constraint]:
    """Different true statements, their kinds drawn by weight; the two wordings of one order never both occur."""
    places = range(1, len(row) + 1)
    order = [rng.choice((["left", a, b], ["right", b, a])) for a, b in itertools.combinations(row, 2)]
    pools = {
        "order": order,
        "adjacent": [["adjacent", *rng.sample(pair, 2)] for pair in itertools.pairwise(row)],
        "not_at": [["not_at", row[right - 1], str(p)] for right in places for p in places if p != right],
        "at": [["at", row[p - 1], str(p)] for p in places],
    }
    for pool in pools.values():
        rng.shuffle(pool)
    kinds, weights = list(_WEIGHTS), list(_WEIGHTS.values())
    drawn = [rng.choices(kinds, weights)[0] for _ in range(count)]
    return [pools[kind].pop() if pools[kind] else pools["not_at"].pop() for kind in drawn]


def _published_constraint(line: str) -> Constraint:
    for kind, pattern in _PUBLISHED.items():
        match = pattern.fullmatch(line.strip())
        if match:
            return [kind, match[1], match[2]]
    raise ValueError(f"not a constraint of a known kind: {line!r}")


def _listing(row: list[str]) -> str:
    return "[" + ", ".join(f'"{label}"' for label in row) + "]"


def _question(facts: dict[str, Any]) -> str:
    labels, count = facts["items"], len(facts["items"])
    statements = "\n".join(f"- {_WORDING[kind].format(a, b)}" for kind, a, b in facts["constraints"])
    return (
        f"{count} books, {', '.join(labels)}, stand in a row. Places are numbered from 1 (far left) to {count} (far "
        f"right). All of this is true of the row:\n\n{statements}\n\n"
        "In which order can the books stand? If there are several such orders, give any one. List all the letters "
        'from left to right, each in double quotes, as <<<["letter", "letter", ...]>>>.'
    )


FAMILY = PermutationsAndCombinations()
