"""Synthesis and decomposition: the goods at the end follow from the exchanges; just those asked for count."""

import random

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.synthesis_decomposition import FAMILY

FACTS = {
    "start": {"A": 6, "B": 2},
    "methods": [
        {"takes": {"A": 1, "B": 1}, "gives": {"X": 1}},
        {"takes": {"A": 3}, "gives": {"X": 2}},
    ],
    "names": ["A", "B", "X"],
}
# A 6, B 2 -> 5, 1, X 1 -> 2, 1, X 3 -> 1, 0, X 4; three A are not there any more.
RIGHT = [1, 0, 4]


def test_the_counts_pass_in_other_spellings() -> None:
    assert all(
        FAMILY.is_right(FACTS, spelling)
        for spelling in ("[1, 0, 4]", "1, 0, 4", "1 0 4", "(1,0,4)", '["1", "0", "4"]', "`[1, 0, 4]`.")
    )


def test_other_counts_fail() -> None:
    wrong = ([0, 0, 4], [1, 1, 4], [1, 0, 5], [0, 1, 4], [1, 0], [1, 0, 4, 4], [4, 0, 1])
    assert not any(FAMILY.is_right(FACTS, str(counts)) for counts in wrong)
    assert not FAMILY.is_right(FACTS, "104")


def test_each_method_at_most_once_per_cycle() -> None:
    facts = {**FACTS, "start": {"A": 5, "B": 3}}
    # In turn: 4, 2, X 1 -> 1, 2, X 3 -> 0, 1, X 4. Method 1 first: 2, 0, X 3.
    assert FAMILY.is_right(facts, "[0, 1, 4]")
    assert not FAMILY.is_right(facts, "[2, 0, 3]")


def test_published_answers_follow_and_only_the_fields_asked_for_count() -> None:
    """A published answer has five fields, whatever the question asks for."""
    for row in published_rows("synthesis_decomposition"):
        item = FAMILY.from_published(row)
        stored = dict(zip("ABCXY", map(int, row["solution"]["solution"]["answer"]), strict=True))
        assert item.facts["start"] == row["solution"]["initial_state"]
        assert item.answer == str([stored[name] for name in item.facts["names"]])
        assert not FAMILY.is_right(item.facts, str([*stored.values()]))


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    small, large = (FAMILY.generate(random.Random(1), **FAMILY.levels[n]) for n in (0, -1))
    assert (small.facts["names"], large.facts["names"]) == (list("ABX"), list("ABCDEXYZ"))
    with pytest.raises(ValueError, match="max_count"):
        FAMILY.generate(random.Random(1), num_crops=3, num_products=1, num_methods=3, max_count=0)
