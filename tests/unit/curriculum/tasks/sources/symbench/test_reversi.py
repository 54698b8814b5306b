"""Reversi: enclosed pieces change colour along all lines from the piece just laid."""

import random
import re

import pytest

from curriculum.tasks.sources.symbench.reversi import FAMILY, after_moves

# Black at (1, 1) encloses (1, 2) in its row and (2, 2) on the diagonal, not (2, 3).
BOARD = ["*10*", "*11*", "*10*", "1***"]
FACTS = {"board": BOARD, "first": "0", "moves": [[1, 1]]}


def test_pieces_between_the_new_piece_and_the_nearest_own_one_change() -> None:
    assert after_moves(BOARD, "0", [[1, 1]]) == ["000*", "*01*", "*10*", "1***"]


def test_pieces_that_changed_do_not_enclose_others_in_turn() -> None:
    # Black at (1, 1) turns (1, 2) over. From there (2, 2) lies before Black's (3, 2), but that line is not looked at.
    assert after_moves(["*10*", "*1**", "*0**", "****"], "0", [[1, 1]]) == ["000*", "*1**", "*0**", "****"]


def test_a_gap_or_the_edge_protects_pieces() -> None:
    assert after_moves(["*1*0", "1***", "1***", "1***"], "0", [[1, 1]]) == ["01*0", "1***", "1***", "1***"]


@pytest.mark.parametrize(
    "answer",
    [
        "0,0,0,*,*,0,1,*,*,1,0,*,1,*,*,*",
        "0 0 0 *\n* 0 1 *\n* 1 0 *\n1 * * *",
        "000*\n*01*\n*10*\n1***",
        "000**01**10*1***",
        '[["0","0","0","*"],["*","0","1","*"],["*","1","0","*"],["1","*","*","*"]]',
        "[0, 0, 0, *, *, 0, 1, *, *, 1, 0, *, 1, *, *, *]",
    ],
)
def test_the_board_passes_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "*,1,0,*,*,1,1,*,*,1,0,*,1,*,*,*",
        "0,1,0,*,*,1,1,*,*,1,0,*,1,*,*,*",
        "0,0,0,*,*,0,1,*,*,1,0,*,1,*,*",
        "0,0,0,*,*,0,1,*,*,1,0,*,1,*,*,*,*",
        "1,1,1,*,*,1,0,*,*,0,1,*,0,*,*,*",
        "0,0,0,.,.,0,1,.,.,1,0,.,1,.,.,.",
    ],
)
def test_near_misses_fail(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def board_by_text(board: list[str], first: str, moves: list[list[int]]) -> list[str]:
    """The same rule on texts: each ray from the new piece is a string, matched by a pattern."""
    cells = {(r, c): cell for r, row in enumerate(board) for c, cell in enumerate(row)}
    for turn, (row, column) in enumerate(moves):
        mine, other = (first, "10"[int(first)]) if turn % 2 == 0 else ("10"[int(first)], first)
        turned = [(row - 1, column - 1)]
        for step in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
            ray = [(row - 1 + step[0] * n, column - 1 + step[1] * n) for n in range(1, len(board))]
            found = re.match(f"({other}+){mine}", "".join(cells.get(place, "#") for place in ray))
            turned += ray[: len(found[1])] if found else []
        cells.update(dict.fromkeys(turned, mine))
    return ["".join(cells[r, c] for c in range(len(board))) for r in range(len(board))]


def test_generated_moves_are_legal_and_agree_with_a_second_implementation() -> None:
    for seed in range(40):
        item = FAMILY.generate(random.Random(seed), **FAMILY.levels[seed % 5])
        board, first, moves = item.facts["board"], item.facts["first"], item.facts["moves"]
        assert item.answer == ",".join("".join(board_by_text(board, first, moves)))
        for number, (row, column) in enumerate(moves):
            before, after = (
                after_moves(board, first, moves[:number]),
                after_moves(board, first, moves[: number + 1]),
            )
            assert before[row - 1][column - 1] == "*"
            assert sum(a != b for a, b in zip("".join(before), "".join(after), strict=True)) >= 2


def test_the_board_shown_is_never_the_answer() -> None:
    item = FAMILY.generate(random.Random(0), size=4, num_moves=1, num_earlier=0)
    assert not FAMILY.is_right(item.facts, "\n".join(item.facts["board"]))


def test_settings_shape_the_item() -> None:
    facts = FAMILY.generate(random.Random(0), size=6, num_moves=3, num_earlier=5).facts
    assert len(facts["board"]) == 6
    assert len(facts["moves"]) == 3
    assert facts["first"] == "1"
    for wrong in ({"size": 5}, {"num_moves": 0}, {"num_earlier": 99}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            FAMILY.generate(random.Random(0), **{"size": 6, "num_moves": 3, "num_earlier": 5, **wrong})


def published(board: list[str], stored: str) -> dict[str, object]:
    question = "The previous round of the game was: \n" + "\n".join(board) + "\n\nRound 1: (1,2)"
    return {"question": question, "solution": {"board_size": 4, "moves": [[1, 2]], "solution": stored}}


def test_a_published_board_that_already_holds_its_move_is_read() -> None:
    shown = ["*0**", "*00*", "*01*", "****"]
    item = FAMILY.from_published(published(shown, ",".join("".join(shown))))
    assert FAMILY.is_right(item.facts, "\n".join(shown))


def test_a_published_board_on_which_the_moves_lead_elsewhere_is_refused() -> None:
    shown = ["*0**", "*10*", "*01*", "****"]
    with pytest.raises(ValueError, match="taken on the board shown"):
        FAMILY.from_published(published(shown, ",".join("".join(shown))))
