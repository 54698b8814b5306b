"""Whether an answer says the same as the reference answer, by one reading of both."""

from collections.abc import Callable, Sequence
from fractions import Fraction


def reads_alike(reading: Callable[[str], object], answer: str, reference: str) -> bool:
    """Whether both texts are read, and as equal values."""
    right = reading(reference)
    return right is not None and reading(answer) == right


def all_close(
    given: Sequence[Fraction] | None, right: Sequence[Fraction] | None, tolerance: Fraction
) -> bool:
    """Whether there are as many numbers, each within the tolerance; never where a list could not be read."""
    return (
        given is not None
        and right is not None
        and len(given) == len(right)
        and all(abs(a - b) <= tolerance for a, b in zip(given, right, strict=True))
    )


def is_same_but_for_floats(given: Fraction, right: Fraction) -> bool:
    """Whether two numbers differ by no more than floats do after a few steps, and by far less than 1 in any case.

    Python prints 0.30000000000000004 for 0.3. Whole numbers of any size stay apart.
    """
    return abs(given - right) < min(Fraction(1, 10**6), max(Fraction(1, 10**9), abs(right) / 10**12))


def digit(value: Fraction, position: int) -> Fraction:
    """What one in the significant digit at a position is worth: of 31.4, 1/10 at the third. Of zero it is zero."""
    if not value:
        return Fraction(0)
    value = abs(value)
    exponent = len(str(value.numerator)) - len(str(value.denominator))
    leading = Fraction(10) ** exponent
    if leading > value:
        leading /= 10
    return leading / Fraction(10) ** (position - 1)
