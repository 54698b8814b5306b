"""Exchanges: methods in turn and the first possible method differ, and random ones come to an end."""

import random

import pytest

from curriculum.tasks.sources.symbench.parts.exchanges import (
    Method,
    counts_in_order,
    listed,
    outcome,
    random_exchange,
)

PAIR: list[Method] = [{"takes": {"A": 2}, "gives": {"X": 1}}, {"takes": {"A": 1}, "gives": {"Y": 1}}]


def test_in_turn_each_method_is_carried_out_once_per_visit() -> None:
    # A: 5 -> 3 (X 1) -> 2 (Y 1) -> 0 (X 2).
    assert outcome({"A": 5}, PAIR, restarts=False) == ({"A": 0, "X": 2, "Y": 1}, 3)


def test_with_restarts_the_first_possible_method_goes_on() -> None:
    # A: 7 -> 5 -> 3 -> 1 (X 3) -> 0 (Y 1); in turn it would be 7, 5, 4, 2, 1, then Y again.
    assert outcome({"A": 7}, PAIR, restarts=True) == ({"A": 0, "X": 3, "Y": 1}, 4)
    assert outcome({"A": 7}, PAIR, restarts=False).counts == {"A": 0, "X": 2, "Y": 3}


def test_methods_without_an_end_are_refused() -> None:
    endless: list[Method] = [{"takes": {"A": 1}, "gives": {"B": 1}}, {"takes": {"B": 1}, "gives": {"A": 1}}]
    with pytest.raises(ValueError, match="can still be carried out"):
        outcome({"A": 1}, endless, restarts=False)


@pytest.mark.parametrize("restarts", [False, True])
def test_random_methods_differ_and_end_after_a_few_steps_at_least(restarts: bool) -> None:
    for seed in range(200):
        start, methods = random_exchange(
            random.Random(seed), tiers=["ABC", "XYZ"], num_methods=5, max_count=6, restarts=restarts
        )
        assert outcome(start, methods, restarts=restarts).num_steps >= 5
        assert len({str(method["takes"]) for method in methods}) == 5


def test_the_longest_lists_of_methods_end_too() -> None:
    tiers = [[f"{kind}{n}" for n in range(6)] for kind in "abc"]
    for seed in range(100):
        start, methods = random_exchange(
            random.Random(seed), tiers=tiers, num_methods=20, max_count=30, restarts=False
        )
        assert outcome(start, methods, restarts=False).num_steps > 0


def test_amounts_are_listed_in_words_and_in_order() -> None:
    assert listed({"B": 2, "C": 1}) == "2 B + 1 C"
    assert counts_in_order({"B": 2}, ["A", "B"]) == [0, 2]
