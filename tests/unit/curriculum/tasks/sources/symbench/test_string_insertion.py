"""String insertion: every occurrence counts, overlapping ones too, and inserted letters wait for the next round."""

import random

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.string_insertion import FAMILY, with_insertions

RULES = [["ABA", "C"], ["BAB", "D"]]
FACTS = {"text": "ABABA", "rules": RULES, "num_rounds": 1}


def test_overlapping_occurrences_all_count() -> None:
    # ABA ends at letters 3 and 5, BAB at letter 4.
    assert with_insertions("ABABA", RULES, 1) == "ABACBDAC"


def test_inserted_letters_count_in_the_next_round_only() -> None:
    # AA -> A: each of the two pairs gets one A; in the second round AAAAA has four pairs.
    assert with_insertions("AAA", [["AA", "A"]], 1) == "AAAAA"
    assert with_insertions("AAA", [["AA", "A"]], 2) == "AAAAAAAAA"
    assert with_insertions("AAB", [["AAB", "B"], ["ABB", "C"]], 1) == "AABB"
    assert with_insertions("AAB", [["AAB", "B"], ["ABB", "C"]], 2) == "AABBBC"


def test_the_string_passes_in_other_spellings() -> None:
    assert all(
        FAMILY.is_right(FACTS, spelling)
        for spelling in ("ABACBDAC", '"ABACBDAC"', "'ABACBDAC'", " ABACBDAC.\n", "`ABACBDAC`", "**ABACBDAC**")
    )


def test_other_strings_fail() -> None:
    right = "ABACBDAC"
    dropped = {right[:n] + right[n + 1 :] for n in range(len(right))}
    changed = {right[:n] + "E" + right[n + 1 :] for n in range(len(right))}
    repeated = {right[:n] + "E" + right[n:] for n in range(len(right) + 1)}
    assert not any(FAMILY.is_right(FACTS, wrong) for wrong in dropped | changed | repeated)
    assert not any(
        FAMILY.is_right(FACTS, wrong) for wrong in ("ABABA", right.lower(), right[::-1], right * 2)
    )


def test_published_answers_follow_from_the_published_rules() -> None:
    for row in published_rows("string_insertion"):
        item = FAMILY.from_published(row)
        assert len(item.facts["rules"]) == 5
        assert item.answer == row["solution"]["modified_string"]


def test_every_item_has_something_to_insert() -> None:
    for number, level in enumerate(FAMILY.levels):
        for seed in range(50):
            item = FAMILY.generate(random.Random(f"{number}/{seed}"), **level)
            assert len(item.facts["text"]) == level["length"]
            assert len(item.answer or "") > level["length"]


def test_wrong_settings_are_named() -> None:
    level = FAMILY.levels[0]
    for name, value in (("length", 2), ("num_rules", 65), ("num_rounds", 0), ("pattern_length", 1)):
        with pytest.raises(ValueError, match=name):
            FAMILY.generate(random.Random(1), **{**level, name: value})
