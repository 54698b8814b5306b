"""String splitting: what is in stock at the end follows from the methods, visited in turn."""

import random

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.string_splitting import FAMILY

FACTS = {
    "start": {"A": 1, "B": 3, "C": 1},
    "methods": [
        {"takes": {"A": 1}, "gives": {"X": 2, "Y": 1}},
        {"takes": {"B": 2}, "gives": {"X": 1}},
        {"takes": {"B": 1, "C": 1}, "gives": {"A": 1}},
        {"takes": {"X": 1, "Y": 1}, "gives": {"Z": 1}},
    ],
    "names": list("ABCXYZ"),
}
# Round 1: A gives 2 X, 1 Y; 2 B give 1 X; B + C give 1 A; X + Y give 1 Z: A 1, X 2, Z 1.
# Round 2: A gives 2 X, 1 Y: X 4, Y 1; X + Y give Z: X 3, Z 2.
RIGHT = [0, 0, 0, 3, 0, 2]


def test_the_counts_pass_in_other_spellings() -> None:
    spellings = (
        *("[0, 0, 0, 3, 0, 2]", "0,0,0,3,0,2", "0 0 0 3 0 2", "(0, 0, 0, 3, 0, 2)", "0\n0\n0\n3\n0\n2"),
        *('["0", "0", "0", "3", "0", "2"]', "['0', '0', '0', '3', '0', '2']."),
    )
    assert all(FAMILY.is_right(FACTS, spelling) for spelling in spellings)


def test_other_counts_fail() -> None:
    for place in range(len(RIGHT)):
        for change in (-1, 1):
            wrong = [*RIGHT[:place], RIGHT[place] + change, *RIGHT[place + 1 :]]
            assert not FAMILY.is_right(FACTS, str(wrong))
    assert not any(
        FAMILY.is_right(FACTS, str(wrong)) for wrong in (RIGHT[:-1], [*RIGHT, 0], RIGHT[::-1], [RIGHT])
    )
    assert not FAMILY.is_right(FACTS, "000302")


def test_published_answers_follow_from_the_published_methods() -> None:
    for row in published_rows("string_splitting"):
        item = FAMILY.from_published(row)
        assert len(item.facts["methods"]) == 5
        assert item.answer == str([int(count) for count in row["solution"]["expected_answer"]])


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    small, large = (FAMILY.generate(random.Random(1), **FAMILY.levels[n]) for n in (0, -1))
    assert len(small.facts["methods"]) == 3
    assert len(large.facts["methods"]) == 9
    assert len(large.facts["names"]) == 10
    with pytest.raises(ValueError, match="num_parts"):
        FAMILY.generate(random.Random(1), num_machines=3, num_parts=0, num_methods=3, max_count=3)
