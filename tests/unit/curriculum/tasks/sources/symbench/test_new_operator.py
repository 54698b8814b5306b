"""New operator: values follow from the definitions, from left to right unless brackets say otherwise."""

import random
from fractions import Fraction

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.new_operator import FAMILY, value_of

OPERATORS = {
    "~": {"kind": "sum", "p": 2, "q": 5},
    "#": {"kind": "product", "p": 5, "q": 0},
    "&": {"kind": "quotient", "p": 1, "q": 1},
}
# (3 ~ 4) = 6 + 20 = 26; 26 # 5 = 5 * 26 * 5 = 650; 650 & 6 = 656 / 6 = 328/3.
# From the right: 5 & 6 = 11/6; 26 # 11/6 = 5 * 26 * 11/6 = 715/3.
FACTS = {"expression": "(3~4)#5&6", "operators": OPERATORS, "is_order_stated": True}


def test_operators_are_applied_from_the_left_and_brackets_first() -> None:
    assert value_of("(3~4)#5&6", OPERATORS, from_left=True) == Fraction(328, 3)
    assert value_of("(3~4)#5&6", OPERATORS, from_left=False) == Fraction(715, 3)
    assert value_of("(3 ~ 4) # (5 & 6)", OPERATORS, from_left=True) == Fraction(715, 3)
    # 2 ~ 1 = 9; 1 ~ 9 = 2 + 45 = 47; 12 & 47 = 59/47.
    assert value_of("12 & (1 ~ (2 ~ 1))", OPERATORS, from_left=True) == Fraction(59, 47)


@pytest.mark.parametrize(
    "answer", ["328/3", "109.333", "109.3333", "656/6", "109.33333333333333", r"\frac{328}{3}", "`328/3`"]
)
def test_the_value_passes_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer", ["109.33", "109.334", "109", "-328/3", "715/3", "650", "3/328", "328/3 or 109", "328", ""]
)
def test_other_values_fail(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_whole_values_are_compared_exactly() -> None:
    facts = {**FACTS, "expression": "(3 ~ 4) # 5"}
    assert all(FAMILY.is_right(facts, answer) for answer in ("650", "650.0", "650.", "1300/2"))
    assert not any(FAMILY.is_right(facts, answer) for answer in ("650.0001", "649.9999", "651", "6501/10"))


def test_without_a_stated_order_either_one_is_right_but_no_other_value() -> None:
    facts = {**FACTS, "is_order_stated": False}
    assert FAMILY.is_right(facts, "328/3")
    assert FAMILY.is_right(facts, "715/3")
    assert not FAMILY.is_right(facts, "650")


def test_stored_answers_pass_unless_they_leave_an_operator_out() -> None:
    """Of (3~4)#5&6 the published answer takes (3~4)#5 or 5&6: no order of the operators gives that."""
    for row in published_rows("new_operator"):
        item, solution = FAMILY.from_published(row), row["solution"]
        expression = item.facts["expression"]
        assert FAMILY.is_right(item.facts, str(solution["solution"])) == (
            len(solution["operator_definitions"]) == 1
        )
        if len(solution["operator_definitions"]) > 1:
            parts = (expression[:-2], expression[-3:])
            values = [value_of(part, item.facts["operators"], from_left=True) for part in parts]
            assert any(abs(value - Fraction(solution["solution"])) < Fraction(1, 10**9) for value in values)


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    for level in FAMILY.levels:
        facts = FAMILY.generate(random.Random(4), **level).facts
        assert len(facts["operators"]) == level["num_operators"]
        assert sum(facts["expression"].count(symbol) for symbol in "~&@#%") == level["num_operands"] - 1
    for name, value in (("num_operators", 6), ("num_operands", 1), ("max_number", 1), ("lowest_factor", 5)):
        with pytest.raises(ValueError, match=name):
            FAMILY.generate(random.Random(1), **{**FAMILY.levels[0], name: value})
