"""Rounds are replayed: any cards that give all the results are right, each played once."""

import itertools
import random
from typing import Any

import pytest

from curriculum.tasks.sources.symbench.constrained_linear_arrangement import FAMILY

RING = {"beats": {"P": ["Q"], "Q": ["R"], "R": ["S"], "S": ["P"]}, "cards": ["P", "Q", "S"]}
# P wins against Q only; Q loses to P only; S draws with S and Q, and Q is gone.
RING |= {"results": ["win", "loss", "draw"]}


@pytest.mark.parametrize(
    "answer", ["Q,P,S", "Q, P, S", "Q P S", '["Q", "P", "S"]', "(q, p, s)", "[Q,P,S]", "Q\nP\nS"]
)
def test_the_same_cards_are_right_in_every_spelling(answer: str) -> None:
    assert FAMILY.is_right(RING, answer)


def test_of_all_cards_only_those_pass_that_give_the_results() -> None:
    passed = [
        cards for cards in itertools.product("PQRS", repeat=3) if FAMILY.is_right(RING, ",".join(cards))
    ]
    assert passed == [("Q", "P", "S")]


def test_several_answers_can_be_right() -> None:
    facts = {**RING, "cards": ["P", "R"], "results": ["draw", "draw"]}  # P and R draw with both P and R
    assert FAMILY.is_right(facts, "P,R")
    assert FAMILY.is_right(facts, "R,P")


def test_a_card_played_twice_or_one_that_does_not_exist_is_wrong() -> None:
    facts = {**RING, "cards": ["P", "R"], "results": ["draw", "draw"]}
    for answer in ("P,P", "R,R", "P,X", "P", "P,R,Q", "P,R or R,P", ""):
        assert not FAMILY.is_right(facts, answer)


def outcome(game: str, mine: str, theirs: str) -> str:
    question = "Round 1: X, ..."
    for results in (["win"], ["draw"], ["loss"]):
        solution = {"game_type": game, "player_moves": [mine], "results": results, "solution": [theirs]}
        try:
            item = FAMILY.from_published({"id": "x", "question": question, "solution": solution})
        except ValueError:
            continue
        if FAMILY.is_right(item.facts, theirs):
            return results[0]
    raise AssertionError


def test_sticks_beat_the_next_card_of_the_ring_and_draw_with_the_one_after() -> None:
    assert [outcome("stick_game", "A", theirs) for theirs in "ABCD"] == ["draw", "win", "draw", "loss"]


def test_every_two_different_elements_have_a_winner() -> None:
    # Wood A feeds B and loses; it overcomes C and wins; D overcomes it; E feeds it and so loses.
    assert [outcome("elements", "A", theirs) for theirs in "ABCDE"] == ["draw", "loss", "win", "loss", "win"]


def test_larger_animals_win_but_the_mouse_beats_the_elephant() -> None:
    assert [outcome("animal", "A", theirs) for theirs in "ABGH"] == ["draw", "win", "win", "loss"]
    assert [outcome("animal", "H", theirs) for theirs in "ABGH"] == ["win", "loss", "loss", "draw"]


def published(results: list[str]) -> dict[str, Any]:
    solution = {"game_type": "elements", "player_moves": ["E", "A", "C"], "results": results}
    return {"id": "x", "question": "?", "solution": {**solution, "solution": ["E", "C", "B"]}}


def test_a_stored_answer_that_the_rules_contradict_is_replaced_or_the_item_refused() -> None:
    # B feeds C, so C against B is a win; the item as published calls it a draw, for which C itself would be needed.
    with pytest.raises(ValueError, match="by the rules"):
        FAMILY.from_published(published(["draw", "win", "draw"]))
    assert FAMILY.from_published(published(["draw", "win", "win"])).answer == "E,C,B"
    assert FAMILY.from_published(published(["draw", "loss", "win"])).answer in {
        "E,B,A",
        "E,D,B",
        "E,D,A",
        "E,B,D",
    }


def test_settings_choose_the_game_and_its_length() -> None:
    item = FAMILY.generate(random.Random(8), game="two rings", num_cards=7, num_rounds=6)
    assert len(item.facts["beats"]) == 7
    assert len(item.facts["cards"]) == 6
    for wrong in ({"game": "dice"}, {"num_cards": 6}, {"num_cards": 3}, {"num_rounds": 8}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            FAMILY.generate(
                random.Random(8), **{"game": "two rings", "num_cards": 7, "num_rounds": 6, **wrong}
            )
