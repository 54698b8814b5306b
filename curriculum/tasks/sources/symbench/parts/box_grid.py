"""A grid whose squares hold coloured boxes and targets: the effect of a step of actions, and plans."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Square = tuple[int, int]
"""Row and column, from 0."""


class Action(NamedTuple):
    """The agent of a square moves one of its boxes to a square next to it, or onto a target in its own square."""

    agent: Square
    colour: str
    goal: Square | None
    """None for the target in the agent's own square."""


class Grid(NamedTuple):
    """Colours of the boxes and of the targets in each square."""

    boxes: dict[Square, Counter[str]]
    targets: dict[Square, Counter[str]]

    def is_done(self) -> bool:
        """Whether no box is left."""
        return not any(counts.total() for counts in self.boxes.values())

    def step(self, actions: Sequence[Action]) -> "Grid | None":
        """The grid after all actions at once; None if one is not legal or an agent acts twice."""
        after = Grid(*({square: counts.copy() for square, counts in part.items()} for part in self))
        if len({action.agent for action in actions}) < len(actions):
            return None
        for agent, colour, goal in actions:
            if agent not in self.boxes or not self.boxes[agent][colour]:
                return None
            after.boxes[agent][colour] -= 1
            if goal is None:
                if not self.targets[agent][colour]:
                    return None
                after.targets[agent][colour] -= 1
            else:
                if goal not in self.boxes or distance(agent, goal) != 1:
                    return None
                after.boxes[goal][colour] += 1
        return after


def grid_of(cells: Mapping[Square, Sequence[str]]) -> Grid:
    """The grid with these items, each written `box_red` or `target_red`."""
    boxes, targets = (
        {
            square: Counter(item.removeprefix(prefix) for item in items if item.startswith(prefix))
            for square, items in cells.items()
        }
        for prefix in ("box_", "target_")
    )
    return Grid(boxes, targets)


def distance(one: Square, other: Square) -> int:
    """Moves from one square to another."""
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def plan(grid: Grid) -> list[list[Action]]:
    """Steps that bring every box to a target: near pairs first, and in each square the box with the longest way.

    Raises:
        ValueError: If a colour has not as many boxes as targets.
    """
    ways = _paired(grid)
    steps: list[list[Action]] = []
    while ways:
        step: list[Action] = []
        later: list[tuple[str, Square, Square]] = []
        acted: set[Square] = set()
        for colour, square, target in sorted(ways, key=lambda way: -distance(way[1], way[2])):
            if square in acted:
                later.append((colour, square, target))
                continue
            acted.add(square)
            if square == target:
                step.append(Action(square, colour, None))
            else:
                following = _nearer(square, target)
                step.append(Action(square, colour, following))
                later.append((colour, following, target))
        steps.append(step)
        ways = later
    return steps


def _paired(grid: Grid) -> list[tuple[str, Square, Square]]:
    """Colour, square and target of every box."""
    ways = []
    for colour in sorted(
        {colour for counts in (*grid.boxes.values(), *grid.targets.values()) for colour in counts}
    ):
        boxes = [square for square, counts in grid.boxes.items() for _ in range(counts[colour])]
        targets = [square for square, counts in grid.targets.items() for _ in range(counts[colour])]
        if len(boxes) != len(targets):
            raise ValueError(
                f"rule 'as many boxes as targets of each colour' is broken: {len(boxes)} boxes and "
                f"{len(targets)} targets are {colour}"
            )
        while boxes:
            box, target = min(((b, t) for b in boxes for t in targets), key=lambda pair: distance(*pair))
            boxes.remove(box)
            targets.remove(target)
            ways.append((colour, box, target))
    return ways


def _nearer(square: Square, target: Square) -> Square:
    row, column = square
    if row != target[0]:
        return row + (1 if target[0] > row else -1), column
    return row, column + (1 if target[1] > column else -1)
