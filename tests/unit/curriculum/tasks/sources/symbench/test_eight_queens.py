"""Boards are completed to eight queens; what stands on the board stays."""

import itertools
import random

import pytest

from curriculum.tasks.sources.symbench.eight_queens import FAMILY

# Row by row. Sums of row and column are 0 5 9 8 6 11 7 10, differences 0 -3 -5 -2 2 -1 5 4: no diagonal is shared.
COLUMNS = (0, 4, 7, 5, 2, 6, 1, 3)
RIGHT = ", ".join(f"{row} {column}" for row, column in enumerate(COLUMNS))
FACTS = {"given": [[2, 7]], "blocked": [[0, 1], [7, 7]]}


def is_right(answer: str, facts: dict[str, object] = FACTS) -> bool:
    return FAMILY.is_right(facts, answer)


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        ", ".join(f"({row}, {column})" for row, column in enumerate(COLUMNS)),
        str([[row, column] for row, column in enumerate(COLUMNS)]),
        str([(row, column) for row, column in enumerate(COLUMNS)]),
        "\n".join(f"{row} {column}" for row, column in enumerate(COLUMNS)),
        "\n".join(f"{row},{column}" for row, column in enumerate(COLUMNS)),
        "[" + RIGHT + "]",
        ", ".join(reversed(RIGHT.split(", "))),
    ],
)
def test_the_same_placement_is_right_in_every_spelling_and_order(answer: str) -> None:
    assert is_right(answer)


def test_given_queens_must_be_kept() -> None:
    assert not is_right(RIGHT, {"given": [[2, 6]], "blocked": []})


def test_blocked_cells_must_stay_free() -> None:
    assert not is_right(RIGHT, {"given": [], "blocked": [[4, 2]]})


def test_a_placement_with_a_missing_a_repeated_or_a_distant_queen_is_wrong() -> None:
    cells = RIGHT.split(", ")
    assert not is_right(", ".join(cells[:-1]))
    assert not is_right(", ".join([*cells, cells[0]]))
    assert not is_right(", ".join([*cells[:-1], cells[0]]))
    assert not is_right(", ".join([*cells[:-1], "8 3"]))
    assert not is_right(", ".join([*cells[:-1], "-1 3"]))


def test_positions_counted_from_one_are_wrong() -> None:
    shifted = ", ".join(f"{row + 1} {column + 1}" for row, column in enumerate(COLUMNS))
    assert not is_right(shifted, {"given": [], "blocked": []})


def test_of_all_columns_per_row_exactly_the_92_placements_pass() -> None:
    nothing: dict[str, object] = {"given": [], "blocked": []}
    free = [  # permutations share no row or column; diagonals are told apart by sums and differences
        columns
        for columns in itertools.permutations(range(8))
        if len({r + c for r, c in enumerate(columns)}) == len({r - c for r, c in enumerate(columns)}) == 8
    ]
    assert len(free) == 92
    assert all(is_right(", ".join(f"{r} {c}" for r, c in enumerate(columns)), nothing) for columns in free)
    for columns in itertools.islice(itertools.permutations(range(8)), 0, None, 97):
        listed = ", ".join(f"{r} {c}" for r, c in enumerate(columns))
        assert is_right(listed, nothing) == (columns in free)


def test_settings_say_how_many_queens_and_blocked_cells_there_are() -> None:
    item = FAMILY.generate(random.Random(1), num_given=3, num_blocked=11)
    board = item.question.split("\n\n")[1]
    assert (board.count("Q"), board.count("#"), board.count(".")) == (3, 11, 50)
    for wrong in ({"num_given": 8, "num_blocked": 1}, {"num_given": 1, "num_blocked": 41}):
        with pytest.raises(ValueError, match=r"num_given is 8|num_blocked is 41"):
            FAMILY.generate(random.Random(1), **wrong)


def test_a_published_board_without_a_completion_is_refused_and_a_wrong_stored_one_replaced() -> None:
    row = {"id": "x", "question": "?", "solution": {"initial_board": ["1" + "0" * 7] + ["0" * 8] * 7}}
    row["solution"] |= {"solution": [[0, 1]]}
    assert is_right(str(FAMILY.from_published(row).answer), {"given": [[0, 0]], "blocked": []})
    row["solution"] |= {"initial_board": ["11" + "0" * 6] + ["0" * 8] * 7}
    with pytest.raises(ValueError, match="given"):
        FAMILY.from_published(row)
