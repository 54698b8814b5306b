"""What a task family is: a small class that makes items and judges answers to them.

SymBench's generators are such classes, and a task of one's own can be one (docs/own-task.md).
"""

import random
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

Capability = Literal["math", "spatial", "logical", "order", "optimisation", "search"]
"""What a family asks for most; the paper's tags."""
CAPABILITIES: tuple[str, ...] = get_args(Capability)

MAX_ANSWER_LENGTH = 20_000
"""Characters; a longer answer is wrong. The longest honest one is a few thousand."""


@dataclass(frozen=True)
class Item:
    """One question, with what is needed to judge any text as its answer.

    Example: `Item(question="What is 2 * 3?", answer="6", facts={"values": [2, 3]})`.
    """

    question: str
    """What the model is asked; says in which form the answer goes between `<<<` and `>>>`."""
    answer: str | None
    """A right answer in that form, without the brackets; None where only a checker knows."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the checker reads besides: JSON values."""


class TaskFamily(Protocol):
    """Makes items and judges answers. Holds no state: the same generator state and settings give the same item."""

    name: str
    """What its tasks carry in `Task.family`."""
    capability: Capability
    """What it asks for most."""
    levels: tuple[dict[str, Any], ...]
    """Settings of `generate` per level of difficulty, easy first; a task set takes items from them in turn."""

    def generate(self, rng: random.Random, **difficulty: Any) -> Item:
        """A solvable item; all randomness comes from `rng`."""
        ...

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether a text answers the item with these facts.

        `facts` are the item's, with its reference answer added under `answer`. The text comes from a model: it is
        parsed, never evaluated. What this raises counts as wrong.
        """
        ...
