from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junk_answers import JUNK

from curriculum.tasks.normalisers import integer, number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", Fraction(5)),
        ("-5", Fraction(-5)),
        ("+5.50", Fraction(11, 2)),
        ("1,234,567", Fraction(1234567)),
        ("$1,234.50$", Fraction(2469, 2)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("3/4", Fraction(3, 4)),
        ("-6 / 8", Fraction(-3, 4)),
        (r"\frac{1}{2}", Fraction(1, 2)),
        (r"-\dfrac{1}{2}", Fraction(-1, 2)),
        (r"\boxed{7}", Fraction(7)),
        ("2e-3", Fraction(1, 500)),
        ("1E3", Fraction(1000)),
        ("\u22127", Fraction(-7)),
        ("`7`", Fraction(7)),
        ('"7"', Fraction(7)),
    ],
)
def test_spellings_of_a_number(text: str, value: Fraction) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    ["", ".", "-", "12,34", "1,2345", "5 or 6", "5 6", "--5", "1/0", "1e999", "1/2/3", "nan", "0x10", "1_000",
     "\u0661", "\u00b2", "x = 5", "5 apples", "9" * 5000],
)  # fmt: skip
def test_what_is_no_number_has_no_value(text: str) -> None:
    assert number(text) is None


def test_whole_numbers_may_be_written_with_decimals_that_are_zero() -> None:
    assert (integer("7.0"), integer("7.5"), integer("14/2")) == (7, None, 7)


@given(value=st.fractions(max_denominator=10**6))
def test_fractions_come_back(value: Fraction) -> None:
    assert number(f"{value.numerator}/{value.denominator}") == value


@given(text=st.one_of(st.text(), st.sampled_from(JUNK)))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert number(text) is None or isinstance(number(text), Fraction)
