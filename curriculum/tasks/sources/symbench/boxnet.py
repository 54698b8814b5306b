"""Agents, one in each square of a grid, move coloured boxes until each is on a target of its colour.

The original skips illegal actions, lets one box take several actions of the same step one after another, and bounds
nothing. Ours refuses the plan at an illegal action, lets all actions of a step happen at once, and states a bound on
the steps that a plan of our own keeps.
"""

import random
import re
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers.wrapping import unwrapped, without_brackets
from curriculum.tasks.sources.symbench.parts.box_grid import Action, Grid, Square, grid_of, plan
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_COLOURS = ("blue", "red", "green", "purple", "orange", "yellow", "white", "black")
_POSITION = r"[\[(]\s*{}\s*,\s*{}\s*[\])]"
_CENTRE = r"(?P<{}>[0-9]{{1,3}}(?:\.[0-9]{{1,3}})?)"
_BROKEN_TEXT = re.compile(r"([\"'])\n\s*\1")  # pprint writes a long text as two
_ACTION = re.compile(
    r"[\"']?agent\s*"
    + _POSITION.format(_CENTRE.format("row"), _CENTRE.format("column"))
    + r"[\"']?\s*:\s*[\"']?move\(\s*box_(?P<colour>[a-z]{1,12})\s*,\s*(?:target_(?P<target>[a-z]{1,12})|square\s*"
    + _POSITION.format(_CENTRE.format("to_row"), _CENTRE.format("to_column"))
    + r")\s*\)[\"']?",
    re.IGNORECASE,
)
_STEP = re.compile(r"(?:step(?P<number>[0-9]{1,4})[:.)])?\{(?P<actions>@(?:,@)*),?\}[,;]?")
_RULES = """\
A field of {num_rows} x {num_columns} squares holds coloured boxes and coloured targets. square[r, c] is the square \
with its centre at r, c; in every square stands one agent, Agent[r, c].

{squares}

The work is done in steps. In one step every agent does at most one of these actions with one box that is in its own \
square when the step begins:
- move(box_COLOUR, square[r, c]): the box goes to square[r, c], which must lie in the field and share a side with the \
agent's square;
- move(box_COLOUR, target_COLOUR): the box is put on a target of the same colour in the agent's own square. Box and \
target are then gone.
All actions of a step happen at once. An action that is not possible makes the whole plan wrong. Boxes of one colour \
are alike.

Put every box on a target in at most {max_steps} steps.

Give the plan between <<< and >>> as a JSON list with one object for each step, in order, which maps the agents that \
act in it to their actions, in this form:
[{{"Agent[r, c]": "move(box_COLOUR, square[r, c])", "Agent[r, c]": "move(box_COLOUR, target_COLOUR)"}}, {{...}}]"""


class Boxnet:
    """Steps of actions that bring every box to a target."""

    name = "boxnet"
    capability: Capability = "spatial"
    levels: tuple[dict[str, Any], ...] = (
        {"num_rows": 1, "num_columns": 2, "num_colours": 3, "boxes_per_colour": 2, "spare_steps": 4},
        {"num_rows": 2, "num_columns": 2, "num_colours": 4, "boxes_per_colour": 3, "spare_steps": 4},
        {"num_rows": 2, "num_columns": 4, "num_colours": 5, "boxes_per_colour": 2, "spare_steps": 3},
        {"num_rows": 4, "num_columns": 4, "num_colours": 5, "boxes_per_colour": 3, "spare_steps": 2},
        {"num_rows": 5, "num_columns": 6, "num_colours": 6, "boxes_per_colour": 4, "spare_steps": 1},
    )

    def generate(
        self,
        rng: random.Random,
        *,
        num_rows: int = 2,
        num_columns: int = 4,
        num_colours: int = 5,
        boxes_per_colour: int = 2,
        spare_steps: int = 3,
    ) -> Item:
        """Boxes and targets in random squares.

        Args:
            rng: Source of all randomness.
            num_rows: Rows of the field.
            num_columns: Columns of the field.
            num_colours: Colours in use.
            boxes_per_colour: At most so many boxes of one colour, at least one.
            spare_steps: By how many steps the bound exceeds the length of our own plan.
        """
        require_between("num_rows", num_rows, 1, 8)
        require_between("num_columns", num_columns, 2, 8)
        require_between("num_colours", num_colours, 1, len(_COLOURS))
        require_between("boxes_per_colour", boxes_per_colour, 1, 6)
        require_between("spare_steps", spare_steps, 0, 100)
        squares = [(row, column) for row in range(num_rows) for column in range(num_columns)]
        cells: dict[Square, list[str]] = {square: [] for square in squares}
        for colour in rng.sample(_COLOURS, num_colours):
            for _ in range(rng.randint(1, boxes_per_colour)):
                cells[rng.choice(squares)].append(f"box_{colour}")
                cells[rng.choice(squares)].append(f"target_{colour}")
        return _item(cells, spare_steps)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether every action is legal, the steps are few enough, and no box is left."""
        steps = _steps(answer)
        if steps is None or len(steps) > facts["max_steps"]:
            return False
        grid: Grid | None = grid_of({_square_of(name): items for name, items in facts["cells"].items()})
        for step in steps:
            grid = grid.step(step) if grid is not None else None
        return grid is not None and grid.is_done()

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in a published row: key pg_dict. It bounds nothing: steps of one action each are enough here."""
        return _item({_square_of(name): list(items) for name, items in row["pg_dict"].items()}, None)


def _item(cells: dict[Square, list[str]], spare_steps: int | None) -> Item:
    steps = plan(grid_of(cells))
    max_steps = sum(map(len, steps)) if spare_steps is None else len(steps) + spare_steps
    contents = [f"{_name(square)}: {', '.join(items) or 'nothing'}" for square, items in cells.items()]
    question = _RULES.format(
        num_rows=1 + max(row for row, _ in cells),
        num_columns=1 + max(column for _, column in cells),
        squares="\n".join(contents),
        max_steps=max_steps,
    )
    written = [
        "{" + ", ".join(f'"Agent{_centre(action.agent)}": "{_move(action)}"' for action in step) + "}"
        for step in steps
    ]
    facts = {
        "cells": {f"{row + 0.5}_{column + 0.5}": items for (row, column), items in cells.items()},
        "max_steps": max_steps,
    }
    return Item(question=question, answer="[" + ",\n".join(written) + "]", facts=facts)


def _move(action: Action) -> str:
    goal = f"target_{action.colour}" if action.goal is None else _name(action.goal)
    return f"move(box_{action.colour}, {goal})"


def _name(square: Square) -> str:
    return f"square{_centre(square)}"


def _centre(square: Square) -> str:
    return f"[{square[0] + 0.5}, {square[1] + 0.5}]"


def _square_of(name: str) -> Square:
    row, _, column = name.partition("_")
    return int(float(row)), int(float(column))


def _steps(answer: str) -> list[list[Action]] | None:
    """The steps of a plan: objects in a list, one after another, or labelled `Step 1:` and so on."""
    text = _BROKEN_TEXT.sub("", unwrapped(answer)).replace("@", "?")
    actions = [_action(match) for match in _ACTION.finditer(text)]
    shape = re.sub(r"[\s\"'`*]|\\n", "", _ACTION.sub("@", text)).casefold()
    shape = without_brackets(shape) if shape.startswith(("[", "(")) else shape
    found = list(_STEP.finditer(shape))
    numbers = [step["number"] for step in found if step["number"]]
    is_whole = sum(len(step[0]) for step in found) == len(shape)
    if not found or not is_whole or (numbers and numbers != [str(n) for n in range(1, len(found) + 1)]):
        return None
    remaining = iter(actions)
    steps = [[next(remaining) for _ in range(step[0].count("@"))] for step in found]
    return [[action for action in step if action] for step in steps] if all(actions) else None


def _action(match: re.Match[str]) -> Action | None:
    """The action, None if its target has another colour than its box or a position is no centre of a square."""
    agent, goal = _from_centre(match["row"], match["column"]), None
    colour = match["colour"].lower()
    if match["target"]:
        return Action(agent, colour, None) if agent and match["target"].lower() == colour else None
    goal = _from_centre(match["to_row"], match["to_column"])
    return Action(agent, colour, goal) if agent and goal else None


def _from_centre(row: str, column: str) -> Square | None:
    halves = [float(text) - 0.5 for text in (row, column)]
    if any(half < 0 or half != int(half) for half in halves):
        return None
    return int(halves[0]), int(halves[1])


FAMILY = Boxnet()
