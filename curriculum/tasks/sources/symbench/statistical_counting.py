"""Statistical counting: runs of equal letters in a string score points by letter; the total is asked."""

import random
import string
from itertools import groupby
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import integer
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

Rule = list[Any]
"""A letter, the points of one of its runs, and the least length of a run that scores."""

_HIGHEST_SCORE = 9
_RUN_LENGTHS, _RUN_WEIGHTS = (1, 2, 3, 4, 5), (9, 6, 3, 2, 1)


class StatisticalCounting:
    """Points for runs of letters."""

    name = "statistical_counting"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = (
        {"length": 10, "num_letters": 2, "longest_minimum": 2},
        {"length": 20, "num_letters": 4, "longest_minimum": 2},
        {"length": 35, "num_letters": 5, "longest_minimum": 2},
        {"length": 65, "num_letters": 7, "longest_minimum": 3},
        {"length": 120, "num_letters": 10, "longest_minimum": 4},
    )

    def generate(self, rng: random.Random, *, length: int, num_letters: int, longest_minimum: int) -> Item:
        """An item with a random string of runs.

        Args:
            rng: Source of all randomness.
            length: Letters of the string.
            num_letters: Different letters, each with a rule of its own.
            longest_minimum: The least length of a scoring run is 2 up to this, letter by letter.
        """
        require_between("length", length, 5, 2000)
        require_between("num_letters", num_letters, 2, 26)
        require_between("longest_minimum", longest_minimum, 2, 5)
        rules: list[Rule] = [
            [letter, rng.randint(1, _HIGHEST_SCORE), rng.randint(2, longest_minimum)]
            for letter in string.ascii_uppercase[:num_letters]
        ]
        text = _random_text(rng, length, [letter for letter, _, _ in rules])
        return Item(
            question=_question(text, rules),
            answer=str(total_score(text, rules)),
            facts={"text": text, "rules": rules},
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the total."""
        return integer(answer) == total_score(facts["text"], facts["rules"])

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        text = row["solution"]["sequence"]
        rules = [
            [rule["letter"], rule["score"], rule["min_consecutive"]] for rule in row["solution"]["rules"]
        ]
        return Item(
            question=row["question"],
            answer=str(total_score(text, rules)),
            facts={"text": text, "rules": rules},
        )


def total_score(text: str, rules: list[Rule]) -> int:
    """The points of all runs; a run scores once, however long it is."""
    by_letter = {letter: (points, minimum) for letter, points, minimum in rules}
    total = 0
    for letter, run in groupby(text):
        points, minimum = by_letter[letter]
        total += points if len(list(run)) >= minimum else 0
    return total


def _random_text(rng: random.Random, length: int, letters: list[str]) -> str:
    text = rng.choice(letters)
    while len(text) < length:
        letter = rng.choice([letter for letter in letters if letter != text[-1]])
        text += letter * rng.choices(_RUN_LENGTHS, _RUN_WEIGHTS)[0]
    return text[:length]


def _question(text: str, rules: list[Rule]) -> str:
    lines = "\n".join(
        f"- {minimum} or more {letter} in a row: {points} {'point' if points == 1 else 'points'}"
        for letter, points, minimum in rules
    )
    return f"""Split the string below into runs: a run is a stretch of equal letters that goes on as far as it can to \
both sides. Each run is worth points by its letter if it is long enough, and nothing otherwise:

{lines}

A run counts once, however long it is; the same letter can have several runs, and each of them counts.

{text}

How many points are all runs of this string worth together? Answer as <<<number>>>."""


FAMILY = StatisticalCounting()
