"""Statistical counting: each run that is long enough scores once."""

import random
import re

import pytest

from curriculum.tasks.sources.symbench.statistical_counting import FAMILY, total_score

# A: 3 points from 2 in a row; B: 5 points from 3 in a row. Runs: AA (3), BB (too short), A, BBBB (5), AAA (3).
TEXT, RULES = "AABBABBBBAAA", [["A", 3, 2], ["B", 5, 3]]
FACTS = {"text": TEXT, "rules": RULES}


def test_runs_score_once_if_they_are_long_enough() -> None:
    assert total_score(TEXT, RULES) == 11


def test_a_long_run_scores_no_more_than_a_short_one() -> None:
    assert total_score("AAAAAAAA", RULES) == total_score("AA", RULES) == 3
    assert total_score("ABABAB", RULES) == 0


@pytest.mark.parametrize("answer", ["11", " 11\n", "11.", "$11$", r"\boxed{11}", "11.0", "+11"])
def test_the_total_passes_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer", ["16", "8", "10", "12", "-11", "1 1", "11 points", "11 or 16", "5+6", "0b1011", "\u0661\u0661"]
)
def test_other_totals_and_texts_fail(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_generated_items_agree_with_patterns() -> None:
    for seed in range(60):
        item = FAMILY.generate(random.Random(seed), **FAMILY.levels[seed % 5])
        total = sum(
            points * len(re.findall(f"{letter}{{{minimum},}}", item.facts["text"]))
            for letter, points, minimum in item.facts["rules"]
        )
        assert item.answer == str(total)


def test_settings_shape_the_item() -> None:
    facts = FAMILY.generate(random.Random(0), length=200, num_letters=8, longest_minimum=5).facts
    assert len(facts["text"]) == 200
    assert len(facts["rules"]) == 8
    assert set(facts["text"]) <= {letter for letter, _, _ in facts["rules"]}
    assert max(minimum for _, _, minimum in facts["rules"]) > 2
    with pytest.raises(ValueError, match="longest_minimum"):
        FAMILY.generate(random.Random(0), length=200, num_letters=8, longest_minimum=1)


def test_a_published_row_is_read() -> None:
    rules = [
        {"letter": "A", "score": 1, "min_consecutive": 2},
        {"letter": "B", "score": 2, "min_consecutive": 2},
    ]
    item = FAMILY.from_published(
        {"question": "?", "solution": {"sequence": "BBABAA", "rules": rules, "solution": 3}}
    )
    assert item.answer == "3"
