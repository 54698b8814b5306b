"""String insertion: a letter is inserted after every occurrence of certain patterns; the resulting string is asked."""

import random
import re
import string
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers.wrapping import unwrapped
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

Rule = list[str]
"""A pattern and the letter that goes after it. The patterns of an item have one length and are all different."""

_RULE = re.compile(r"substring ([A-E]+) in the string, insert the character ([A-E]) after")


class StringInsertion:
    """Letters inserted after patterns, in one or more rounds."""

    name = "string_insertion"
    capability: Capability = "order"
    levels: tuple[dict[str, Any], ...] = (
        {"length": 10, "num_letters": 4, "num_rules": 3, "pattern_length": 3, "num_rounds": 1},
        {"length": 16, "num_letters": 5, "num_rules": 5, "pattern_length": 4, "num_rounds": 1},
        {"length": 30, "num_letters": 5, "num_rules": 6, "pattern_length": 3, "num_rounds": 2},
        {"length": 60, "num_letters": 5, "num_rules": 8, "pattern_length": 3, "num_rounds": 2},
        {"length": 100, "num_letters": 4, "num_rules": 10, "pattern_length": 3, "num_rounds": 3},
    )

    def generate(
        self,
        rng: random.Random,
        *,
        length: int,
        num_letters: int,
        num_rules: int,
        pattern_length: int,
        num_rounds: int,
    ) -> Item:
        """An item with random patterns, at least one of which is in the string.

        Args:
            rng: Source of all randomness.
            length: Letters of the string.
            num_letters: Different letters.
            num_rules: Patterns.
            pattern_length: Letters of a pattern.
            num_rounds: How often the insertion is done.
        """
        require_between("num_letters", num_letters, 2, 10)
        require_between("pattern_length", pattern_length, 2, 6)
        require_between("length", length, pattern_length, 500)
        require_between("num_rules", num_rules, 1, min(20, num_letters**pattern_length))
        require_between("num_rounds", num_rounds, 1, 5)
        letters = string.ascii_uppercase[:num_letters]
        numbers = rng.sample(range(num_letters**pattern_length), num_rules)
        rules = [[_pattern(number, letters, pattern_length), rng.choice(letters)] for number in numbers]
        text = rng.choice(rules)[0]
        while len(text) < length:
            text += rng.choice(rules)[0] if rng.random() < 0.4 else rng.choice(letters)
        text = text[:length] if rng.random() < 0.5 else _cut_and_joined(rng, text[:length], pattern_length)
        return Item(
            question=_question(text, rules, num_rounds),
            answer=with_insertions(text, rules, num_rounds),
            facts={"text": text, "rules": rules, "num_rounds": num_rounds},
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the string after the insertions."""
        return unwrapped(answer) == with_insertions(facts["text"], facts["rules"], facts["num_rounds"])

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        text = row["solution"]["original_string"]
        rules = [list(rule) for rule in _RULE.findall(row["question"])]
        return Item(
            question=row["question"],
            answer=with_insertions(text, rules, 1),
            facts={"text": text, "rules": rules, "num_rounds": 1},
        )


def with_insertions(text: str, rules: list[Rule], num_rounds: int) -> str:
    """The string after some rounds; in a round, patterns are looked for in the string as it was before the round."""
    length = len(rules[0][0])
    letter_after = {rule[0]: rule[1] for rule in rules}
    for _ in range(num_rounds):
        text = "".join(
            char + letter_after.get(text[max(0, index + 1 - length) : index + 1], "")
            for index, char in enumerate(text)
        )
    return text


def _pattern(number: int, letters: str, length: int) -> str:
    pattern = ""
    for _ in range(length):
        number, digit = divmod(number, len(letters))
        pattern += letters[digit]
    return pattern


def _cut_and_joined(rng: random.Random, text: str, pattern_length: int) -> str:
    """The string with its beginning, which is a pattern, at another place."""
    place = rng.randint(pattern_length, len(text))
    return text[pattern_length:place] + text[:pattern_length] + text[place:]


def _question(text: str, rules: list[Rule], num_rounds: int) -> str:
    lines = "\n".join(f"- after {pattern} comes {letter}" for pattern, letter in rules)
    rounds = (
        "Do one such round."
        if num_rounds == 1
        else f"Do {num_rounds} such rounds, each with the string that the round before it left."
    )
    return f"""A round of insertions goes as follows. First find, in the string as it is before the round, every place \
where one of the patterns below occurs; occurrences may overlap. Then insert one letter directly after the last letter \
of each occurrence:

{lines}

Letters that are inserted in a round neither make nor break an occurrence in that same round. {rounds}

The string: {text}

What is it at the end? Answer as <<<string>>>, letters only."""


FAMILY = StringInsertion()
