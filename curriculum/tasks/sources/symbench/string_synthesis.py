"""String synthesis: blocks in three kinds of brackets are combined by numbered rules; what is left at the end.

The original joins the digits of the answer, so that 1, 10 and 11, 0 are one to it. Here counts are told apart. The
published answers carry out the first possible rule again and again; a literal cycle (each rule once per pass) would
give other counts for 27 of 40.
"""

import random
import re
import string
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import integers, items
from curriculum.tasks.sources.symbench.parts.exchanges import (
    Amounts,
    Method,
    counts_in_order,
    listed,
    outcome,
    random_exchange,
)
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_WORDS = {"one": 1, "two": 2, "three": 3}
_BRACKETS = (("[", "]"), ("{", "}"), ("(", ")"))
_RULE = re.compile(r"^\d+\. (.+) can be combined to form (.+)\.$", re.MULTILINE)
_AMOUNT = re.compile(rf"({'|'.join(_WORDS)}) ([\[{{(][A-Z][\]}})])", re.IGNORECASE)
_STOCK = re.compile(r"(\d+) (\[[A-Z]\])")


class StringSynthesis:
    """Blocks of three tiers, the first possible rule at each step."""

    name = "string_synthesis"
    capability: Capability = "order"
    levels: tuple[dict[str, Any], ...] = (
        {"num_letters": 2, "num_rules": 3, "max_count": 5},
        {"num_letters": 3, "num_rules": 6, "max_count": 8},
        {"num_letters": 3, "num_rules": 7, "max_count": 20},
        {"num_letters": 4, "num_rules": 9, "max_count": 25},
        {"num_letters": 5, "num_rules": 12, "max_count": 30},
    )

    def generate(self, rng: random.Random, *, num_letters: int, num_rules: int, max_count: int) -> Item:
        """An item with random rules that come to an end.

        Args:
            rng: Source of all randomness.
            num_letters: Letters; each stands in three kinds of brackets.
            num_rules: Rules in the list.
            max_count: Most blocks of a kind at the start, or a few more.
        """
        require_between("num_letters", num_letters, 1, 6)
        require_between("num_rules", num_rules, 1, 20)
        require_between("max_count", max_count, 1, 30)
        tiers = _tiers(num_letters)
        start, rules = random_exchange(
            rng, tiers=tiers, num_methods=num_rules, max_count=max_count, restarts=True
        )
        names = [name for tier in tiers for name in tier]
        return _item(_question(start, names, rules), start, names, rules)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the counts in the order asked.

        Digits without anything between them are read as one count each if there are just as many of them.
        """
        names = facts["names"]
        counts = counts_in_order(outcome(facts["start"], facts["methods"], restarts=True).counts, names)
        joined = items(answer)
        if joined and len(joined) == 1 and re.fullmatch(f"[0-9]{{{len(names)}}}", joined[0]):
            return [int(digit) for digit in joined[0]] == counts
        return integers(answer) == counts

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        text = row["question"]
        rules = [_rule(takes, gives) for takes, gives in _RULE.findall(text)]
        start = {name: int(count) for count, name in _STOCK.findall(text)}
        return _item(text, start, [name for tier in _tiers(3) for name in tier], rules)


def _tiers(num_letters: int) -> list[list[str]]:
    letters = string.ascii_uppercase[:num_letters]
    return [[f"{opening}{letter}{closing}" for letter in letters] for opening, closing in _BRACKETS]


def _item(question: str, start: Amounts, names: list[str], rules: list[Method]) -> Item:
    counts = outcome(start, rules, restarts=True).counts
    return Item(
        question=question,
        answer=" ".join(str(count) for count in counts_in_order(counts, names)),
        facts={"start": start, "methods": rules, "names": names},
    )


def _rule(takes: str, gives: str) -> Method:
    left, right = (
        {name: _WORDS[word.casefold()] for word, name in _AMOUNT.findall(side)} for side in (takes, gives)
    )
    return {"takes": left, "gives": right}


def _question(start: Amounts, names: list[str], rules: list[Method]) -> str:
    lines = "\n".join(
        f"{number}. {listed(rule['takes'])} => {listed(rule['gives'])}"
        for number, rule in enumerate(rules, start=1)
    )
    return f"""There are {len(names)} kinds of blocks, told apart by letter and bracket: {", ".join(names)}. Each rule \
below replaces the blocks on its left by those on its right; the number before a block says how many of it:

{lines}

Apply one rule at a time: look down the list from rule 1, apply the first rule whose blocks on the left are all there, \
once, and then look down from rule 1 again. Stop when no rule can be applied.

You begin with {listed(start)}. How many blocks of each kind are there at the end? Answer with {len(names)} whole \
numbers separated by spaces, between <<< and >>>, in this order of blocks: {" ".join(names)}."""


FAMILY = StringSynthesis()
