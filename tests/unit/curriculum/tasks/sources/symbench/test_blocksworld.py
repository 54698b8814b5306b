import random
from collections import deque

import pytest

from curriculum.tasks.sources.symbench.blocksworld import FAMILY
from curriculum.tasks.sources.symbench.parts.block_stacks import Move, Stacks, moved, plan

# A stands on B in stack 1; wanted is B on A in stack 2: A goes first, then B on top of it. Two moves.
FACTS = {"start": [["B", "A"], [], []], "goal": [[], ["A", "B"], []], "max_moves": 3, "answer": None}


@pytest.mark.parametrize(
    "answer",
    [
        "Move A from 1 to 2\nMove B from 1 to 2",
        "move a from 1 to 2; move b from 1 to 2",
        "1. Move A from 1 to 2\n2. Move B from 1 to 2.",
        "['Move A from 1 to 2', 'Move B from 1 to 2']",
        "Step 1: Move block A from stack 1 to stack 2\nStep 2: Move block B from stack1 to stack2",
        "Move A from 1 to 3\nMove A from 3 to 2\nMove B from 1 to 2",
    ],
)
def test_a_plan_that_reaches_the_goal_is_right_in_any_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "Move B from 1 to 2\nMove A from 1 to 2",  # B is not on top
        "Move A from 1 to 2",  # the goal is not reached
        "Move A from 0 to 1\nMove B from 0 to 1",  # stacks count from 1
        "Move A from 1 to 2\nMove B from 1 to 4",  # there is no fourth stack
        "Move A from 1 to 2\nMove B from 1 to 2\nMove B from 2 to 2",  # from a stack onto itself
        "Move A from 1 to 3\nMove A from 3 to 1\nMove A from 1 to 2\nMove B from 1 to 2",  # more than three moves
        "Move A from 1 to 2\nMove B from 1 to 2\nand that is it",
        "Move A from 1 to 2\nMove A from 1 to 2\nMove B from 1 to 2",  # said twice
        "A from 1 to 2, B from 1 to 2",
        "",
    ],
)
def test_illegal_long_and_unfinished_plans_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_leaving_out_or_swapping_moves_breaks_the_shortest_plans() -> None:
    for seed in range(30):
        item = FAMILY.generate(random.Random(seed), num_blocks=4, num_stacks=3, spare_moves=0)
        moves = (item.answer or "").splitlines()
        if len(moves) == shortest(item.facts["start"], item.facts["goal"]):
            for index in range(len(moves)):
                assert not FAMILY.is_right(item.facts, "\n".join(moves[:index] + moves[index + 1 :]))


def test_plans_are_near_the_shortest() -> None:
    for seed in range(40):
        facts = FAMILY.generate(random.Random(seed), num_blocks=4, num_stacks=4, spare_moves=0).facts
        assert facts["max_moves"] <= shortest(facts["start"], facts["goal"]) + 3


def test_a_published_item_that_starts_at_its_goal_is_solved_there_and_back() -> None:
    item = FAMILY.from_published({"task": "Initial State:\nstack1: A\nstack2:\n\nGoal State:\nstack1: A\n"})
    assert item.answer == "Move A from 1 to 2\nMove A from 2 to 1"
    assert FAMILY.is_right(item.facts, item.answer)


def test_a_published_item_whose_blocks_change_is_refused() -> None:
    with pytest.raises(ValueError, match="same blocks"):
        FAMILY.from_published({"task": "Initial State:\nstack1: A\nstack2:\n\nGoal State:\nstack1: A B\n"})


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    start = FAMILY.generate(random.Random(1), num_blocks=6, num_stacks=5).facts["start"]
    assert (len(start), sum(map(len, start))) == (5, 6)
    for setting in ("num_blocks", "num_stacks", "spare_moves"):
        with pytest.raises(ValueError, match=setting):
            FAMILY.generate(random.Random(1), **{setting: -1})


def test_no_plan_is_given_where_there_is_none() -> None:
    assert plan((("A", "B"), ()), (("B", "A"), ())) is None
    assert moved((("A",), ()), Move("B", 0, 1)) is None


def shortest(start: list[list[str]], goal: list[list[str]]) -> int:
    first: Stacks = tuple(map(tuple, start))
    depths, queue = {first: 0}, deque([first])
    while queue:
        stacks = queue.popleft()
        if stacks == tuple(map(tuple, goal)):
            return depths[stacks]
        for source, stack in enumerate(stacks):
            for target in range(len(stacks)):
                after = moved(stacks, Move(stack[-1], source, target)) if stack else None
                if after and after not in depths:
                    depths[after] = depths[stacks] + 1
                    queue.append(after)
    raise AssertionError("unreachable")
