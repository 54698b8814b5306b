"""Combinatorial calculation: the numbers stand in the order given, one by one, with operators between them."""

import random

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.combinatorial_calculation import FAMILY

FACTS = {"numbers": [5, 3, 9, 3], "target": 24}  # (5 + 3) * 9 / 3 = 72 / 3 = 24


@pytest.mark.parametrize(
    "answer",
    [
        *("(5 + 3) * 9 / 3", "(5+3)*9/3", "(5+3)*(9/3)", "((5+3)*9)/3 = 24", "`(5+3)*9/3`.", "$(5+3)*9/3$"),
        *(
            "[(, 5, +, 3, ), *, 9, /, 3]",
            '["(", "5", "+", "3", ")", "*", "9", "/", "3"]',
            "(, 5, +, 3, ), *, 9, /, 3",
        ),
        *("['(5', '+', '3)', '*', '9', '/', '3']", "[(5+3)*9/3]", "[(, 5, +, 3, ), *, 9, /, 3, =, 24]"),
    ],
)
def test_expressions_and_lists_of_tokens_pass(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


def refused(facts: dict[str, object], answer: str) -> bool:
    try:
        return not FAMILY.is_right(facts, answer)
    except (ValueError, ZeroDivisionError):
        return True


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "(3 + 5) * 9 / 3",
            "9 * (5 + 3) / 3",
            "3 * (5 + 3) * 9 / 9",
            "5 + 3 * 9 / 3",
            "(5+3)*9/3 + 0",
            "8*9/3",
        ),
        *(
            "(5+3)*9/3, (5+3)*9/3",
            "[[(, 5, +, 3, ), *, 9, /, 3]]",
            "(5+3)*9/3 = 25",
            "[(, 5, 3, ), *, 9, /, 3]",
        ),
    ],
)
def test_other_orders_numbers_and_values_fail(answer: str) -> None:
    """The original sorts both lists of numbers: it takes the first three for right."""
    assert refused(FACTS, answer)


def test_neighbours_are_not_joined_to_one_number() -> None:
    facts = {"numbers": [6, 9, 1], "target": 70}
    assert all(
        refused(facts, answer) for answer in ("69 + 1", "[6, 9, +, 1]", "6 9 + 1", "'6''9' + 1", "[69, +, 1]")
    )


def test_a_sign_of_a_number_is_no_operator_between_numbers() -> None:
    facts = {"numbers": [3, 7], "target": 4}  # only -3 + 7 would do
    assert all(
        refused(facts, answer) for answer in ("-3 + 7", "[-, 3, +, 7]", "-(3 - 7)", "(-3) + 7", "3 * -7 + 25")
    )
    product = {"numbers": [2, 3], "target": -6}
    assert all(refused(product, answer) for answer in ("2*-3", "2 \u00d7 -3", "2 * (-3)", "2 * - 3"))


def test_published_solutions_pass_and_changed_ones_fail() -> None:
    for row in published_rows("combinatorial_calculation"):
        item = FAMILY.from_published(row)
        tokens = row["solution"]["solution"]
        assert FAMILY.is_right(item.facts, "".join(tokens))
        assert refused(item.facts, "".join(tokens[:-1]))
        assert refused(item.facts, "".join([*tokens, "+", "1"]))
        if item.facts["numbers"] != item.facts["numbers"][::-1]:
            assert refused(item.facts, "".join(tokens[::-1]).translate(str.maketrans("()", ")(")))


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    sizes = [len(FAMILY.generate(random.Random(1), **level).facts["numbers"]) for level in FAMILY.levels]
    assert sizes == [3, 4, 5, 6, 8]
    for name, value in (("num_numbers", 1), ("max_number", 4), ("max_target", 4)):
        with pytest.raises(ValueError, match=name):
            FAMILY.generate(random.Random(1), **{**FAMILY.levels[0], name: value})
