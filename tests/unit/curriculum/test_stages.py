import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.stages import stage_plan

GROUPS = (("a", "b"), ("c", "d"), ("e", "f"), ("g", "h"))
STEPS = (10, 20, 30, 40)


def test_stages_are_cumulative_and_open_at_their_steps() -> None:
    plan = stage_plan(GROUPS, STEPS)
    assert [s.first_step for s in plan.stages] == [0, 10, 30, 60]
    assert [plan.open_stage(n) for n in (0, 9, 10, 29, 30, 59, 60, 99, 1000)] == [0, 0, 1, 1, 2, 2, 3, 3, 3]
    assert [plan.open_task_ids(s) for s in range(4)] == [
        ("a", "b"),
        ("a", "b", "c", "d"),
        ("a", "b", "c", "d", "e", "f"),
        ("a", "b", "c", "d", "e", "f", "g", "h"),
    ]
    assert (plan.num_steps, plan.notes) == (100, ())


def test_small_group_is_merged_with_the_next_and_the_plan_says_so() -> None:
    plan = stage_plan((("a",), ("b", "c"), ("d", "e"), ("f", "g")), STEPS, min_tasks=2)
    assert [(s.groups, s.new_task_ids, s.num_steps) for s in plan.stages] == [
        ((1, 2), ("a", "b", "c"), 30),
        ((3,), ("d", "e"), 30),
        ((4,), ("f", "g"), 40),
    ]
    assert plan.notes == (
        "merged into one stage because a group needs 2 tasks (group 1: 1 tasks, group 2: 2 tasks)",
    )


def test_small_last_group_joins_the_last_stage() -> None:
    plan = stage_plan((("a", "b"), ("c", "d"), ("e",), ()), STEPS, min_tasks=2)
    assert [(s.groups, s.num_steps) for s in plan.stages] == [((1,), 10), ((2, 3, 4), 90)]


def test_too_few_tasks_altogether_make_one_stage() -> None:
    plan = stage_plan((("a",), (), ("b",), ()), STEPS, min_tasks=9)
    assert [(s.groups, s.new_task_ids, s.num_steps) for s in plan.stages] == [((1, 2, 3, 4), ("a", "b"), 100)]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6).filter(any), st.integers(1, 8))
def test_merging_loses_no_task_and_no_step(sizes: list[int], min_tasks: int) -> None:
    groups = [[f"{g}/{i}" for i in range(size)] for g, size in enumerate(sizes)]
    steps = [g + 1 for g in range(len(sizes))]
    plan = stage_plan(groups, steps, min_tasks=min_tasks)
    assert plan.open_task_ids(len(plan.stages) - 1) == tuple(i for g in groups for i in g)
    assert plan.num_steps == sum(steps)
    assert [n for s in plan.stages for n in s.groups] == list(range(1, len(sizes) + 1))
    assert all(len(s.new_task_ids) >= min_tasks for s in plan.stages) or len(plan.stages) == 1
    assert all(plan.open_task_ids(s) for s in range(len(plan.stages)))


def test_no_tasks_unequal_lengths_and_negative_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="no tasks"):
        stage_plan(((), ()), (1, 1))
    with pytest.raises(ValueError, match="2 groups but 1"):
        stage_plan((("a",), ("b",)), (1,))
    with pytest.raises(ValueError, match="negative"):
        stage_plan(GROUPS, STEPS).open_stage(-1)
