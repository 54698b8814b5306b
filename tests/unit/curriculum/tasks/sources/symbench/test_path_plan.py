import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.sources.symbench.parts.room_paths import Box, clear_path, enters, time_inside
from curriculum.tasks.sources.symbench.path_plan import FAMILY

# Red and blue side by side at the height of the straight way; green above.
FACTS = {
    "walls": [[-1, 11, -1, 0], [-1, 11, 5, 6], [-1, 0, -1, 6], [10, 11, -1, 6]],
    "rooms": {"red": [2, 3, 0.5, 1.5], "blue": [5, 6, 0.5, 1.5], "green": [2, 6, 3, 4]},
    "start": [1, 1],
    "end": [9, 1],
    "visit": ["green", "red"],
    "avoid": ["blue"],
    "in_order": True,
    "answer": None,
}


@pytest.mark.parametrize(
    "answer",
    [
        "[(1, 1), (2.5, 3.5), (2.5, 1), (4, 2), (8, 2), (9, 1)]",
        "[[1, 1], [2.5, 3.5], [2.5, 1], [4, 2], [8, 2], [9, 1]]",
        "1 1\n2.5 3.5\n2.5 1\n4 2\n8 2\n9 1",
        "(1.0, 1.0), (5/2, 3.5), (2.5, 1), (4, 2), (8, 2), (9, 1)",
        "(1, 1), (2, 3), (2, 1.5), (4, 2), (8, 2), (9, 1)",  # edges belong to the rooms
    ],
)
def test_a_path_that_obeys_is_right_in_any_spelling(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "[(1, 1), (4, 1), (4, 3.5), (8, 2), (9, 1)]",  # red comes before green
        "[(1, 1), (2.5, 3.5), (4, 2), (8, 2), (9, 1)]",  # never in red
        "[(1, 1), (2.5, 3.5), (2.5, 1), (9, 1)]",  # through blue
        "[(1, 1), (2.5, 3.5), (2.5, 1), (4, 1.5), (8, 1.5), (9, 1)]",  # along the edge of blue
        "[(1, 1), (2.5, 3.5), (2.5, 1), (4, 2), (8, 5), (9, 1)]",  # touches a wall
        "[(1, 1), (-3, 1), (2.5, 3.5), (2.5, 1), (4, 2), (8, 2), (9, 1)]",  # through a wall and back
        "[(1, 1), (2.5, 3.5), (2.5, 1), (4, 2), (8, 2)]",
        "[(2.5, 3.5), (2.5, 1), (4, 2), (8, 2), (9, 1)]",
        "[(1, 1), (2.5, 3.5), (2.5, 1), (4, 2), (8, 2), (9, 1, 0)]",
        "[(1, 1), (2.5, 3.5), (2.5, 1), (4, 2), (8, 2), (9, x)]",
        "[(1, 1)]",
        "[" + "(1, 1), (2.5, 3.5), " * 60 + "(2.5, 1), (4, 2), (8, 2), (9, 1)]",  # more than 100 waypoints
    ],
)
def test_paths_that_disobey_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_in_any_order_the_other_order_is_right_too() -> None:
    answer = "[(1, 1), (4, 1), (4, 3.5), (8, 2), (9, 1)]"
    assert FAMILY.is_right({**FACTS, "in_order": False}, answer)


def test_a_path_wholly_inside_a_room_is_in_it() -> None:
    inside = {**FACTS, "start": [2.2, 1], "end": [2.8, 1], "visit": ["red"], "avoid": []}
    assert FAMILY.is_right(inside, "[(2.2, 1), (2.8, 1)]")
    assert not FAMILY.is_right({**inside, "visit": ["green"], "avoid": ["red"]}, "[(2.2, 1), (2.8, 1)]")


@given(st.lists(st.integers(-20, 20), min_size=8, max_size=8))
def test_time_inside_agrees_with_points_tried_one_by_one(numbers: list[int]) -> None:
    ax, ay, bx, by, *sides = numbers
    box = Box(*map(Fraction, (min(sides[:2]), max(sides[:2]), min(sides[2:]), max(sides[2:]))))
    start, end = (Fraction(ax), Fraction(ay)), (Fraction(bx), Fraction(by))
    found = time_inside(start, end, box)
    tried = [Fraction(n, 120) for n in range(121)]
    inside = [
        t
        for t in tried
        if box.holds((start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])))
    ]
    assert all(found and found[0] <= t <= found[1] for t in inside)
    assert enters([start, end], box) is (found is not None)
    if found:
        assert all(t in inside for t in tried if found[0] <= t <= found[1])


def test_no_path_is_given_where_a_room_to_avoid_closes_the_way() -> None:
    box = Box(*map(Fraction, (-1, 1, -9, 9)))
    walls = [
        Box(*map(Fraction, wall))
        for wall in ((-9, 9, 9, 10), (-9, 9, -10, -9), (-9, -8, -9, 9), (8, 9, -9, 9))
    ]
    ends = (Fraction(-4), Fraction(0)), (Fraction(4), Fraction(0))
    assert clear_path(*ends, [], walls) == list(ends)
    assert clear_path(*ends, [], [*walls, box]) is None


@pytest.mark.parametrize(
    ("instruction", "visit", "avoid", "in_order"),
    [
        ("Navigate into the red room and go to the blue room.", ["red", "blue"], [], True),
        (
            "Navigate into the blue room. Remember do not enter the red, green areas.",
            ["blue"],
            ["red", "green"],
            True,
        ),
        (
            "Visit green areas, but remember never enter all the other colored areas.",
            ["green"],
            ["red", "blue"],
            False,
        ),
        ("At some point go to the red box, and always do not enter the blue area.", ["red"], ["blue"], False),
    ],
)
def test_published_instructions_are_understood(
    instruction: str, visit: list[str], avoid: list[str], in_order: bool
) -> None:
    row = {
        "walls": FACTS["walls"],
        "boxes": FACTS["rooms"],
        "start": [1, 1],
        "end": [9, 1],
        "instruction": instruction,
    }
    item = FAMILY.from_published(row)
    assert (item.facts["visit"], item.facts["avoid"], item.facts["in_order"]) == (visit, avoid, in_order)
    assert item.answer
    assert FAMILY.is_right(item.facts, item.answer)


def test_an_item_that_starts_in_a_room_to_avoid_is_refused() -> None:
    row = {"walls": FACTS["walls"], "boxes": FACTS["rooms"], "start": [2.5, 1], "end": [9, 1]}
    with pytest.raises(ValueError, match="no path"):
        FAMILY.from_published({**row, "instruction": "Visit blue region, but do not enter the red area."})


def test_settings_change_the_item_and_wrong_ones_are_named() -> None:
    facts = FAMILY.generate(
        random.Random(1), num_rooms=9, num_visits=3, num_avoided=4, num_inner_walls=2
    ).facts
    assert [len(facts[key]) for key in ("rooms", "visit", "avoid", "walls")] == [9, 3, 4, 6]
    for setting in ("num_rooms", "num_visits", "num_avoided", "num_inner_walls"):
        with pytest.raises(ValueError, match=setting):
            FAMILY.generate(random.Random(1), **{setting: 13})
