"""Generated tasks with one right answer take no other: not a neighbour's, not a near miss."""

import itertools
import random
import re

import pytest
from reasoning_gym_spellings import mutants, same_value

from curriculum.task import Task
from curriculum.tasks.checkers import check
from curriculum.tasks.config import FamilyConfig
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sources.source import SOURCES

NUM_TASKS = 20
ONE_ANSWER = (
    *(
        "2048",
        "cryptanalysis",
        "gsm_hard",
        "letter_logic_diagram",
        "letters",
        "light_puzzles",
        "mahjong_pattern",
    ),
    *(
        "math_counting_and_probability",
        "math_geometry",
        "matrix_transformation",
        "new_operator",
        "number_multiply",
    ),
    *("pattern_recognition", "pooling", "reversi", "standard_sudoku", "statistical_counting"),
    *("string_deletion_and_modification", "string_insertion", "string_splitting", "string_synthesis"),
    "synthesis_decomposition",
)
# They say the same: a sentence around the answer, or other letter case where case means nothing.
MAY_SAY_THE_SAME = {"case", "sentence", "remark"}


def tasks_of(name: str) -> list[Task]:
    family = FamilyConfig(name=name, source="symbench")
    stream = SOURCES["symbench"].drafts(family, seed=11, is_new=lambda _: True)
    return [d.task("symbench", name, n, "train") for n, d in zip(range(NUM_TASKS), stream, strict=False)]


def differs_by_rounding(text: str, other: str) -> bool:
    """Whether two texts have the same numbers to within one in the second decimal, where two are asked for."""
    one, two = ([float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", t)] for t in (text, other))
    return len(one) == len(two) and all(abs(a - b) < 0.0101 for a, b in zip(one, two, strict=True))


def reference(task: Task) -> str:
    return str(decode_payload(task.payload)["answer"])


@pytest.mark.parametrize("name", ONE_ANSWER)
def test_no_other_answer_passes(name: str) -> None:
    tasks, rng = tasks_of(name), random.Random(name)
    passed = []
    for task in tasks:
        right = reference(task)
        assert check(task, right)
        passed += [
            (how, right, text)
            for how, text in mutants(right, rng).items()
            if how not in MAY_SAY_THE_SAME and not differs_by_rounding(text, right) and check(task, text)
        ]
    for task, other in itertools.permutations(tasks, 2):
        if not same_value(reference(other), reference(task)) and check(task, reference(other)):
            passed.append(("neighbour", reference(task), reference(other)))
    assert passed == []
