"""Synthesis and decomposition: a farm exchanges crops for products by numbered methods in turn; what it has at the end.

The published answers hold fields that the question does not ask for (a crop or product that is not in it); the original
compares with those. Here the counts asked for, and only those, are the answer.
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

_METHOD = re.compile(r"^Method \d+: (.+) can be exchanged for (.+)$", re.MULTILINE)
_AMOUNT = re.compile(r"(\d+) units? of (?:crop|product) ([A-Z])\b")
_ASKED = re.compile(r"\[(remaining_[^\]]+)\]")
_STOCK = re.compile(r"^Initially there are (.+)$", re.MULTILINE)


class SynthesisDecomposition:
    """Crops and products, methods visited in turn."""

    name = "synthesis_decomposition"
    capability: Capability = "order"
    levels: tuple[dict[str, Any], ...] = (
        {"num_crops": 2, "num_products": 1, "num_methods": 2, "max_count": 6},
        {"num_crops": 3, "num_products": 1, "num_methods": 3, "max_count": 8},
        {"num_crops": 3, "num_products": 2, "num_methods": 4, "max_count": 12},
        {"num_crops": 4, "num_products": 2, "num_methods": 6, "max_count": 18},
        {"num_crops": 5, "num_products": 3, "num_methods": 8, "max_count": 25},
    )

    def generate(
        self, rng: random.Random, *, num_crops: int, num_products: int, num_methods: int, max_count: int
    ) -> Item:
        """An item with random methods that come to an end.

        Args:
            rng: Source of all randomness.
            num_crops: Kinds of crops.
            num_products: Kinds of products.
            num_methods: Methods in the list.
            max_count: Most units of a crop at the start, or a few more.
        """
        require_between("num_crops", num_crops, 2, 6)
        require_between("num_products", num_products, 1, 6)
        require_between("num_methods", num_methods, 1, 15)
        require_between("max_count", max_count, 2, 30)
        crops = list(string.ascii_uppercase[:num_crops])
        products = list("XYZUVW"[:num_products])
        start, methods = random_exchange(
            rng, tiers=(crops, products), num_methods=num_methods, max_count=max_count, restarts=False
        )
        return visited_in_turn(
            _question(start, crops, products, methods), start, [*crops, *products], methods
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is what the farm has at the end, in the order asked."""
        return is_what_is_left(facts, answer)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        text = row["question"]
        stock, asked = _STOCK.search(text), _ASKED.search(text)
        if stock is None or asked is None:
            raise ValueError("the published question does not say what there is and what is asked")
        methods: list[Method] = [
            {"takes": _amounts(takes), "gives": _amounts(gives)} for takes, gives in _METHOD.findall(text)
        ]
        names = [field.split("_")[-1] for field in asked[1].split(", ")]
        return visited_in_turn(text, _amounts(stock[1]), names, methods)


def _amounts(text: str) -> Amounts:
    return {name: int(count) for count, name in _AMOUNT.findall(text)}


def _question(start: Amounts, crops: list[str], products: list[str], methods: list[Method]) -> str:
    lines = "\n".join(
        f"Method {number}: give {listed(method['takes'])}, get {listed(method['gives'])}"
        for number, method in enumerate(methods, start=1)
    )
    names = [*crops, *products]
    slots = ", ".join(f"units of {name}" for name in names)
    return f"""A farm grows the crops {", ".join(crops)} and trades them at a market, where the products \
{", ".join(products)} are to be had as well. The market offers these exchanges:

{lines}

The farmer goes through the methods in order, from the first to the last, and then begins with the first again. When \
it is a method's turn, the exchange is made one time if the farm has enough for it, and not at all if it has not; then \
it is the next method's turn. What an exchange brings can be given away in a later one. The farmer stops as soon as \
the farm has not enough for any of the methods.

The harvest is {listed(start)}; there are no products yet. What does the farm have when the farmer stops? Answer with \
{len(names)} whole numbers as <<<[{slots}]>>>."""


FAMILY = SynthesisDecomposition()
