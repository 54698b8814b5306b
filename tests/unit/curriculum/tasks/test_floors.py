"""What answers that need no reading score: chance, and never more by copying."""

import collections
import math

import pytest
from adversary import floor_of, parts_of, reference_of

from curriculum.task import Task
from curriculum.tasks.checkers import preload
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set

NUM_TASKS = 20
FEW_ANSWERS = {
    **dict.fromkeys(
        ("syllogism", "circuit_logic", "isomorphic_strings", "course_schedule", "ransom_note"), 1 / 2
    ),
    **dict.fromkeys(("acre", "mahjong_pattern"), 0.4),
    **dict.fromkeys(("zebra_puzzles", "maze", "self_reference"), 0.28),
    **dict.fromkeys(
        ("aiw", "letter_counting", "rotten_oranges", "binary_alternation", "light_puzzles"), 0.22
    ),
}
"""Chance of the likeliest answer where few answers are possible."""
CHANCE = 0.15
"""Of all others, at most; most have hundreds of answers."""


@pytest.fixture(scope="module")
def families() -> dict[str, list[Task]]:
    preload()
    made = collections.defaultdict(list)
    for preset in ("symbench", "reasoning_gym"):
        config = TaskSetConfig.model_validate(
            {
                "preset": preset,
                "num_processes": 2,
                "sft_per_family": 0,
                "train_per_family": NUM_TASKS,
                "test_per_family": 0,
                "held_out_per_family": NUM_TASKS,
            }
        )
        for task in build_task_set(config):
            made[task.family].append(task)
    return dict(made)


# A minute: what it won before is tested family by family where it was mended.
@pytest.mark.slow
def test_nothing_that_is_said_or_copied_without_reading_wins_more_than_chance(
    families: dict[str, list[Task]],
) -> None:
    foreign = [a for tasks in families.values() if (a := reference_of(tasks[0])) and len(a) < 500]
    assert len(families) == 117
    above = {}
    for name, tasks in families.items():
        chance = FEW_ANSWERS.get(name, CHANCE)
        # Three standard deviations of a coin that falls so.
        most = chance * NUM_TASKS + 3 * math.sqrt(NUM_TASKS * chance * (1 - chance))
        found = floor_of(tasks, foreign, max_seconds=1.5, above=math.floor(most))
        if found.strategy:
            above[name] = found
    assert above == {}


def test_the_search_finds_what_it_looks_for() -> None:
    def task(number: int, answer: str) -> Task:
        return Task(
            task_id=f"a/b/{number}",
            family="b",
            source="a",
            split="train",
            question=f"Turn this:\n\n{answer}\n\nby 360 degrees.",
            checker="exact",
            payload=f'{{"answer": "{answer}"}}',
        )

    copied = floor_of([task(n, f"{n} {n + 1}") for n in range(10)])
    assert (copied.rate, copied.strategy) == (1.0, "line 2")
    constant = floor_of([task(n, "yes" if n < 7 else str(n + 100)) for n in range(10)])
    assert constant.rate == 1.0  # copied again, which beats the constant's 0.7
    assert parts_of("a\n\nb: 3\n1. x\n2. y")["every numbered line joined by ' and '"] == "x and y"
