r"""Shape of an answer in one spelling of LaTeX: scalar, pair, interval, set, list, union, matrix, relation."""

import re
from fractions import Fraction
from typing import NamedTuple

from curriculum.tasks.normalisers.bounded_values import Value, over, same_value
from curriculum.tasks.normalisers.formulas import Reading, reading

_MATRIX = re.compile(
    r"\\begin\{(?P<name>[pbvBV]?matrix|array)\}(?:\{[lcr|]*\})?(?P<body>.*)\\end\{(?P=name)\}", re.DOTALL
)
_RELATION = re.compile(r"\\(?:le|ge|ne)(?![A-Za-z]) ?|[=<>]")
_FLIPPED = {"=": "=", "<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le", r"\ne": r"\ne"}
_LETTER = re.compile(r"[A-Za-z]|\\[a-z]+")
_NUM_POINTS = 3
_PLUS_MINUS = r"\pm"
_AGREEING = (
    *({"list", "set"}, {"list", "()"}, {"list", "[]"}, {"matrix", "[]"}),
    *({"vector", "()"}, {"vector", "[]"}, {"vector", "list"}),
)


class Structure(NamedTuple):
    """The parts of an answer, still as text."""

    kind: str
    """scalar, list, set, union, matrix, vector, or the brackets of a pair or interval, such as `(]`."""
    parts: tuple[str, ...] = ()

    @property
    def is_unordered(self) -> bool:
        """Whether its parts may stand in any order."""
        return self.kind in ("list", "set", "union")

    def agrees_with(self, other: "Structure") -> bool:
        """Whether both can say the same: `3, 5` may be a set or a pair, but a pair is no set."""
        kinds = {self.kind, other.kind}
        return len(kinds) == 1 or kinds in _AGREEING


class Relation(NamedTuple):
    """Sides and the signs between them: one more side than signs."""

    sides: tuple[str, ...]
    signs: tuple[str, ...]

    def reversed(self) -> "Relation":
        """The same claim read from the right."""
        return Relation(self.sides[::-1], tuple(_FLIPPED[sign] for sign in self.signs[::-1]))

    def interval(self) -> "Structure | None":
        r"""The interval that inequalities put one letter into: `(0, 7.5]` for `0 < x \le 7.5`; None if they do not."""
        way = self if not {">", r"\ge"} & set(self.signs) else self.reversed()
        if not set(way.signs) <= {"<", r"\le"}:
            return None
        sides = way.sides
        if len(sides) == 2:  # infinite to one side
            is_upper = _LETTER.fullmatch(sides[0]) is not None
            sides = (r"-\infty", *sides) if is_upper else (*sides, r"\infty")
            way = Relation(sides, ("<", *way.signs) if is_upper else (*way.signs, "<"))
        if len(sides) != 3 or not _LETTER.fullmatch(sides[1]):
            return None
        brackets = ("(" if way.signs[0] == "<" else "[") + (")" if way.signs[1] == "<" else "]")
        return Structure(brackets, (sides[0], sides[2]))


def relation(text: str) -> Relation | None:
    """An equation or chain of inequalities; None if the text is none, or a list of them."""
    if not _RELATION.search(text) or r"\cup" in text or len(_split(text, ",;")) > 1:
        return None
    sides = [side.strip() for side in _RELATION.split(text)]
    if not all(sides) or any(not _is_balanced(side) for side in sides):
        return None
    return Relation(tuple(sides), tuple(sign.strip() for sign in _RELATION.findall(text)))


def is_multiple(one: Relation, other: Relation) -> bool:
    """Whether one equation or inequality is the other times a number, what stands on which side set aside."""
    if len(one.signs) != 1 or len(other.signs) != 1:
        return False
    try:
        ratios = [_ratio(one, other, point) for point in range(_NUM_POINTS)]
    except (ValueError, ArithmeticError):
        return False
    if any(ratio is None or not same_value(ratio, ratios[0]) for ratio in ratios):
        return False
    is_either_way = one.signs[0] in ("=", r"\ne")
    way = other if is_either_way or _is_positive(ratios[0]) else other.reversed()
    return one.signs == way.signs


def structure(text: str) -> Structure:
    """How an answer is built from smaller ones."""
    matrix = _MATRIX.fullmatch(text)
    if matrix:
        rows = [row.split("&") for row in matrix["body"].split(r"\\") if row.strip()]
        cells = [cell.strip() for row in rows for cell in row]
        if len(rows) == 1 or len(rows) == len(cells):
            return Structure("vector", tuple(cells))
        return Structure("matrix", tuple("[" + ",".join(cell.strip() for cell in row) + "]" for row in rows))
    if r"\cup" in text:
        return Structure("union", tuple(part.strip() for part in text.split(r"\cup")))
    brackets, inner = _enclosed(text)
    if brackets:
        parts = _split(inner, ",;")
        if len(parts) > 1 or brackets == r"\{\}":
            kind = "set" if brackets in ("{}", r"\{\}") else brackets
            return Structure(kind, tuple(parts))
        if brackets == "[]" and inner.startswith("["):
            return Structure("[]", (inner,))
        inside = structure(inner) if brackets == "()" else Structure("scalar")
        return inside if inside.kind not in ("scalar", "list") else Structure("scalar")
    parts = _split(text, ",;")
    if len(parts) > 1:
        return Structure("list", tuple(parts))
    if text.count(_PLUS_MINUS) == 1:
        return Structure("list", tuple(text.replace(_PLUS_MINUS, sign) for sign in "+-"))
    return Structure("scalar")


def _enclosed(text: str) -> tuple[str, str]:
    """Brackets around all of the text, and what is inside; no brackets if there are none."""
    if text.startswith(r"\{") and text.endswith(r"\}") and _is_balanced(text[2:-2]):
        return r"\{\}", text[2:-2]
    ends = text[:1] + text[1:][-1:]
    if ends in ("()", "[]", "(]", "[)", "{}") and _is_balanced(text[1:-1]):
        return ends, text[1:-1]
    return "", text


def _is_balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if depth < 0:
            return False
    return depth == 0


def _split(text: str, separators: str) -> list[str]:
    """The text cut at separators outside brackets; whole where brackets do not match."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and char in separators:
            parts.append(text[start:index].strip())
            start = index + 1
    return [*parts, text[start:].strip()] if depth == 0 else [text]


def _ratio(one: Relation, other: Relation, point: int) -> Value | None:
    """What the one's left side less its right is of the other's, letters replaced by numbers."""
    left, right = (_difference(claim, point) for claim in (one, other))
    has_letters = left.letters == right.letters != frozenset()
    return over(left.value, right.value) if has_letters and left.value and right.value else None


def _difference(claim: Relation, point: int) -> Reading:
    return reading("({})-({})".format(*claim.sides), point)


def _is_positive(value: Value) -> bool:
    return bool(value > 0) if isinstance(value, Fraction) else not value.imag and bool(value.real > 0)
