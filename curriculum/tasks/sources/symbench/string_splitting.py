"""String splitting: machines are taken apart and put together by numbered methods in turn; what is in stock at the end.

The original compares the answer's text with the stored list; here the methods are carried out anew.
"""

import random
import re
import string
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.sources.symbench.parts.exchanges import (
    Amounts,
    Method,
    is_what_is_left,
    listed,
    random_exchange,
    visited_in_turn,
)
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_WORDS = {"a single": 1, "one": 1, "two": 2, "three": 3}
_METHOD = re.compile(r"^Method \d+: (.+)$", re.MULTILINE)
_AMOUNT = re.compile(
    rf"({'|'.join(_WORDS)})\s+(?:units? of\s+)?(?:machines?|parts?)\s+([A-Z])\b", re.IGNORECASE
)
_BECOMES = re.compile(r"yields|into|produces|results? in|creates|form")
_STOCK = re.compile(r"(\d+) units of Machine ([A-Z])")


class StringSplitting:
    """Machines and parts, methods visited in turn."""

    name = "string_splitting"
    capability: Capability = "order"
    levels: tuple[dict[str, Any], ...] = (
        {"num_machines": 2, "num_parts": 2, "num_methods": 3, "max_count": 3},
        {"num_machines": 3, "num_parts": 3, "num_methods": 5, "max_count": 3},
        {"num_machines": 3, "num_parts": 3, "num_methods": 5, "max_count": 8},
        {"num_machines": 4, "num_parts": 4, "num_methods": 7, "max_count": 12},
        {"num_machines": 5, "num_parts": 5, "num_methods": 9, "max_count": 20},
    )

    def generate(
        self, rng: random.Random, *, num_machines: int, num_parts: int, num_methods: int, max_count: int
    ) -> Item:
        """An item with random methods that come to an end.

        Args:
            rng: Source of all randomness.
            num_machines: Kinds of machines.
            num_parts: Kinds of parts.
            num_methods: Methods in the list.
            max_count: Most machines of a kind at the start, or a few more.
        """
        require_between("num_machines", num_machines, 1, 6)
        require_between("num_parts", num_parts, 1, 6)
        require_between("num_methods", num_methods, 1, 15)
        require_between("max_count", max_count, 1, 30)
        machines = list(string.ascii_uppercase[:num_machines])
        parts = list(string.ascii_uppercase[-num_parts:])
        start, methods = random_exchange(
            rng, tiers=(machines, parts), num_methods=num_methods, max_count=max_count, restarts=False
        )
        return visited_in_turn(
            _question(start, machines, parts, methods), start, [*machines, *parts], methods
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the stock at the end, in the order asked."""
        return is_what_is_left(facts, answer)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        text = row["question"]
        start = {name: int(count) for count, name in _STOCK.findall(text)}
        return visited_in_turn(text, start, list("ABCXYZ"), [_method(line) for line in _METHOD.findall(text)])


def _method(line: str) -> Method:
    takes, gives = (
        {name: _WORDS[word.casefold()] for word, name in _AMOUNT.findall(part)}
        for part in _BECOMES.split(line, maxsplit=1)
    )
    return {"takes": takes, "gives": gives}


def _question(start: Amounts, machines: list[str], parts: list[str], methods: list[Method]) -> str:
    lines = "\n".join(
        f"{number}. {listed(method['takes'])} -> {listed(method['gives'])}"
        for number, method in enumerate(methods, start=1)
    )
    names = [*machines, *parts]
    slots = ", ".join(f"count of {name}" for name in names)
    return f"""A repair shop keeps machines of the kinds {", ".join(machines)} and parts of the kinds \
{", ".join(parts)}. Its methods turn what stands to the left of an arrow into what stands to the right of it:

{lines}

The methods are visited in the order of their numbers, and after the last one comes number 1 again. At each visit the \
method is carried out exactly once if the shop has all that it needs, and is passed over otherwise; either way the \
next method follows. The work ends when no method can be carried out any more.

At the start the shop has {listed(start)} and nothing else. What does it have at the end? Answer with \
{len(names)} whole numbers as <<<[{slots}]>>>."""


FAMILY = StringSplitting()
