"""Letters: the count and all positions, counted from 1."""

import random

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.letters import FAMILY

FACTS = {"word": "banana", "letter": "a"}  # b a n a n a: 2, 4, 6


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "3: [2, 4, 6]",
            "3: 2, 4, 6",
            "3:[2,4,6]",
            "3; 2 4 6",
            "Count: 3, Positions: [2, 4, 6]",
            "3, [2, 4, 6]",
        ),
        *(
            "[3, [2, 4, 6]]",
            "(3, (2, 4, 6))",
            "count 3\npositions 2, 4, 6",
            '"3: [2, 4, 6]"',
            "3: [6, 2, 4].",
            "3 (2,4,6)",
        ),
    ],
)
def test_count_and_positions_pass_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "3: [1, 3, 5]",
            "3: [2, 4]",
            "2: [2, 4]",
            "2: [2, 4, 6]",
            "3: [2, 4, 6, 6]",
            "4: [2, 4, 6]",
            "3: [2, 4, 5]",
        ),
        *(
            "3",
            "[2, 4, 6]",
            "3, 2, 4, 6",
            "3: [2, 4, 6] 3: [2, 4, 6]",
            "3: [2, 2, 4, 6]",
            "3: [[2, 4, 6]",
            "3: []",
        ),
        *("3: 246", "3 at 2 and 4 and 6", "\u0663: [2, 4, 6]", "", "3: [2, 4, 6", "0: [[[["),
    ],
)
def test_other_counts_positions_and_texts_fail(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_a_letter_that_is_not_there_has_no_positions() -> None:
    facts = {"word": "banana", "letter": "x"}
    assert all(FAMILY.is_right(facts, answer) for answer in ("0: []", "0:", "Count: 0, Positions: []"))
    assert not any(FAMILY.is_right(facts, answer) for answer in ("0: [0]", "0: [[", "1: []", "[]", ""))


def test_published_words_have_their_letters() -> None:
    for row in published_rows("letters"):
        item = FAMILY.from_published(row)
        assert (item.answer or "").startswith(f"{row['freq']}: [")
        assert row["word"] in item.question


def test_settings_change_the_length_and_wrong_ones_are_named() -> None:
    for level in FAMILY.levels:
        for seed in range(20):
            facts = FAMILY.generate(random.Random(seed), **level).facts
            assert level["min_length"] <= len(facts["word"]) <= level["max_length"]
            assert facts["letter"] in facts["word"]
    with pytest.raises(ValueError, match="max_length"):
        FAMILY.generate(random.Random(1), min_length=9, max_length=8)
