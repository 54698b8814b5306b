from fractions import Fraction

import pytest

from curriculum.tasks.normalisers.safe_arithmetic import expression_value


def test_value_is_exact_and_numbers_are_listed_in_order() -> None:
    assert expression_value("(1 + 2) / -3 * 7") == (Fraction(-7), (1, 2, 3, 7))


@pytest.mark.parametrize(
    "text", ["2**9", "a", "f(1)", "1.5", "True", "", "1+", "[1]", "1;2", "(" * 400, "1" + "+1" * 400]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|expression"):
        expression_value(text)
