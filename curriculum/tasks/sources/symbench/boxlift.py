"""Lifters lift boxes, alone or together, until all are lifted within the stated number of steps.

The original goes on after an illegal assignment and skips it; ours refuses the plan. Its bound on the steps is a
guess; ours is the length of a plan of our own, so that it can be kept.
"""

import random
import re
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers.wrapping import unwrapped, without_brackets
from curriculum.tasks.sources.symbench.parts.lifting_plans import Lift, greedy_plan, lifts_everything
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_PUBLISHED_SPARE_STEPS = 1
_LIFT = re.compile(
    r"[(\[]\s*(?P<weight>[0-9]{1,7})\s*,\s*"
    r"[(\[]\s*(?P<lifters>[0-9]{1,3}(?:\s*,\s*[0-9]{1,3})*)(?:\s*,)?\s*[)\]]\s*[)\]]"
)
_STEP = re.compile(
    r"(?:step(?P<number>[0-9]{1,4})[:.)])?(?:\[(?P<listed>@(?:,@)*),?\]|(?P<bare>@(?:,@)*))[,;]?"
)
_RULES = """\
Boxes have to be lifted by lifters who can work together.

Weights of the boxes: {boxes}
What each lifter can lift at most, beginning with lifter 0: {lifters}

The work is done in steps. In each step, boxes are given to teams of one or more lifters. A team lifts its box if its \
lifters together can lift at least the weight of the box. In one step a team lifts one box only and a lifter is in \
one team only; in the next step all lifters are free again. Every box has to be lifted exactly once. Boxes of equal \
weight are different boxes.

Lift all boxes in at most {max_steps} steps. Every assignment must be possible; lifters may stay idle.

Give the plan between <<< and >>>, a line for each step, each in the form
Step 1: [(w, [i, j]), (v, [k])]
which says that in step 1 lifters i and j lift a box of weight w and lifter k lifts one of weight v."""


class Boxlift:
    """Steps that assign teams of lifters to boxes."""

    name = "boxlift"
    capability: Capability = "optimisation"
    levels: tuple[dict[str, Any], ...] = (
        {"num_boxes": 6, "num_lifters": 3, "max_weight": 100, "spare_steps": 2},
        {"num_boxes": 10, "num_lifters": 3, "max_weight": 100, "spare_steps": 1},
        {"num_boxes": 15, "num_lifters": 4, "max_weight": 200, "spare_steps": 1},
        {"num_boxes": 20, "num_lifters": 5, "max_weight": 300, "spare_steps": 0},
        {"num_boxes": 25, "num_lifters": 6, "max_weight": 400, "spare_steps": 0},
        {"num_boxes": 36, "num_lifters": 8, "max_weight": 600, "spare_steps": 0},
    )

    def generate(
        self,
        rng: random.Random,
        *,
        num_boxes: int = 15,
        num_lifters: int = 4,
        max_weight: int = 200,
        spare_steps: int = 1,
    ) -> Item:
        """Random boxes and lifters strong enough for the heaviest.

        Args:
            rng: Source of all randomness.
            num_boxes: Boxes, 2 to 60.
            num_lifters: Lifters, 2 to 9.
            max_weight: Largest weight of a box.
            spare_steps: By how many steps the bound exceeds the length of our own plan.
        """
        require_between("num_boxes", num_boxes, 2, 60)
        require_between("num_lifters", num_lifters, 2, 9)
        require_between("max_weight", max_weight, 20, 100_000)
        require_between("spare_steps", spare_steps, 0, 100)
        boxes = [rng.randint(max_weight // 10, max_weight) for _ in range(num_boxes)]
        strongest = max(2, max_weight * 2 // (num_lifters - 1))
        lifters = [rng.randint(max(1, strongest // 4), strongest) for _ in range(num_lifters)]
        lifters[rng.randrange(num_lifters)] += max(0, max(boxes) - sum(lifters))
        return _item(boxes, lifters, spare_steps)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether every assignment is possible, all boxes are lifted, and the steps are few enough."""
        steps = _steps(answer)
        return (
            steps is not None
            and len(steps) <= facts["max_steps"]
            and lifts_everything(facts["boxes"], facts["lifters"], steps)
        )

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in a published row: keys boxes and lifters."""
        return _item(list(row["boxes"]), list(row["lifters"]), _PUBLISHED_SPARE_STEPS)


def _item(boxes: list[int], lifters: list[int], spare_steps: int) -> Item:
    plan = greedy_plan(boxes, lifters)
    max_steps = len(plan) + spare_steps
    lines = [
        f"Step {n}: [" + ", ".join(f"({lift.weight}, {list(lift.lifters)})" for lift in step) + "]"
        for n, step in enumerate(plan, start=1)
    ]
    return Item(
        question=_RULES.format(boxes=boxes, lifters=lifters, max_steps=max_steps),
        answer="\n".join(lines),
        facts={"boxes": boxes, "lifters": lifters, "max_steps": max_steps},
    )


def _steps(answer: str) -> list[list[Lift]] | None:
    """The steps of a plan, labelled `Step 1:` and so on or as a list of lists."""
    text = unwrapped(answer).replace("@", "?")
    lifts = [
        Lift(int(match["weight"]), tuple(int(n) for n in match["lifters"].split(",")))
        for match in _LIFT.finditer(text)
    ]
    shape = re.sub(r"[\s\"'`*]|\\n", "", _LIFT.sub("@", text)).casefold()
    for candidate in (shape, without_brackets(shape)):
        found = list(_STEP.finditer(candidate))
        if sum(len(match[0]) for match in found) == len(candidate) and _are_labelled(found):
            remaining = iter(lifts)
            return [[next(remaining) for _ in range(match[0].count("@"))] for match in found]
    return None


def _are_labelled(steps: list[re.Match[str]]) -> bool:
    """Whether the steps are numbered 1, 2, 3 and so on, or are lists without numbers."""
    numbers = [step["number"] for step in steps if step["number"]]
    if not numbers:
        return bool(steps) and all(step["listed"] for step in steps)
    return numbers == [str(n) for n in range(1, len(steps) + 1)]


FAMILY = Boxlift()
