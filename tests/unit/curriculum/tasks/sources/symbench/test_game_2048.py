"""2048: numbers slide, merge and are stopped as the question says."""

import random

import pytest

from curriculum.tasks.sources.symbench.game_2048 import FAMILY, moved

# 4 in the top left corner: right to the empty cell, right into 4 (now 8), down into 8 (now 16), left is blocked by 2.
GRID = [[4, 0, 4], [0, 2, 8], [0, 0, 0]]
FACTS = {"grid": GRID, "start": [0, 0], "moves": "rrdl"}
END = [[0, 0, 0], [0, 2, 16], [0, 0, 0]]


def test_a_number_slides_merges_twice_and_stops_before_a_different_one() -> None:
    assert moved(GRID, (0, 0), "rrdl") == END
    assert GRID == [[4, 0, 4], [0, 2, 8], [0, 0, 0]]


def test_walls_stop_a_number() -> None:
    assert moved([[2, 0], [0, 0]], (0, 0), "ul") == [[2, 0], [0, 0]]
    assert moved([[2, 0], [0, 0]], (0, 0), "ulrd") == [[0, 0], [0, 2]]


def test_an_empty_cell_does_not_move() -> None:
    assert moved([[0, 0], [4, 4]], (0, 0), "rd") == [[0, 0], [4, 4]]


@pytest.mark.parametrize(
    "answer",
    [
        "0, 0, 0\n0, 2, 16\n0, 0, 0",
        "0,0,0,0,2,16,0,0,0",
        "0 0 0\n0 2 16\n0 0 0",
        "[[0, 0, 0], [0, 2, 16], [0, 0, 0]]",
        "[\n [0, 0, 0],\n [0, 2, 16],\n [0, 0, 0]\n]",
        "(0 0 0)\n(0 2 16)\n(0 0 0)",
        "0, 0, 0;\n0, 2, 16;\n0, 0, 0",
    ],
)
def test_the_grid_passes_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "0,0,0,0,2,8,0,0,0",
        "0,0,0,0,16,2,0,0,0",
        "0,0,0,0,2,16,0,0",
        "0,0,0,0,2,16,0,0,0,0",
        "[[0,0,0],[0,2,16]]",
        "[[0,0],[0,0],[2,16],[0,0]]",
        "4,0,4,0,2,8,0,0,0",
        "0,0,0,0,2,2**4,0,0,0",
        "0,0,0,0,2,\u0661\u0666,0,0,0",
    ],
)
def test_near_misses_fail(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_every_change_of_one_cell_fails() -> None:
    item = FAMILY.generate(random.Random(1), **FAMILY.levels[2])
    assert item.answer
    cells = item.answer.replace("\n", ", ").split(", ")
    assert FAMILY.is_right(item.facts, ",".join(cells))
    for place in range(len(cells)):
        changed = [*cells[:place], "2" if cells[place] == "0" else "0", *cells[place + 1 :]]
        assert not FAMILY.is_right(item.facts, ",".join(changed))


def test_moves_keep_the_sum_and_nearly_always_change_the_grid() -> None:
    num_unchanged = 0
    for seed in range(100):
        facts = FAMILY.generate(random.Random(seed), **FAMILY.levels[seed % 5]).facts
        end = moved(facts["grid"], tuple(facts["start"]), facts["moves"])
        assert sum(map(sum, end)) == sum(map(sum, facts["grid"]))
        num_unchanged += end == facts["grid"]
    assert num_unchanged < 5


def test_settings_shape_the_item() -> None:
    facts = FAMILY.generate(random.Random(0), size=7, num_moves=20, num_powers=2).facts
    assert len(facts["grid"]) == 7
    assert len(facts["moves"]) == 20
    assert {value for row in facts["grid"] for value in row} <= {0, 2, 4}
    with pytest.raises(ValueError, match="size"):
        FAMILY.generate(random.Random(0), size=1, num_moves=2, num_powers=2)


def test_a_published_row_is_read() -> None:
    row = {
        "question": "?",
        "solution": {"grid": [[2, 0], [2, 0]], "start_pos": [0, 0], "moves": "d", "solution": ""},
    }
    item = FAMILY.from_published(row)
    assert item.answer == "0, 0\n4, 0"
    assert FAMILY.is_right(item.facts, "[[0, 0], [4, 0]]")
