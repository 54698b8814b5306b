"""String deletion and modification: rewrite a string by a list of rules until none applies; the final string is asked.

The published text leaves open which rule comes after one that was applied. All published answers come about by looking
from the first rule again (a round through the rules gives other strings for 10 of 40); that is the rule here.
"""

import random
import string
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers.wrapping import unwrapped
from curriculum.tasks.sources.symbench.parts.rewrite_rules import (
    Rule,
    in_words,
    published_rule,
    random_rule,
    states,
)
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_MAX_STEPS = 100
_MAX_PUBLISHED_STEPS = 2_000
_DRAWS = 2_000


class StringDeletionAndModification:
    """Rewriting to the end."""

    name = "string_deletion_and_modification"
    capability: Capability = "order"
    levels: tuple[dict[str, Any], ...] = (
        {"length": 8, "num_letters": 3, "num_rules": 3, "min_steps": 2},
        {"length": 12, "num_letters": 3, "num_rules": 5, "min_steps": 4},
        {"length": 20, "num_letters": 3, "num_rules": 6, "min_steps": 6},
        {"length": 30, "num_letters": 3, "num_rules": 8, "min_steps": 10},
        {"length": 45, "num_letters": 4, "num_rules": 12, "min_steps": 15},
    )

    def generate(
        self, rng: random.Random, *, length: int, num_letters: int, num_rules: int, min_steps: int
    ) -> Item:
        """An item with random rules that come to an end and leave something.

        Args:
            rng: Source of all randomness.
            length: Letters of the string.
            num_letters: Different letters.
            num_rules: Rules in the list.
            min_steps: Fewest rules applied.
        """
        require_between("length", length, 4, 200)
        require_between("num_letters", num_letters, 2, 8)
        require_between("num_rules", num_rules, 1, 20)
        require_between("min_steps", min_steps, 1, 40)
        letters = string.ascii_lowercase[:num_letters]
        for _ in range(_DRAWS):
            text = "".join(rng.choices(letters, k=length))
            rules = [random_rule(rng, letters, length) for _ in range(num_rules)]
            try:
                found = states(text, rules, _MAX_STEPS)
            except ValueError:
                continue
            if len(found) > min_steps and found[-1]:
                return _item(_question(text, rules), text, rules, found[-1])
        raise ValueError(
            f"no rules with {min_steps} steps in {_DRAWS} draws: lower min_steps or raise num_rules"
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the final string."""
        return unwrapped(answer) == states(facts["text"], facts["rules"], _MAX_PUBLISHED_STEPS)[-1]

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        text = row["solution"]["initial_string"]
        rules = [published_rule(sentence) for sentence in row["solution"]["selected_rules"]]
        final = states(text, rules, _MAX_PUBLISHED_STEPS)[-1]
        if not final:
            raise ValueError("the rules leave an empty string, which cannot be told from no answer")
        return _item(row["question"], text, rules, final)


def _item(question: str, text: str, rules: list[Rule], final: str) -> Item:
    return Item(question=question, answer=final, facts={"text": text, "rules": rules})


def _question(text: str, rules: list[Rule]) -> str:
    lines = "\n".join(f"{number}. {in_words(rule)}" for number, rule in enumerate(rules, start=1))
    return f"""Rewrite the string {text} step by step with these rules:

{lines}

In each step look through the rules from number 1 on, take the first one whose condition holds for the string as it \
is now, and do what it says once. The next step begins with rule 1 again. The rewriting is over when no condition \
holds. In a string with an even number of letters, the middle letter is the right one of the two in the middle.

What is the string then? Answer as <<<string>>>."""


FAMILY = StringDeletionAndModification()
