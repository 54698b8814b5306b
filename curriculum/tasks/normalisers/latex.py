r"""Whether two mathematical answers say the same, in LaTeX or plain spelling.

Layout is taken off (`\left`, `\dfrac`, `\text{ cm}`, `$`, thousands commas, `x =`), texts are compared, then structure
(pairs, sets, intervals, matrices, relations) part by part, and the parts by value. Nothing is evaluated as code and
the work is bounded (`curriculum.tasks.normalisers.formulas`).
"""

import re
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from curriculum.tasks.normalisers.bounded_values import same_value
from curriculum.tasks.normalisers.formulas import MAX_LENGTH, reading
from curriculum.tasks.normalisers.sequences import lone
from curriculum.tasks.normalisers.structures import Structure, is_multiple, relation, structure
from curriculum.tasks.normalisers.units import UNIT_NAMES
from curriculum.tasks.normalisers.wrapping import unwrapped

_NUM_POINTS = 3
_MAX_UNORDERED = 12
_UNICODE = {
    **{"\u03c0": r"\pi ", "\u00b0": "", "\u00d7": r"\times ", "\u00b7": r"\cdot ", "\u22c5": r"\cdot "},
    **{"\u00f7": "/", "\u221e": r"\infty ", "\u222a": r"\cup ", "\u00b1": r"\pm ", "\u2264": r"\le "},
    **{"\u2265": r"\ge ", "\u2260": r"\ne ", "\u2208": r"\in ", "\u00b2": "^2", "\u00b3": "^3"},
    **{"\u00bd": r"\frac12", "\u00bc": r"\frac14", "\u00be": r"\frac34", "\u2153": r"\frac13"},
    **{"\u2154": r"\frac23", "\u00a0": " ", "\u2220": r"\angle ", "\u03b8": r"\theta "},
}
_LAYOUT = (
    (re.compile("\u221a([0-9]+)"), r"\\sqrt{\1}"),
    (re.compile("\u221a"), r"\\sqrt "),
    (re.compile(r"\\[dtc]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\[dt]binom(?![A-Za-z])"), r"\\binom"),
    (re.compile(r"\\(?:text|textrm|textbf|textit|mbox|mathrm|mathbf|operatorname)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"(?<=[0-9])(?:\{,\}|\\[,!])(?=[0-9]{3}(?![0-9]))"), ""),
    (re.compile(r",\\!"), ","),
    (
        re.compile(
            r"\\(?:left|right|displaystyle|textstyle|limits|q?quad|[bB]igg?[lr]?)(?![A-Za-z])|(?<!\\)\\[,!;: ]|~"
        ),
        " ",
    ),
    (re.compile(r"\^\s*(?:\\circ(?![A-Za-z])|\{\s*\\circ\s*\})|\\degrees?(?![A-Za-z])"), ""),
    (re.compile(r"\\leq?(?![A-Za-z])|<="), r"\\le "),
    (re.compile(r"\\geq?(?![A-Za-z])|>="), r"\\ge "),
    (re.compile(r"\\neq?(?![A-Za-z])|!="), r"\\ne "),
    (re.compile(r"\\lt(?![A-Za-z])"), "<"),
    (re.compile(r"\\gt(?![A-Za-z])"), ">"),
    (re.compile(r"\\(?:emptyset|varnothing)(?![A-Za-z])|\\\{\s*\\\}"), "\u2205"),
    (re.compile(r"\+/-"), r"\\pm "),
    (re.compile(r"(?<![A-Za-z\\])(?:infinity|inf|oo)(?![A-Za-z])"), r"\\infty "),
    (re.compile(r"[,;]?\s+(?:and|\\&)\s+"), ", "),
    (re.compile(r"(?<=[)\]]) ?U ?(?=[(\[])"), r" \\cup "),
    (re.compile(r"^(?:[A-Za-z]|\\[a-z]+)\s*\\in(?![A-Za-z])\s*"), ""),
    (re.compile(r"\s+"), " "),
)
_SCIENTIFIC = re.compile(
    r"(?<=[0-9.]) ?(?:\\times|\\cdot|\*|x) ?10 ?\^ ?(?:\{ ?([-+]?[0-9]{1,3}) ?\}|([-+]?[0-9]{1,3}))$"
)
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")
_INEQUALITY = re.compile(r"[<>]|\\[lg]e(?![A-Za-z])")
_LIST = re.compile("[,;]")
_APART = re.compile(r",\s|;|[(\[]|\\\{")
_LOOSE_SPACE = re.compile(r"(?<![A-Za-z0-9.]) | (?![A-Za-z0-9.])")
_DOLLAR = re.compile(r"([-+]?) ?\\?\$ ?")
_PERCENT = re.compile(r" ?(?:\\?%|percent)$")
_SHORT_UNITS = frozenset({"m", "s"})
_UNIT = re.compile(
    r"(?P<gap> ?)(?:(?P<power>square|cubic|sq\.?|cu\.?) )?(?P<name>[A-Za-z]+?|'')(?P<plural>s?)"
    r" ?(?:\^ ?(?:\{ ?[23] ?\}|[23]))?$"
)
_NUMBER_BASE = re.compile(r"([0-9A-F]+)_(?:\{([0-9]+)\}|([0-9]+))")
_RATIO = re.compile(r"([^:,]+):([^:,]+)")
_WORDS = re.compile(r"[A-Za-z][A-Za-z ]{2,}")
_NAME = re.compile(
    r"[A-Za-z]{1,3}(?:_[A-Za-z0-9])?|\\[a-z]+|[a-z]\([a-z]\)|\([a-z](?:,[a-z])+\)|\\angle ?[A-Z]{1,3}"
)


class _Answer(NamedTuple):
    text: str
    one_number: str
    """The text with its commas as those of thousands, where that is what they can be; else as it is."""
    unit: str
    is_percent: bool


class _Unfinished(NamedTuple):
    operations: Counter[str]
    is_rational: bool
    num_parts: int


def same_formula(given: str, gold: str) -> bool:
    """Whether a model's answer equals the right one. Total: any text gives a verdict, within milliseconds."""
    one, other = _answer(given), _answer(gold)
    if one is None or other is None or (one.unit and other.unit and one.unit != other.unit):
        return False
    if one.is_percent != other.is_percent:
        return _same_percentage(one, other)
    # `125,216` is one number or two: that depends on how many are asked for.
    return _same(one.text if _LIST.search(other.one_number) else one.one_number, other.one_number)


def is_as_finished(given: str, gold: str) -> bool:
    """Whether an answer leaves no more to be worked out than the right one: `3 + 4` is no answer where 7 is.

    A whole number or fraction may be written as any one fraction; roots, pi and letters may be arranged in other ways.
    What is no formula (words, infinite intervals) counts as finished.
    """
    own, right = _unfinished(given), _unfinished(gold)
    if own is None or right is None:
        return True
    allowed, most = {"divide", *right.operations}, max(right.operations.total(), right.num_parts)
    if not right.is_rational:
        allowed, most = allowed | {"add", "multiply", "power", "root"}, most + right.num_parts + 1
    return set(own.operations) <= allowed and own.operations.total() <= most


def _unfinished(text: str) -> _Unfinished | None:
    answer = _answer(text)
    if answer is None:
        return None
    parts = _leaves(answer.one_number)
    try:
        readings = [reading(part) for part in parts]
    except (ValueError, ArithmeticError):
        return None
    operations: Counter[str] = Counter()
    for found in readings:
        operations += found.operations
    is_rational = all(isinstance(found.value, Fraction) and not found.letters for found in readings)
    return _Unfinished(operations, is_rational, len(parts))


def _answer(text: str) -> _Answer | None:
    """The text in one spelling, with its unit apart; None if nothing is left or it is too long."""
    text = unwrapped(text)
    if text.endswith(",)"):  # Python prints a tuple of one so
        text = lone(text)
    if not 0 < len(text) <= MAX_LENGTH:
        return None
    for char, command in _UNICODE.items():
        text = text.replace(char, command)
    for pattern, replacement in _LAYOUT:
        text = pattern.sub(replacement, text)
    text = text.strip()
    text, num_dollars = _DOLLAR.subn(r"\1", text, count=1) if _DOLLAR.match(text) else (text, 0)
    text = text.replace("\\$", "").replace("$", "").strip()
    text, num_percents = _PERCENT.subn("", text)
    text, unit = _without_unit(text)
    text = _SCIENTIFIC.sub(lambda match: f"e{match[1] or match[2]}", text)
    ways = re.split(r" or | ?\\(?:lor|vee)(?![A-Za-z]) ?", text)
    if len(ways) > 1 and all(_INEQUALITY.search(way) for way in ways):
        text = r"\cup ".join(ways)
    is_list = _APART.search(text) is not None
    text = _LOOSE_SPACE.sub("", text)
    one_number = text if is_list else _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    unit = "dollar" if num_dollars else unit
    return _Answer(text, one_number, unit, bool(num_percents)) if text else None


def _without_unit(text: str) -> tuple[str, str]:
    """The text before a unit at its end, and the unit in one spelling; a lone letter is a unit only after a space."""
    match = _UNIT.search(text)
    if match is None:
        return text, ""
    name = match["name"]
    unit = UNIT_NAMES.get(name) or UNIT_NAMES.get(name + match["plural"])
    before = text[: match.start()]
    is_after_value = bool(re.search(r"[0-9)}\]a-zA-Z]$", before)) and (
        match["gap"] or not before[-1].isalpha()
    )
    if unit is None or not is_after_value or (name in _SHORT_UNITS and not match["gap"]):
        return text, ""
    return before.strip(), unit


def _same_percentage(one: _Answer, other: _Answer) -> bool:
    """`50%` is 0.5 and, where the question asks for percents, 50; below 1 only the first reading is sane."""
    given, gold = (_rational(answer.one_number) for answer in (one, other))
    if given is None or gold is None:
        return False
    if one.is_percent:
        return given / 100 == gold or (abs(gold) > 1 and given == gold)
    return given == gold or given == gold / 100


def _rational(text: str) -> Fraction | None:
    try:
        value = reading(text).value
    except (ValueError, ArithmeticError):
        return None
    return value if isinstance(value, Fraction) else None


def _same(given: str, gold: str, depth: int = 0) -> bool:
    if given == gold:
        return True
    if depth > 4:
        return False
    related = _same_relation(given, gold, depth)
    if related is not None:
        return related
    one, other = structure(given), structure(gold)
    if one.kind == other.kind == "scalar":
        return _same_scalar(given, gold)
    return _same_parts(one, other, depth)


def _same_parts(one: Structure, other: Structure, depth: int) -> bool:
    if not one.agrees_with(other) or len(one.parts) != len(other.parts):
        return False
    if one.is_unordered and other.is_unordered and len(one.parts) <= _MAX_UNORDERED:
        return _same_in_any_order(one, other, depth)
    return all(_same(a, b, depth + 1) for a, b in zip(one.parts, other.parts, strict=True))


def _same_in_any_order(one: Structure, other: Structure, depth: int) -> bool:
    left = list(other.parts)
    for part in one.parts:
        found = next((index for index, right in enumerate(left) if _same(part, right, depth + 1)), None)
        if found is None:
            return False
        del left[found]
    return True


def _same_relation(given: str, gold: str, depth: int) -> bool | None:
    """For equations and inequalities; `x = 5` stands for 5. None where neither text has a relation."""
    one, other = relation(given), relation(gold)
    if one is None and other is None:
        return None
    if one is None or other is None:
        named, plain = (one, gold) if one is not None else (other, given)
        interval = named.interval() if named is not None else None
        if interval is not None:
            return _same_parts(interval, structure(plain), depth)
        if named is None or named.signs != ("=",) or not _NAME.fullmatch(named.sides[0]):
            return False
        return _same(named.sides[1], plain, depth + 1)
    if is_multiple(one, other):
        return True
    return any(
        one.signs == way.signs
        and all(_same(a, b, depth + 1) for a, b in zip(one.sides, way.sides, strict=True))
        for way in (other, other.reversed())
    )


def _same_scalar(given: str, gold: str) -> bool:
    if _WORDS.fullmatch(gold) or _WORDS.fullmatch(given):
        return given.casefold() == gold.casefold()
    base = _NUMBER_BASE.fullmatch(gold)
    if base:
        own = _NUMBER_BASE.fullmatch(given)
        digits, radix = (own[1], own[2] or own[3]) if own else (given, base[2] or base[3])
        return (digits, radix) == (base[1], base[2] or base[3])
    given, gold = (_RATIO.sub(r"(\1)/(\2)", text) for text in (given, gold))
    try:
        for point in range(_NUM_POINTS):
            one, other = reading(given, point), reading(gold, point)
            if not same_value(one.value, other.value):
                return False
            if not one.letters | other.letters:
                break
    except (ValueError, ArithmeticError):
        return False
    return True


def _leaves(text: str) -> list[str]:
    found = relation(text)
    if found is not None:
        return [found.sides[-1]] if _NAME.fullmatch(found.sides[0]) else list(found.sides)
    whole = structure(text)
    return [text] if whole.kind == "scalar" else [leaf for part in whole.parts for leaf in _leaves(part)]
