import random

import pytest

from curriculum.tasks.sources.symbench.boxlift import FAMILY
from curriculum.tasks.sources.symbench.parts.lifting_plans import greedy_plan

# 50 + 40 lift the 80 in step 1; then 50 lifts the 45 and 40 lifts the 40: two steps, and 165 kg over 90 a step.
FACTS = {"boxes": [45, 80, 40], "lifters": [50, 40], "max_steps": 2, "answer": None}


@pytest.mark.parametrize(
    "answer",
    [
        "Step 1: [(80, [0, 1])]\nStep 2: [(45, [0]), (40, [1])]",
        "Step 1: [(45, [0]), (40, [1])]\nStep 2: [(80, [1, 0])]",
        "step 1: (80, [0, 1]) step 2: (45, [0]), (40, [1])",
        "[[(80, [0, 1])], [(45, [0]), (40, [1])]]",
        "[[[80, [0, 1]]], [[45, [0]], [40, [1]]]]",
        '{"Step 1": [[80, [0, 1]]], "Step 2": [[45, [0]], [40, [1]]]}',
        "Step 1: [(80, (0, 1))]\\nStep 2: [(45, (0,)), (40, (1,))]",
    ],
)
def test_a_plan_that_lifts_everything_is_right_in_any_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "Step 1: [(80, [0, 1]), (45, [0]), (40, [1])]",  # lifters used twice in a step
        "Step 1: [(80, [0, 1])]\nStep 2: [(45, [1]), (40, [0])]",  # 40 cannot lift 45
        "Step 1: [(80, [0, 0])]\nStep 2: [(45, [0]), (40, [1])]",  # a lifter twice in a team
        "Step 1: [(80, [1, 2])]\nStep 2: [(45, [1]), (40, [2])]",  # lifters count from 0
        "Step 1: [(80, [0, 1])]\nStep 2: [(45, [0])]",  # a box is left
        "Step 1: [(80, [0, 1])]\nStep 2: [(45, [0]), (40, [1])]\nStep 3: [(40, [1])]",  # lifted twice, a step too many
        "Step 1: [(80, [0, 1])]\nStep 2: [(45, [0])]\nStep 3: [(40, [1])]",  # three steps
        "Step 1: [(80, [0, 1])]\nStep 3: [(45, [0]), (40, [1])]",
        "Step 1: [(85, [0, 1])]\nStep 2: [(45, [0]), (40, [1])]",
        "Step 1: [(80, [0, 1])] or Step 2: [(45, [0]), (40, [1])]",
        "[(80, [0, 1]), (45, [0]), (40, [1])]",
        "Step 1: [@]\nStep 2: [(45, [0]), (40, [1])]",
        "",
    ],
)
def test_impossible_long_and_partial_plans_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_the_plan_is_not_mended_by_skipping_an_illegal_assignment() -> None:
    assert not FAMILY.is_right(
        {**FACTS, "max_steps": 3},
        "Step 1: [(80, [0])]\nStep 2: [(80, [0, 1])]\nStep 3: [(45, [0]), (40, [1])]",
    )


def test_changing_any_team_or_weight_of_a_tight_plan_breaks_it() -> None:
    item = FAMILY.generate(random.Random(5), num_boxes=8, num_lifters=3, spare_steps=0)
    lines = (item.answer or "").splitlines()
    assert not FAMILY.is_right(item.facts, "\n".join(lines[:-1]))
    assert not FAMILY.is_right(item.facts, "\n".join([*lines, lines[0]]))
    for weight in item.facts["boxes"]:
        assert not FAMILY.is_right(
            item.facts, (item.answer or "").replace(f"({weight},", f"({weight + 1},", 1)
        )


def test_bound_is_above_the_weight_bound_and_kept_by_our_plan() -> None:
    for seed in range(20):
        facts = FAMILY.generate(random.Random(seed), num_boxes=20, num_lifters=5, spare_steps=0).facts
        fewest = -(-sum(facts["boxes"]) // sum(facts["lifters"]))
        assert fewest <= facts["max_steps"] <= 2 * fewest + 2


def test_a_box_too_heavy_for_all_lifters_is_refused() -> None:
    with pytest.raises(ValueError, match="every box can be lifted"):
        FAMILY.from_published({"boxes": [10, 100], "lifters": [40, 50]})
    with pytest.raises(ValueError, match="weighs 100"):
        greedy_plan([100], [40, 50])


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    facts = FAMILY.generate(random.Random(1), num_boxes=12, num_lifters=5, max_weight=300).facts
    assert (len(facts["boxes"]), len(facts["lifters"])) == (12, 5)
    assert max(facts["boxes"]) <= min(300, sum(facts["lifters"]))
    for setting in ("num_boxes", "num_lifters", "max_weight", "spare_steps"):
        with pytest.raises(ValueError, match=setting):
            FAMILY.generate(random.Random(1), **{setting: -1})
