"""Pooling: windows, their step, and averages as numbers."""

import random
from fractions import Fraction

import pytest

from curriculum.tasks.sources.symbench.pooling import FAMILY, pooled

MATRIX = [[1, 2, 0], [4, 6, -2], [-9, 0, 8]]
MAXIMA = {"matrix": MATRIX, "window": 2, "stride": 1, "kind": "max"}
# Sums of the four windows: 13, 6, 1 and 12, each over four cells.
AVERAGES = {**MAXIMA, "kind": "average"}


def test_maxima_and_averages_of_windows_worked_out_by_hand() -> None:
    assert pooled(**MAXIMA) == [[6, 6], [6, 8]]
    assert pooled(**AVERAGES) == [[Fraction(13, 4), Fraction(3, 2)], [Fraction(1, 4), 3]]


def test_a_stride_leaves_positions_out() -> None:
    matrix = [[row * 4 + column for column in range(4)] for row in range(4)]
    assert pooled(matrix, 2, 2, "max") == [[5, 7], [13, 15]]


@pytest.mark.parametrize(
    "answer", ["6,6,6,8", "6 6 6 8", "[[6, 6], [6, 8]]", "6 6\n6 8", "[6, 6, 6, 8]", "6.0, 6.0, 6.0, 8.0"]
)
def test_maxima_pass_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(MAXIMA, answer)


@pytest.mark.parametrize(
    "answer", ["6,6,6,7", "6,6,8,6", "6,6,6", "6,6,6,8,8", "6.001,6,6,8", "6", "6,6,6,2**3"]
)
def test_wrong_maxima_fail(answer: str) -> None:
    assert not FAMILY.is_right(MAXIMA, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "3.25,1.50,0.25,3.00",
        "[[3.25, 1.5], [0.25, 3]]",
        "3.25 1.5 .25 3",
        "13/4, 3/2, 1/4, 3",
        "3.25,1.5\n0.25,3.0",
    ],
)
def test_averages_pass_as_numbers(answer: str) -> None:
    """The original reads whole numbers only and refuses all of these."""
    assert FAMILY.is_right(AVERAGES, answer)


@pytest.mark.parametrize(
    "answer",
    ["3,1,0,3", "3.2,1.5,0.2,3", "13,6,1,12", "3.25,0.25,1.5,3", "3.27,1.5,0.25,3", "nan,1.5,0.25,3"],
)
def test_wrong_averages_fail(answer: str) -> None:
    assert not FAMILY.is_right(AVERAGES, answer)


def test_thirds_may_be_rounded_cut_or_exact() -> None:
    facts = {
        "matrix": [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [2, 2, 2, 0]],
        "window": 3,
        "stride": 1,
        "kind": "average",
    }
    # Sums over nine cells: 2, 0, 7 and 4.
    for answer in (
        "0.22,0,0.78,0.44",
        "0.22,0,0.77,0.44",
        "0.2222222222222222,0.0,0.7777777777777778,0.4444444444444444",
    ):
        assert FAMILY.is_right(facts, answer)
    assert not FAMILY.is_right(facts, "0.2,0,0.8,0.4")


def test_generated_items_agree_with_a_plain_loop() -> None:
    for seed in range(40):
        item = FAMILY.generate(random.Random(seed), **FAMILY.levels[seed % 5])
        matrix, window, stride = item.facts["matrix"], item.facts["window"], item.facts["stride"]
        values = []
        for top in range(0, len(matrix) - window + 1, stride):
            for left in range(0, len(matrix) - window + 1, stride):
                cells = [matrix[top + y][left + x] for y in range(window) for x in range(window)]
                values.append(
                    max(cells) if item.facts["kind"] == "max" else round(sum(cells) / len(cells), 2)
                )
        assert FAMILY.is_right(item.facts, str(values))
        assert not FAMILY.is_right(item.facts, str([values[0] + 1, *values[1:]]))
        assert not FAMILY.is_right(item.facts, str(values[:-1]))


def test_settings_shape_the_item() -> None:
    facts = FAMILY.generate(random.Random(0), size=8, window=4, stride=2, kind="max").facts
    assert len(facts["matrix"]) == 8
    good = {"size": 8, "window": 4, "stride": 2, "kind": "max"}
    for wrong in ({"size": 2}, {"window": 8}, {"stride": 3}, {"kind": "min"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            FAMILY.generate(random.Random(0), **{**good, **wrong})


def test_a_published_row_with_averages_can_be_answered() -> None:
    solution = {
        "matrix": MATRIX,
        "window_size": 2,
        "pooling_type": "average",
        "solution": [[3.25, 1.5], [0.25, 3.0]],
    }
    item = FAMILY.from_published({"question": "?", "solution": solution})
    assert item.answer == "3.25,1.50,0.25,3.00"
    assert FAMILY.is_right(item.facts, str(solution["solution"]))
