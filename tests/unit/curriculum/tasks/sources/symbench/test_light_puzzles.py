"""Light puzzles: a press switches the lamps of its button, and only those."""

import random

import pytest

from curriculum.tasks.sources.symbench.light_puzzles import FAMILY, after_presses

# A switches the upper row, B the left column: A, B and A again leave only the left column switched.
FACTS = {
    "lamps": ["10", "00"],
    "buttons": {"A": [[1, 1], [1, 2]], "B": [[1, 1], [2, 1]]},
    "presses": ["A", "B", "A"],
}


def test_two_presses_of_a_button_undo_each_other() -> None:
    assert after_presses(FACTS["lamps"], FACTS["buttons"], FACTS["presses"]) == ["00", "10"]
    assert after_presses(FACTS["lamps"], FACTS["buttons"], ["A", "A"]) == ["10", "00"]


@pytest.mark.parametrize(
    "answer",
    ["0,0,1,0", "0 0 1 0", "0010", "00\n10", "[[0, 0], [1, 0]]", "[0,0,1,0]", '["0","0","1","0"]', "0;0;1;0"],
)
def test_the_lamps_pass_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "0,1,0,0",
        "1,0,0,0",
        "0,0,1",
        "0,0,1,0,0",
        "0,0,2,0",
        "off,off,on,off",
        "0,0,1,0 or 0,0,0,0",
        "[[0,0,1,0]",
        "10",
    ],
)
def test_near_misses_fail(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_a_lamp_changes_if_it_is_switched_an_odd_number_of_times() -> None:
    for seed in range(30):
        item = FAMILY.generate(random.Random(seed), **FAMILY.levels[seed % 5])
        size = len(item.facts["lamps"])
        cells = []
        for row in range(size):
            for column in range(size):
                switched = sum(
                    [row + 1, column + 1] in item.facts["buttons"][name] for name in item.facts["presses"]
                )
                cells.append(str((int(item.facts["lamps"][row][column]) + switched) % 2))
        assert item.answer == ",".join(cells)
        for place, cell in enumerate(cells):
            changed = [*cells[:place], "10"[int(cell)], *cells[place + 1 :]]
            assert not FAMILY.is_right(item.facts, ",".join(changed))


def test_settings_shape_the_item() -> None:
    facts = FAMILY.generate(random.Random(0), size=6, num_buttons=7, num_rounds=9).facts
    assert len(facts["lamps"]) == 6
    assert len(facts["buttons"]) == 7
    assert len(facts["presses"]) == 9
    with pytest.raises(ValueError, match="num_buttons"):
        FAMILY.generate(random.Random(0), size=6, num_buttons=0, num_rounds=9)


def test_a_published_row_is_read() -> None:
    solution = {"initial_state": [[0, 1], [1, 1]], "buttons": {"A": [[2, 2], [1, 1]]}, "operations": ["A"]}
    item = FAMILY.from_published({"question": "?", "solution": solution})
    assert item.answer == "1,1,1,0"
    assert FAMILY.is_right(item.facts, "[1, 1, 1, 0]")
