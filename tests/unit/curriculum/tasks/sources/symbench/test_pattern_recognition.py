"""Pattern recognition: the whole square counts, not the squares inside it and not its look-alikes."""

import random

import pytest

from curriculum.tasks.sources.symbench.pattern_recognition import FAMILY, whole_squares

# A block of side 4 ends in row 4, column 4; the frame of Bs at the right and the bar of Cs below are no squares.
ROWS = ["XYZWVBBB", "PAAAABQB", "QAAAABBB", "RAAAAXYZ", "SAAAAUVW", "CCCCCXYZ", "CCCCCUVW"]
FACTS = {"rows": ROWS}


def test_only_the_whole_square_is_found() -> None:
    assert whole_squares(ROWS) == [(4, 4, 4)]


def test_squares_that_overlap_are_all_found() -> None:
    assert whole_squares(["AAAA", "AAAA", "AAAA"]) == [(2, 2, 3), (2, 3, 3)]
    assert whole_squares(["AAB", "AAB", "AAB"]) == []


@pytest.mark.parametrize(
    "answer", ["[4, 4]", "(4, 4)", "4,4", "4 4", "[[4, 4]]", "[4 4]", '["4", "4"]', "[4,4]."]
)
def test_the_corner_passes_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "[3, 3]",
        "[3, 4]",
        "[4, 3]",
        "[1, 1]",
        "[5, 5]",
        "[2, 7]",
        "[6, 4]",
        "4",
        "[4, 4, 4]",
        "[4, 4], [4, 4]",
        "row 4, column 4",
    ],
)
def test_corners_of_inner_squares_and_look_alikes_fail(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_rows_and_columns_are_not_exchanged() -> None:
    facts = {"rows": ["XYZAAA", "ZYXAAA", "XYZAAA"]}
    assert FAMILY.is_right(facts, "[2, 5]")
    assert not FAMILY.is_right(facts, "[5, 2]")
    assert not FAMILY.is_right(facts, "[3, 6]")


def test_generated_items_have_one_square_by_brute_force() -> None:
    for seed in range(40):
        level = FAMILY.levels[seed % 5]
        item = FAMILY.generate(random.Random(seed), **level)
        rows, side = item.facts["rows"], level["side"]
        corners = [
            (r, c)
            for r in range(2, len(rows))
            for c in range(2, len(rows[0]))
            if len({rows[y][x] for y in range(r - 2, r + 1) for x in range(c - 2, c + 1)}) == 1
        ]
        assert item.answer == str(list(corners[-1]))
        last_row, last_column = corners[-1]
        # All blocks of 3x3 lie inside the one square of the side asked for.
        span = range(side - 2)
        assert corners == sorted((last_row - down, last_column - right) for down in span for right in span)


def test_settings_shape_the_item() -> None:
    rows = FAMILY.generate(random.Random(0), size=12, side=6, num_decoys=0, num_letters=5).facts["rows"]
    assert len(rows) == 12
    assert len(set("".join(rows))) == 5
    assert [side for _, _, side in whole_squares(rows)] == [6]
    with pytest.raises(ValueError, match="side"):
        FAMILY.generate(random.Random(0), size=12, side=2, num_decoys=0, num_letters=5)


def test_published_rows_are_read_and_those_without_a_single_square_refused() -> None:
    question = "If the matrix is\n\nA A A B\nA A A C\nA A A {}\n\nPlease provide the row"
    assert FAMILY.from_published({"question": question.format("D"), "solution": {}}).answer == "[2, 2]"
    with pytest.raises(ValueError, match="0 squares"):
        FAMILY.from_published({"question": question.replace("A A A {}", "A B A D"), "solution": {}})
