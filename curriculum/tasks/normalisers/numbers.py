"""Numbers and fractions, exactly."""

import re
from fractions import Fraction

from curriculum.tasks.normalisers.wrapping import unwrapped, without_brackets

_MAX_EXPONENT = 400
_MAX_DIGITS = 2_000
_MAX_BRACKETS = 2
_NUMBER = re.compile(
    r"(?P<sign>[-+]?)\s*"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)"
    r"(?:\.(?P<decimals>[0-9]*))?"
    r"(?:[eE](?P<exponent>[-+]?[0-9]{1,4}))?"
)
_FRACTION = re.compile(r"(?P<top>[^/]+)/(?P<bottom>[^/]+)")
_LATEX_FRACTION = re.compile(r"(?P<sign>[-+]?)\s*\\[dt]?frac\s*\{(?P<top>[^{}]+)\}\s*\{(?P<bottom>[^{}]+)\}")
_LATEX_THOUSANDS = re.compile(r"(?<=[0-9])(?:\{,\}|\\,)(?=[0-9]{3}(?![0-9]))")
_POWER_OF_TEN = re.compile(
    r"\s*(?:\\times|\\cdot|[*x\u00d7\u00b7\u22c5])\s*10\s*(?:\^|\*\*)\s*(?:[{(]\s*)?(?P<exponent>[-+]?[0-9]{1,4})\s*[)}]?$"
)


def number(text: str) -> Fraction | None:
    r"""The value of a decimal number or fraction: `1,234.50`, `-3/4`, `2e-3`, `2 * 10^{-3}`, `\frac{1}{2}`, `[7]`.

    Exponents beyond a few hundred are refused: `1e999999999` is a short text and a number that no memory holds.
    """
    text = unwrapped(text)
    for _ in range(_MAX_BRACKETS):
        inner = without_brackets(text)
        if inner == text:
            break
        text = unwrapped(inner.removesuffix(","))
    text = _LATEX_THOUSANDS.sub(",", text)
    text = _POWER_OF_TEN.sub(r"e\g<exponent>", text)
    latex = _LATEX_FRACTION.fullmatch(text)
    if latex:
        value = _quotient(latex["top"], latex["bottom"])
        return -value if value is not None and latex["sign"] == "-" else value
    fraction = _FRACTION.fullmatch(text)
    return _quotient(fraction["top"], fraction["bottom"]) if fraction else _decimal(text)


def integer(text: str) -> int | None:
    """The value of a whole number: `1,234`, `-7`, `7.0`."""
    value = number(text)
    return value.numerator if value is not None and value.denominator == 1 else None


def _decimal(text: str) -> Fraction | None:
    text = text.strip()
    match = _NUMBER.fullmatch(text) if len(text) <= _MAX_DIGITS else None
    if match is None or not (match["whole"] or match["decimals"]):
        return None
    decimals = match["decimals"] or ""
    exponent = int(match["exponent"] or 0)
    if abs(exponent) > _MAX_EXPONENT:
        return None
    digits = int(match["whole"].replace(",", "") + decimals)
    value = Fraction(digits) * Fraction(10) ** (exponent - len(decimals))
    return -value if match["sign"] == "-" else value


def _quotient(top: str, bottom: str) -> Fraction | None:
    numerator, denominator = _decimal(top), _decimal(bottom)
    return None if numerator is None or not denominator else numerator / denominator
