"""Rules for answers that may be rounded: how near is near enough follows the digits that the question asks for.

Each takes the item and an answer, and may raise anything on junk.
"""

import re
from fractions import Fraction
from typing import Any

from curriculum.tasks.normalisers import cell_rows, number, numbers
from curriculum.tasks.normalisers.agreement import all_close, digit, is_same_but_for_floats
from curriculum.tasks.normalisers.safe_arithmetic import decimal_value
from curriculum.tasks.normalisers.sequences import lone
from curriculum.tasks.sources.reasoning_gym.verifiers import Rule

_SLACK = Fraction(1, 10**9)
"""What a float adds to half a digit."""
_HALF_A_HUNDREDTH = Fraction(1, 200) + _SLACK
_HALF_A_THOUSANDTH = Fraction(1, 2000) + _SLACK
_DEGREES = re.compile(r"\s*(?:\u00b0|degrees?|\^\s*\{?\s*\\circ\s*\}?)\s*$")
_ASKED_DIGITS = 12
_COMPLEX = re.compile(
    r"(?P<real>[-+]?[0-9.]+(?:e[-+]?[0-9]{1,2})?(?![0-9.]*[ij]))?(?P<imaginary>[-+]?(?:[0-9.]+(?:e[-+]?[0-9]{1,2})?)?\*?[ij])?"
)
FRACTION_SIGN = re.compile(r"/|frac")
_MILLISECOND = Fraction(1, 1000)
_DURATION = re.compile(
    r"(?:(?P<days>[0-9]+)\s+days?)?"
    r"(?:,?\s*(?P<clock>[0-9]{1,4}(?::[0-9]{1,2}){1,2}(?:\.[0-9]{1,6})?))?"
)


def close(absolute: str) -> Rule:
    """A decimal within a tolerance; the package's tolerances let a slip in the fourth digit pass."""

    def rule(item: dict[str, Any], answer: str) -> bool:
        if FRACTION_SIGN.search(answer):
            return False
        given, right = number(answer), number(item["answer"])
        return given is not None and right is not None and abs(given - right) <= Fraction(absolute)

    return rule


def _twelve_digits(item: dict[str, Any], answer: str) -> bool:
    """decimal_arithmetic: within one in the twelfth digit of the exact value, or of the reference.

    The reference rounds each step to twelve digits, so that differences of nearly equal numbers are less exact in it.
    """
    given = None if FRACTION_SIGN.search(answer) else number(answer)
    if given is None:
        return False
    wanted = [
        number(item["answer"]),
        decimal_value(item.get("question", "").partition("\n")[2].partition("=")[0]),
    ]
    return any(value is not None and abs(given - value) <= digit(value, _ASKED_DIGITS) for value in wanted)


def _three_digits(item: dict[str, Any], answer: str) -> bool:
    """power_function: three significant digits asked for, more may be given."""
    given, right = number(answer), number(item["answer"])
    return (
        given is not None and right is not None and abs(given - right) <= digit(right, 3) / 2 * (1 + _SLACK)
    )


def _geometry(item: dict[str, Any], answer: str) -> bool:
    """advanced_geometry: numbers in order, rounded to the three decimals asked for; the package read any text.

    The reference has an angle to two decimals only: what is near is measured from the value itself.
    """
    given, right = _in_order(answer), _in_order(item["answer"])
    return all_close(given, right, _SLACK) or all_close(
        given, _exact_geometry(item) or right, _HALF_A_THOUSANDTH
    )


def _in_order(text: str) -> list[Fraction] | None:
    return numbers(_DEGREES.sub("", lone(text)))


def _exact_geometry(item: dict[str, Any]) -> list[Fraction] | None:
    meta = item["metadata"]
    if "ortho" in meta:
        return [Fraction(part) for part in meta["ortho"]]
    value = meta.get("angle_ABC_degrees", meta.get("incircle_radius_approx"))
    return None if value is None else [Fraction(value)]


def _close_grid(item: dict[str, Any], answer: str) -> bool:
    """pool_matrix: two decimals are asked for; the package let a tenth pass."""
    right = [numbers(line) for line in item["answer"].splitlines()]
    width = len(right[0] or ())
    given = [numbers(" ".join(row)) for row in cell_rows(answer, width) or ()]
    return len(given) == len(right) and all(
        all_close(g, r, _HALF_A_HUNDREDTH) for g, r in zip(given, right, strict=True)
    )


def _four_decimals(item: dict[str, Any], answer: str) -> bool:
    """polynomial_equations: as many numbers, in any order, each within one in the fourth decimal.

    "Rounding down when the 5th decimal place is 5 or greater" may mean to cut or to round. The package read the first
    of several answers.
    """
    given, right = numbers(answer), numbers(item["answer"])
    return all_close(given and sorted(given), right and sorted(right), Fraction(1, 10_000) + _SLACK)


def _complex_number(item: dict[str, Any], answer: str) -> bool:
    """complex_arithmetic: whole parts; the package took "nan" and what was off by a hundredth."""
    parts = zip(_complex_parts(answer), _complex_parts(item["answer"]), strict=True)
    return all(is_same_but_for_floats(given, right) for given, right in parts)


def _complex_parts(text: str) -> tuple[Fraction, Fraction]:
    plain = re.sub(r"\s+", "", lone(text)).casefold().replace("\u2148", "i")
    match = _COMPLEX.fullmatch(plain)
    if match is None or not (match["real"] or match["imaginary"]):
        raise ValueError(f"no complex number: {text[:40]!r}")
    if match["real"] and match["imaginary"] and match["imaginary"][0] not in "+-":
        raise ValueError(f"no sign between two parts: {text[:40]!r}")
    imaginary = (match["imaginary"] or "0i")[:-1].removesuffix("*")
    return Fraction(match["real"] or 0), Fraction({"": "1", "+": "1", "-": "-1"}.get(imaginary, imaginary))


def _same_duration(item: dict[str, Any], answer: str) -> bool:
    """time_intervals: the package pays for being near, so that minutes off pass.

    Its reference is cut down from a float, so that the right answer may be a millisecond more.
    """
    form = item.get("question", "")
    is_days = "in D days" in form and "D days," not in form
    given, right = _duration(answer, is_days=is_days), _duration(item["answer"], is_days=is_days)
    if given[1] == 3 and right[1] == 2 and not is_days:  # Python prints 16:37 as 16:37:00
        right = (right[0], 3, right[2] * 60)
    return given[:2] == right[:2] and abs(given[2] - right[2]) <= _MILLISECOND


def _duration(text: str, *, is_days: bool) -> tuple[int, int, Fraction]:
    """Days, parts of the clock, and what the clock says in units of its last part."""
    text = f"{text.strip()} days" if is_days and text.strip().isdigit() else text.strip()
    match = _DURATION.fullmatch(text)
    if match is None or not (match["days"] or match["clock"]):
        raise ValueError(f"no duration: {text[:40]!r}")
    parts = [Fraction(part) for part in (match["clock"] or "0").split(":")]
    if is_days and not any(parts):
        parts = [Fraction(0)]  # `48 days, 0:00:00`
    return (
        int(match["days"] or 0),
        len(parts),
        sum((p * 60**n for n, p in enumerate(reversed(parts))), Fraction(0)),
    )


TOLERANT: dict[str, Rule] = {
    "advanced_geometry": _geometry,
    "complex_arithmetic": _complex_number,
    "decimal_arithmetic": _twelve_digits,
    "decimal_chain_sum": close("1e-9"),
    "number_format": close("1e-5"),
    "polynomial_equations": _four_decimals,
    "pool_matrix": _close_grid,
    "power_function": _three_digits,
    "time_intervals": _same_duration,
}
"""Rules by dataset."""
