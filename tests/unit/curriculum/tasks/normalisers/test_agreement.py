from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.normalisers.agreement import digit, is_same_but_for_floats


@pytest.mark.parametrize(
    ("value", "position", "worth"),
    [
        ("31.4", 1, "10"),
        ("31.4", 3, "1/10"),
        ("1", 1, "1"),
        ("0.00167", 1, "1/1000"),
        ("-99", 2, "1"),
        ("0", 3, "0"),
    ],
)
def test_what_a_significant_digit_is_worth(value: str, position: int, worth: str) -> None:
    assert digit(Fraction(value), position) == Fraction(worth)


@given(value=st.fractions(min_value=Fraction(1, 10**9), max_value=10**9))
def test_the_first_digit_is_from_one_to_nine(value: Fraction) -> None:
    assert 1 <= value / digit(value, 1) < 10


def test_floats_of_python_are_the_same_and_whole_numbers_never_are() -> None:
    assert is_same_but_for_floats(Fraction(0.1 + 0.2), Fraction("0.3"))
    assert is_same_but_for_floats(Fraction("-6.999999999999999"), Fraction(-7))
    assert not is_same_but_for_floats(Fraction("0.30001"), Fraction("0.3"))
    assert not is_same_but_for_floats(Fraction(10**18 + 1), Fraction(10**18))
    assert not is_same_but_for_floats(Fraction(1, 10**9), Fraction(0))
