"""Number multiply: the exact product, to the last digit and with its sign."""

import random

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.number_multiply import FAMILY

FACTS = {"values": [-9, 43, -73, -6061]}
# 9 * 43 = 387; 387 * 73 = 28251; 28251 * 6061 = 28251 * 6000 + 28251 * 61 = 169506000 + 1723311 = 171229311.
RIGHT = "-171229311"


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        "-171,229,311",
        " -171229311.0 ",
        "`-171229311`",
        "$-171229311$",
        "\u2212171229311",
        "- 171229311",
    ],
)
def test_the_product_passes_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


def test_other_numbers_fail() -> None:
    changed = [
        RIGHT[:place] + str((int(RIGHT[place]) + 1) % 10) + RIGHT[place + 1 :]
        for place in range(1, len(RIGHT))
    ]
    dropped = [RIGHT[:place] + RIGHT[place + 1 :] for place in range(len(RIGHT)) if place not in (1, 2)]
    assert not any(FAMILY.is_right(FACTS, wrong) for wrong in changed + dropped)
    assert not any(
        FAMILY.is_right(FACTS, wrong)
        for wrong in (
            "171229311",
            "-1.712e8",
            "-171229311.5",
            "-9*43*-73*-6061",
            "-171 229 311 or 0",
            "-17,1229,311",
        )
    )


def test_products_of_eighty_digits_are_exact() -> None:
    item = FAMILY.generate(random.Random(2), digits=[20, 20, 20, 20])
    right = int(item.answer or "")
    assert abs(right) >= 10**76
    assert FAMILY.is_right(item.facts, f"{right:,}")
    assert not any(
        FAMILY.is_right(item.facts, wrong) for wrong in (str(right + 1), str(-right), str(float(right)))
    )


def test_published_products_are_right() -> None:
    for row in published_rows("number_multiply"):
        assert FAMILY.from_published(row).answer == str(row["answer"])


def test_factors_have_the_digits_asked_for() -> None:
    for level in FAMILY.levels:
        values = FAMILY.generate(random.Random(3), **level).facts["values"]
        assert [len(str(abs(value))) for value in values] == level["digits"]
    for digits in ([3], [3, 0], [3, 101]):
        with pytest.raises(ValueError, match="digits"):
            FAMILY.generate(random.Random(1), digits=digits)
