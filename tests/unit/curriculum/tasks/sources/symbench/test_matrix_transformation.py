"""Matrix transformation: rotations and mirror images, alone and in a row."""

import random

import numpy as np
import pytest

from curriculum.tasks.sources.symbench.matrix_transformation import FAMILY, transformed

FACTS = {"rows": ["123", "456"], "steps": ["clockwise"]}


def test_each_step_is_what_it_says() -> None:
    results = {
        "clockwise": ["41", "52", "63"],
        "half": ["654", "321"],
        "counterclockwise": ["36", "25", "14"],
        "left_right": ["321", "654"],
        "top_bottom": ["456", "123"],
        "transpose": ["14", "25", "36"],
    }
    for step, result in results.items():
        assert transformed(["123", "456"], [step]) == result


@pytest.mark.parametrize(
    "answer",
    [
        "4,1,5,2,6,3",
        "4 1 5 2 6 3",
        "415263",
        "41\n52\n63",
        "4 1\n5 2\n6 3",
        "[[4,1],[5,2],[6,3]]",
        '["4","1","5","2","6","3"]',
    ],
)
def test_the_result_passes_in_other_spellings(answer: str) -> None:
    assert FAMILY.is_right(FACTS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "1,4,5,2,6,3",
        "3,6,2,5,1,4",
        "4,1,5,2,6",
        "4,1,5,2,6,3,3",
        "[[4,1,5],[2,6,3]]",
        "1,2,3,4,5,6",
        "4,1,5,2,6,3 or 3,6,2,5,1,4",
    ],
)
def test_near_misses_fail(answer: str) -> None:
    assert not FAMILY.is_right(FACTS, answer)


def test_steps_in_a_row_agree_with_numpy() -> None:
    oracle = {
        "clockwise": lambda m: np.rot90(m, -1),
        "half": lambda m: np.rot90(m, 2),
        "counterclockwise": np.rot90,
        "left_right": np.fliplr,
        "top_bottom": np.flipud,
        "transpose": np.transpose,
    }
    for seed in range(40):
        item = FAMILY.generate(random.Random(seed), **FAMILY.levels[seed % 5])
        matrix = np.array([list(row) for row in item.facts["rows"]])
        for step in item.facts["steps"]:
            matrix = oracle[step](matrix)
        assert item.answer == ",".join(matrix.flatten())


def test_letters_must_have_their_case() -> None:
    assert FAMILY.is_right({"rows": ["AB", "CD"], "steps": ["half"]}, "D,C,B,A")
    assert not FAMILY.is_right({"rows": ["AB", "CD"], "steps": ["half"]}, "d,c,b,a")


def test_settings_shape_the_item() -> None:
    facts = FAMILY.generate(random.Random(0), num_rows=4, num_columns=6, content="digits", num_steps=3).facts
    assert [len(row) for row in facts["rows"]] == [6] * 4
    assert "".join(facts["rows"]).isdigit()
    assert len(facts["steps"]) == 3
    with pytest.raises(ValueError, match=r"content.*letters, digits"):
        FAMILY.generate(random.Random(0), num_rows=4, num_columns=6, content="words", num_steps=3)


def test_published_symbols_that_elsewhere_wrap_an_answer_are_read() -> None:
    question = "Your task is to rotate this matrix 90 degrees clockwise and output the result."
    item = FAMILY.from_published({"question": question, "solution": {"matrix": [["*", "$"], ["$", "*"]]}})
    assert item.answer == "$,*,*,$"
    for answer in ("$,*,*,$", "$**$", "$ *\n* $", "[['$', '*'], ['*', '$']]"):
        assert FAMILY.is_right(item.facts, answer)
    assert not FAMILY.is_right(item.facts, "*,*,$,$")


def test_a_published_row_with_another_transformation_is_refused() -> None:
    with pytest.raises(ValueError, match="another transformation"):
        FAMILY.from_published({"question": "Mirror it.", "solution": {"matrix": [["1", "2"]]}})
