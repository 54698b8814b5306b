"""Arithmetic with bounds: exact for fractions, to 100 digits for the rest; what grows too large is refused."""

import math
from fractions import Fraction
from typing import Any

from mpmath import MPContext

_MAX_BITS = 4_000
_MAX_EXPONENT = 4_000
_MAX_ARGUMENT = 10**6
_MAX_FACTORIAL = 300
_DIGITS = 100
_MPMATH_NAMES = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}

Value = Any
"""A `Fraction`, or a real or complex number of mpmath."""

_MP = MPContext()
_MP.dps = _DIGITS
PI: Value = +_MP.pi
E: Value = +_MP.e
IMAGINARY_UNIT: Value = _MP.mpc(0, 1)


def same_value(one: Value, other: Value) -> bool:
    """Equal exactly where both are exact, else to within 80 digits."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one == other
    one, other = _real(one), _real(other)
    return bool(abs(one - other) <= _MP.mpf(10) ** (20 - _DIGITS) * max(1, abs(one), abs(other)))


def plus(one: Value, other: Value) -> Value:
    """The sum."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return bounded(one + other)
    return bounded(_real(one) + _real(other))


def times(one: Value, other: Value) -> Value:
    """The product."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return bounded(one * other)
    return bounded(_real(one) * _real(other))


def over(top: Value, bottom: Value) -> Value:
    """The quotient."""
    if isinstance(top, Fraction) and isinstance(bottom, Fraction):
        return bounded(top / bottom)
    return bounded(_real(top) / _real(bottom))


def factorial(value: Value) -> Fraction:
    """Of a whole number."""
    return Fraction(math.factorial(_whole(value)))


def binomial(top: Value, bottom: Value) -> Fraction:
    """Ways to choose, both numbers whole."""
    return Fraction(math.comb(_whole(top), _whole(bottom)))


def bounded(value: Value) -> Value:
    """The value itself, refused with ValueError if it is too large, too small or not finite."""
    if isinstance(value, Fraction):
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
            raise ValueError(f"a number of more than {_MAX_BITS} bits")
        return value
    if not _MP.isfinite(value):
        raise ValueError("a value that is not finite")
    if value and abs(_MP.mag(value)) > _MAX_BITS:
        raise ValueError(f"a value of more than {_MAX_BITS} bits")
    return value


def _real(value: Value) -> Value:
    return _MP.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value


def _whole(value: Value) -> int:
    if not isinstance(value, Fraction) or value.denominator != 1 or not 0 <= value <= _MAX_FACTORIAL:
        raise ValueError(f"factorials and binomials are of whole numbers up to {_MAX_FACTORIAL}")
    return value.numerator


def power(base: Value, exponent: Value) -> Value:
    """The base to the exponent."""
    if abs(exponent) > _MAX_EXPONENT:
        raise ValueError(f"an exponent above {_MAX_EXPONENT}")
    if isinstance(exponent, Fraction) and isinstance(base, Fraction):
        if exponent.denominator == 1:
            bits = max(base.numerator.bit_length(), base.denominator.bit_length())
            if bits * abs(exponent) > _MAX_BITS:
                raise ValueError(f"a power of more than {_MAX_BITS} bits")
            return Fraction(base**exponent.numerator)
        if exponent.denominator == 2 and base >= 0:
            return power(root(base, Fraction(2)), Fraction(exponent.numerator))
    return bounded(_MP.power(_real(base), _real(exponent)))


def root(value: Value, index: Value) -> Value:
    """The root; of a negative number the real one if the index is odd."""
    n = _whole(index)
    if not 2 <= n <= 20:
        raise ValueError(f"a root of index {n}")
    if not isinstance(value, Fraction):
        return bounded(_MP.root(value, n))
    if value < 0 and n % 2:
        return -root(-value, index)
    if value >= 0:
        tops = [_exact_root(part, n) for part in (value.numerator, value.denominator)]
        if tops[0] is not None and tops[1]:
            return Fraction(tops[0], tops[1])
    return bounded(_MP.root(_real(value), n))


def _exact_root(value: int, n: int) -> int | None:
    near = math.isqrt(value) if n == 2 else int(_MP.nint(_MP.root(value, n))) if value else 0
    return near if near**n == value else None


def applied(name: str, argument: Value, base: Value | None) -> Value:
    """A function of one number, logarithms to the base or to 10."""
    if abs(argument) > _MAX_ARGUMENT:
        raise ValueError(f"{name} of a number above {_MAX_ARGUMENT}")
    if name == "abs":
        return abs(argument)
    if name in ("ln", "log"):
        value = _MP.log(_real(argument))
        below = {"ln": _MP.e}.get(name, _real(base) if base is not None else _MP.mpf(10))
        return bounded(value / _MP.log(below))
    if name == "exp":
        return power(+_MP.e, argument)
    return bounded(getattr(_MP, _MPMATH_NAMES.get(name, name))(_real(argument)))
