"""Which generated items can be answered rightly: the package's own answers are wrong for some, or nobody can know."""

import functools
import itertools
import re
from collections.abc import Callable
from typing import Any

Item = dict[str, Any]

_TOLD_FROM_THE_OTHER_SIDE = frozenset({"mother-in-law", "father-in-law", "niece", "nephew"})
_STATEMENTS: tuple[tuple[re.Pattern[str], bool, bool], ...] = (
    # (pattern, whether it claims that some thing exists, whether the second kind is negated in that claim)
    (re.compile(r"All (.+) are (.+)"), False, True),
    (re.compile(r"No (.+) are (.+)"), False, False),
    (re.compile(r"Some (.+) are not (.+)"), True, True),
    (re.compile(r"Some (.+) are (.+)"), True, False),
)
_Statement = tuple[str, str, bool, bool]


def is_well_posed(name: str, item: Item) -> bool:
    """False for the items that nobody can answer, or whose stored answer is wrong.

    simple_equations sometimes cancels its own variable ("solve for x: 0 = 0") and still expects one number;
    time_intervals forgets the time of day where it names a time zone, and its answer is then wrong; where
    intermediate_integration cannot integrate, its answer repeats the question. ab sometimes expects no text at all.
    family_relationships names in-laws from the other side and gives nieces and nephews the other person's gender; aiw
    does not say whether Matilda counts the second circle, and its answer leaves that out. syllogism calls some
    conclusions valid that are not ("all A are B, some B are C, so some A are C").
    """
    rule = _RULES.get(name)
    return rule is None or rule(item)


def follows(premises: list[str], conclusion: str) -> bool:
    """Whether a conclusion of three kinds of things follows in every world in which none of the kinds is empty.

    Raises:
        ValueError: A sentence is none of the four forms.
    """
    said = [_statement(text) for text in premises]
    claim = _statement(conclusion)
    kinds = sorted({kind for left, right, *_ in (*said, claim) for kind in (left, right)})
    cells = [
        dict(zip(kinds, values, strict=True))
        for values in itertools.product((False, True), repeat=len(kinds))
    ]
    for there in itertools.product((False, True), repeat=len(cells)):
        world = [cell for cell, is_there in zip(cells, there, strict=True) if is_there]
        is_possible = all(any(cell[kind] for cell in world) for kind in kinds) and all(
            _holds(s, world) for s in said
        )
        if is_possible and not _holds(claim, world):
            return False
    return True


def _statement(text: str) -> _Statement:
    for pattern, exists, negated in _STATEMENTS:
        match = pattern.fullmatch(text.strip())
        if match is not None:
            return match[1], match[2], exists, negated
    raise ValueError(f"{text!r} is no statement of the forms All, No, Some, Some ... not")


def _holds(statement: _Statement, world: list[dict[str, bool]]) -> bool:
    left, right, exists, negated = statement
    return any(cell[left] and cell[right] != negated for cell in world) == exists


@functools.lru_cache(maxsize=4096)
def _follows_from(question: str) -> bool:
    premises = re.findall(r"^\d\. (.+)$", question, re.MULTILINE)
    conclusion = re.search(r"logically follow that:\n(.+)\?", question)
    return conclusion is not None and follows(premises, conclusion[1])


_RULES: dict[str, Callable[[Item], bool]] = {
    "ab": lambda item: bool(item["answer"]),
    "aiw": lambda item: "Matilda" not in item["question"],
    "family_relationships": lambda item: item["metadata"]["relationship"] not in _TOLD_FROM_THE_OTHER_SIDE,
    "intermediate_integration": lambda item: "Integral" not in item["answer"],
    "simple_equations": lambda item: item["metadata"]["variable"] in item["metadata"]["equation"],
    "syllogism": lambda item: (item["answer"] == "Yes") == _follows_from(item["question"]),
    "time_intervals": lambda item: "%z" not in item["metadata"]["format"],
}


def is_given_away(name: str, item: dict[str, Any]) -> bool:
    """True for the items whose answer stands in the question: a matrix turned by 360 degrees, pooled cell by cell."""
    meta = item["metadata"]
    if name == "rotate_matrix":
        return bool(meta["num_rotations"] % 4 == 0)
    if name == "pool_matrix":
        return bool(meta["pool_size"] == 1)
    if name in ("manipulate_matrix", "binary_matrix"):
        return bool(meta["solution"] == meta["matrix"])
    return False
