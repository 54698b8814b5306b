import json
import random

import pytest

from curriculum.tasks.sources.symbench.boxnet import FAMILY
from curriculum.tasks.sources.symbench.parts.box_grid import distance, grid_of, plan

# Left square: a red box. Right square: a red target and a blue box on a blue target. Red needs two steps.
CELLS = {"0.5_0.5": ["box_red"], "0.5_1.5": ["target_red", "box_blue", "target_blue"]}
FACTS = {"cells": CELLS, "max_steps": 2, "answer": None}
GO, BLUE, RED = (
    '"Agent[0.5, 0.5]": "move(box_red, square[0.5, 1.5])"',
    '"Agent[0.5, 1.5]": "move(box_blue, target_blue)"',
    '"Agent[0.5, 1.5]": "move(box_red, target_red)"',
)
RIGHT = f"[{{{GO}, {BLUE}}}, {{{RED}}}]"


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        RIGHT.replace('"', "'"),
        RIGHT.strip("[]"),
        RIGHT.replace(" ", ""),
        json.dumps(json.loads(RIGHT), indent=2),
        f"Step 1: {{{GO}, {BLUE}}}\nStep 2: {{{RED}}}",
        RIGHT.replace("[0.5, 1.5]", "(0.5, 1.5)").replace("Agent", "agent"),
    ],
)
def test_a_plan_that_matches_every_box_is_right_in_any_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        f"[{{{GO}}}, {{{RED}}}]",  # blue is left
        f"[{{{GO}, {BLUE}}}, {{{RED}}}, {{{RED}}}]",
        f"[{{{GO}, {RED}}}, {{{BLUE}}}]",  # red is not there yet when the step begins
        f"[{{{GO}}}, {{{BLUE}, {RED}}}]",  # one agent acts twice
        f"[{{{GO}}}, {{{BLUE}}}, {{{RED}}}]",  # three steps
        f"[{{{GO}, {BLUE}}}, {{{RED.replace('target_red', 'target_blue')}}}]",
        RIGHT.replace("square[0.5, 1.5]", "square[0.5, 2.5]"),  # outside
        RIGHT.replace("square[0.5, 1.5]", "square[1, 2]"),  # not a centre
        RIGHT.replace("0.5", "1.5"),
        RIGHT + " or so",
        RIGHT.replace("}, {", "}, then {"),
        "[{}]",
    ],
)
def test_illegal_long_and_partial_plans_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_boxes_do_not_move_diagonally_or_two_squares_at_once() -> None:
    cells = {f"{r}.5_{c}.5": [] for r in range(2) for c in range(3)}
    cells["0.5_0.5"], cells["1.5_1.5"] = ["box_red"], ["target_red"]
    jump = '[{"Agent[0.5, 0.5]": "move(box_red, square[1.5, 1.5])"}, {"Agent[1.5, 1.5]": "move(box_red, target_red)"}]'
    facts = {"cells": cells, "max_steps": 9, "answer": None}
    assert not FAMILY.is_right(facts, jump)
    legal = jump.replace("square[1.5, 1.5]", "square[0.5, 1.5]").replace(
        '"}, {', '"}, {"Agent[0.5, 1.5]": "move(box_red, square[1.5, 1.5])"}, {'
    )
    assert FAMILY.is_right(facts, legal)


def test_leaving_out_any_action_of_our_own_plans_breaks_them() -> None:
    for seed in range(10):
        item = FAMILY.generate(random.Random(seed), num_rows=2, num_columns=3)
        steps = json.loads(item.answer or "")
        for step in steps:
            for agent in list(step):
                without = [{a: m for a, m in s.items() if (s, a) != (step, agent)} for s in steps]
                assert not FAMILY.is_right(item.facts, json.dumps([s for s in without if s]))


def test_plans_take_as_many_actions_as_the_ways_are_long() -> None:
    grid = grid_of({(0, 0): ["box_red", "box_red"], (0, 3): ["target_red"], (2, 0): ["target_red"]})
    assert sum(map(len, plan(grid))) == distance((0, 0), (0, 3)) + distance((0, 0), (2, 0)) + 2


def test_an_item_with_more_boxes_than_targets_of_a_colour_is_refused() -> None:
    with pytest.raises(ValueError, match="2 boxes and 1 targets are red"):
        FAMILY.from_published({"pg_dict": {"0.5_0.5": ["box_red", "box_red"], "0.5_1.5": ["target_red"]}})


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    cells = FAMILY.generate(random.Random(1), num_rows=3, num_columns=4, num_colours=2).facts["cells"]
    assert len(cells) == 12
    assert len({item for items in cells.values() for item in items}) == 4
    for setting in ("num_rows", "num_columns", "num_colours", "boxes_per_colour", "spare_steps"):
        with pytest.raises(ValueError, match=setting):
            FAMILY.generate(random.Random(1), **{setting: -1})
