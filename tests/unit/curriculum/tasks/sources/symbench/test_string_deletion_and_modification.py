"""String deletion and modification: the final string follows from the rules, and there always is one."""

import random

import pytest
from published_rows import published_rows

from curriculum.tasks.sources.symbench.parts.rewrite_rules import published_rule, states
from curriculum.tasks.sources.symbench.string_deletion_and_modification import FAMILY

PLAIN = {"prepend": "", "append": "", "drop_last": False}
FACTS = {
    "text": "aacbb",
    "rules": [
        {"where": "first", "what": "cb", "put": "bc", **PLAIN},
        {"where": "start", "what": "aa", "put": "a", **PLAIN},
        {"where": "end", "what": "c", "put": "", **PLAIN},
    ],
}
# aacbb -> aabcb -> aabbc (rule 1 twice) -> abbc (rule 2) -> abb (rule 3).


def test_the_string_passes_in_other_spellings() -> None:
    assert all(
        FAMILY.is_right(FACTS, spelling)
        for spelling in ("abb", '"abb"', "'abb'", ' "abb".', "`abb`", "\nabb\n")
    )


def test_other_strings_fail() -> None:
    assert not any(
        FAMILY.is_right(FACTS, wrong)
        for wrong in (
            "abbc",
            "aabbc",
            "ab",
            "abbb",
            "bab",
            "ABB",
            "abb abb",
            "a b b",
            "aacbb",
            "abb, abb",
            "",
        )
    )


def test_published_strings_and_all_their_steps_follow() -> None:
    for row in published_rows("string_deletion_and_modification"):
        item, solution = FAMILY.from_published(row), row["solution"]
        assert item.answer == solution["final_string"]
        rules = [published_rule(sentence) for sentence in solution["selected_rules"]]
        assert states(solution["initial_string"], rules, 100) == solution["intermediate_states"]


def test_published_rules_without_an_end_are_refused() -> None:
    swap = [
        "If the string ends with 'ab', replace it with 'ba'.",
        "If the string ends with 'ba', replace it with 'ab'.",
    ]
    row = {"question": "?", "solution": {"initial_string": "cab", "selected_rules": swap}}
    with pytest.raises(ValueError, match="no end in sight"):
        FAMILY.from_published(row)


def test_items_take_the_steps_that_were_asked_for() -> None:
    for number, level in enumerate(FAMILY.levels):
        for seed in range(40):
            item = FAMILY.generate(random.Random(f"{number}/{seed}"), **level)
            found = states(item.facts["text"], item.facts["rules"], 100)
            assert found[-1] == item.answer
            assert len(found) > level["min_steps"]
            assert len(set(found)) == len(found)


def test_wrong_settings_are_named() -> None:
    for name, value in (("length", 3), ("num_letters", 1), ("num_rules", 0), ("min_steps", 41)):
        with pytest.raises(ValueError, match=name):
            FAMILY.generate(random.Random(1), **{**FAMILY.levels[0], name: value})
