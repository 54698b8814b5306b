"""Mahjong pattern: verdicts follow from the cards held at that moment and from the rules stated."""

import random
from collections import Counter

import pytest

from curriculum.tasks.sources.symbench.mahjong_pattern import CHI, FAMILY, PASS, PENG, after_changes, verdict


def test_two_equal_cards_in_hand_make_peng() -> None:
    assert verdict("AABX", "A", with_chi=True) == PENG
    assert verdict("AAAX", "A", with_chi=True) == PENG
    assert verdict("ABXX", "B", with_chi=True) == PASS


@pytest.mark.parametrize(
    ("hand", "added"), [("KLXX", "M"), ("KMXX", "L"), ("LMXX", "K"), ("XYAA", "Z"), ("BCXX", "A")]
)
def test_three_successive_letters_make_chi_wherever_the_new_one_stands(hand: str, added: str) -> None:
    assert verdict(hand, added, with_chi=True) == CHI
    assert verdict(hand, added, with_chi=False) == PASS


def test_the_alphabet_ends_at_z() -> None:
    assert verdict("ZBXY", "A", with_chi=True) == PASS
    assert verdict("YZAB", "[", with_chi=True) == PASS


def test_peng_goes_before_chi() -> None:
    assert verdict("AABC", "A", with_chi=True) == PENG


def test_a_card_held_twice_does_not_hide_a_chi() -> None:
    """The original sorts the hand and looks at neighbours: it overlooks A, B, C in A, B, B, C."""
    assert verdict("ABBX", "C", with_chi=True) == CHI


def test_cards_come_and_go() -> None:
    assert after_changes("AB", [["C", "A"], ["A", "C"]]) == "BA"
    with pytest.raises(ValueError, match="card Z is taken out"):
        after_changes("AB", [["C", "Z"]])


def test_the_number_passes_in_other_spellings_and_others_fail() -> None:
    facts = {"cards": "KLXX", "changes": [["Q", "X"]], "last": "M", "with_chi": True}
    assert all(FAMILY.is_right(facts, answer) for answer in ("2", " 2 ", "2.", "`2`", "$2$", "+2"))
    assert not any(
        FAMILY.is_right(facts, answer)
        for answer in ("0", "1", "3", "-2", "22", "2, 2", "1 or 2", "\u0662", "")
    )


def test_verdicts_are_balanced() -> None:
    for level in FAMILY.levels:
        answers = Counter(FAMILY.generate(random.Random(seed), **level).answer for seed in range(300))
        assert set(answers) == ({"0", "1", "2"} if level["with_chi"] else {"0", "1"})
        assert max(answers.values()) < 300 / len(answers) * 1.3


def test_items_agree_with_a_replay_by_counts() -> None:
    for seed in range(60):
        item = FAMILY.generate(random.Random(seed), **FAMILY.levels[seed % 5])
        hand = Counter(item.facts["cards"])
        for added, removed in item.facts["changes"]:
            hand[added] += 1
            hand[removed] -= 1
            assert hand[removed] >= 0
        codes = {ord(card) for card, count in hand.items() if count}
        last = ord(item.facts["last"])
        is_chi = any({last + a, last + b} <= codes for a, b in ((1, 2), (-1, 1), (-2, -1)))
        expected = 1 if hand[item.facts["last"]] >= 2 else 2 if is_chi and item.facts["with_chi"] else 0
        assert item.answer == str(expected)


def test_settings_shape_the_item() -> None:
    facts = FAMILY.generate(random.Random(0), num_cards=9, num_rounds=4, with_chi=False).facts
    assert len(facts["cards"]) == 9
    assert len(facts["changes"]) == 3
    with pytest.raises(ValueError, match="num_rounds"):
        FAMILY.generate(random.Random(0), num_cards=9, num_rounds=0, with_chi=False)


def test_a_published_row_whose_rules_know_no_chi_is_not_answered_by_chi() -> None:
    solution = {"initial_cards": "ABX", "rounds": [{"add": "C", "remove": "X"}], "solution": 2}
    assert FAMILY.from_published({"question": 'determined as "Peng,"', "solution": solution}).answer == "0"
    assert FAMILY.from_published({"question": 'determined as "Chi,"', "solution": solution}).answer == "2"
