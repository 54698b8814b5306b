"""A family of tasks of one's own: a class that makes questions and judges answers (docs/own-task.md has all of it).

Look at it first, then train on it beside nothing else:

    python -m examples.own_family
    python -m driver run laptop folder=runs/multiples tasks.preset=none \
        'tasks.own_families=["examples.own_family:Multiples"]' synthesis.file=traces.jsonl

`python -m examples.own_traces traces.jsonl` writes the traces.
"""

import random
import re
from typing import Any

from curriculum.tasks.family import Capability, Item


class Multiples:
    """How many numbers below a limit are divisible by one of two others: simple for a script, tedious without one."""

    name = "multiples"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = ({"largest": 50}, {"largest": 500}, {"largest": 5000})

    def generate(self, rng: random.Random, *, largest: int) -> Item:
        """A question with its answer; all randomness comes from `rng`."""
        limit, (first, second) = rng.randint(largest // 2, largest), sorted(rng.sample(range(2, 13), 2))
        count = sum(number % first == 0 or number % second == 0 for number in range(1, limit))
        question = (
            f"How many of the numbers from 1 to {limit - 1} are divisible by {first} or by {second}? Numbers divisible "
            "by both count once. Give the count as <<<number>>>."
        )
        return Item(question, str(count), {"limit": limit, "divisors": [first, second]})

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether `answer`, a text that a model wrote, is the count."""
        number = answer.strip().removesuffix(".")
        return re.fullmatch("[0-9]{1,9}", number) is not None and int(number) == int(facts["answer"])


def main() -> None:
    """Print a question of each level, and what the class says of a few answers to it."""
    family = Multiples()
    for settings in family.levels:
        item = family.generate(random.Random(0), **settings)
        facts = {**item.facts, "answer": item.answer}
        verdicts = {text: family.is_right(facts, text) for text in (str(item.answer), "0", "about 12", "")}
        print(f"{item.question}\n  {verdicts}")


if __name__ == "__main__":
    main()
