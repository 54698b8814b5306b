"""Gives each letter one of the given numbers, each number once, so that sums, differences, multiples and order hold.

The original checker lets several letters share a number; here each given number must be used exactly once.
"""

import itertools
import random
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import integers
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_LETTERS = "ABCDEFGHIJKLMNOP"
_MIN_LETTERS = 4
_FACTORS = range(2, 7)
_SHARE_OF_ORDER = 0.15
_HOLDS: dict[str, Callable[[int, int, Fraction], bool]] = {
    "+": lambda left, right, value: left + right == value,
    "-": lambda left, right, value: left - right == value,
    "*": lambda left, right, value: left == value * right,
    ">": lambda left, right, _: left > right,
}
_PUBLISHED_VALUES = re.compile(r"one of the numbers ([0-9, ]+)\.")
_PUBLISHED_LINE = re.compile(r"^[0-9]+\. (.+)$", re.MULTILINE)
_PUBLISHED_RELATIONS = (
    re.compile(r"(?P<left>[A-Z]) (?P<sign>[-+]) (?P<right>[A-Z]) = (?P<value>-?[0-9.]+)"),
    re.compile(r"(?P<left>[A-Z]) = (?P<value>[0-9.]+)(?P<right>[A-Z])"),
    re.compile(r"(?P<left>[A-Z]) (?P<sign>>) (?P<right>[A-Z])"),
)

Relation = list[str]
"""Left letter, sign (a key of `_HOLDS`), right letter, value ("0" where the sign has none)."""


class LogicalEquation:
    """Systems of relations that are true of a hidden assignment."""

    name = "logical_equation"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = (
        {"num_letters": 5, "num_relations": 5},
        {"num_letters": 7, "num_relations": 6},
        {"num_letters": 9, "num_relations": 8},
        {"num_letters": 12, "num_relations": 11},
        {"num_letters": 15, "num_relations": 14},
    )

    def generate(self, rng: random.Random, *, num_letters: int, num_relations: int) -> Item:
        """A system of `num_relations` relations, each of another pair of letters, that names every letter."""
        require_between("num_letters", num_letters, _MIN_LETTERS, len(_LETTERS))
        require_between("num_relations", num_relations, (num_letters + 1) // 2, 2 * num_letters - 2)
        letters = _LETTERS[:num_letters]
        values = _values(num_letters, rng)
        value_of = dict(zip(letters, values, strict=True))
        pairs = _letter_pairs(letters, num_relations, rng)
        relations = [_relation(left, right, value_of, rng) for left, right in pairs]
        facts = {"values": sorted(values), "relations": relations}
        return Item(question=_question(facts), answer=str(values), facts=facts)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer lists the given numbers, each once, in an order that makes every relation true."""
        values = integers(answer)
        return values is not None and _satisfies(values, facts)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        given = _PUBLISHED_VALUES.search(row["question"])
        if given is None:
            raise ValueError(f"{row['id']}: the question does not name the numbers")
        facts = {
            "values": sorted(int(value) for value in given[1].split(",")),
            "relations": [_published_relation(line) for line in _PUBLISHED_LINE.findall(row["question"])],
        }
        if not _satisfies(row["solution"], facts):
            raise ValueError(f"{row['id']}: the stored numbers break a relation, or are not the given ones")
        return Item(question=row["question"], answer=str(row["solution"]), facts=facts)


def _satisfies(values: list[int], facts: dict[str, Any]) -> bool:
    if sorted(values) != facts["values"]:
        return False
    value_of = dict(zip(_LETTERS, values, strict=False))
    return all(
        _HOLDS[sign](value_of[left], value_of[right], Fraction(value))
        for left, sign, right, value in facts["relations"]
    )


def _values(count: int, rng: random.Random) -> list[int]:
    """Different numbers in random order, half of them multiples of others."""
    bases = rng.sample(range(1, 4 * count + 1), count - count // 2)
    multiples = {base * factor for base in bases for factor in _FACTORS} - set(bases)
    values = [*bases, *rng.sample(sorted(multiples), count // 2)]
    rng.shuffle(values)
    return values


def _letter_pairs(letters: str, count: int, rng: random.Random) -> list[tuple[str, str]]:
    """Different pairs of letters in random order, every letter in at least one of them."""
    order = rng.sample(letters, len(letters))
    cover = [(order[start], order[(start + 1) % len(order)]) for start in range(0, len(order), 2)]
    used = {frozenset(pair) for pair in cover}
    others = [pair for pair in itertools.combinations(letters, 2) if frozenset(pair) not in used]
    chosen = [*cover, *rng.sample(others, count - len(cover))]
    rng.shuffle(chosen)
    return chosen


def _relation(left: str, right: str, value_of: dict[str, int], rng: random.Random) -> Relation:
    if rng.random() < 0.5:
        left, right = right, left
    small, large = sorted((left, right), key=value_of.__getitem__)
    if rng.random() < _SHARE_OF_ORDER:
        return [large, ">", small, "0"]
    factor, remainder = divmod(value_of[large], value_of[small])
    if remainder == 0 and factor in _FACTORS:
        return [large, "*", small, str(factor)]
    if rng.random() < 0.5:
        return [left, "+", right, str(value_of[left] + value_of[right])]
    return [left, "-", right, str(value_of[left] - value_of[right])]


def _published_relation(line: str) -> Relation:
    for pattern in _PUBLISHED_RELATIONS:
        match = pattern.fullmatch(line.strip())
        if match:
            parts = match.groupdict()
            return [parts["left"], parts.get("sign", "*"), parts["right"], parts.get("value", "0")]
    raise ValueError(f"not a relation of two letters: {line!r}")


def _text(relation: Relation) -> str:
    left, sign, right, value = relation
    if sign == ">":
        return f"{left} > {right}"
    return f"{left} = {value} * {right}" if sign == "*" else f"{left} {sign} {right} = {value}"


def _question(facts: dict[str, Any]) -> str:
    letters = _LETTERS[: len(facts["values"])]
    relations = "\n".join(f"- {_text(relation)}" for relation in facts["relations"])
    return (
        f"The letters {letters[0]} to {letters[-1]} stand for the {len(letters)} numbers "
        f"{', '.join(map(str, facts['values']))}, in some other order: each letter is one of the numbers, and no two "
        f"letters are the same one. These relations hold:\n\n{relations}\n\n"
        "Which number does each letter stand for? If several assignments satisfy everything, give any one. List the "
        f"numbers in the order of the letters, that of {letters[0]} first, as <<<[number, number, ...]>>>, "
        f"{len(letters)} numbers in all."
    )


FAMILY = LogicalEquation()
