"""Plans for lifters that lift boxes together, a step at a time."""

from collections.abc import Sequence
from typing import NamedTuple


class Lift(NamedTuple):
    """One box and the lifters, by index, that lift it."""

    weight: int
    lifters: tuple[int, ...]


def greedy_plan(boxes: Sequence[int], lifters: Sequence[int]) -> list[list[Lift]]:
    """Every box in some step: the heaviest that can still be lifted, each by the free lifters that waste least.

    Raises:
        ValueError: If all lifters together cannot lift the heaviest box.
    """
    if max(boxes) > sum(lifters):
        raise ValueError(
            f"rule 'every box can be lifted' is broken: the heaviest weighs {max(boxes)}, "
            f"all lifters together lift {sum(lifters)}"
        )
    teams = _teams(lifters)
    remaining = sorted(boxes, reverse=True)
    steps: list[list[Lift]] = []
    while remaining:
        step, left, free = [], [], (1 << len(lifters)) - 1
        for weight in remaining:
            team = next((mask for power, mask in teams if power >= weight and not mask & ~free), 0)
            if team:
                step.append(Lift(weight, tuple(n for n in range(len(lifters)) if team >> n & 1)))
                free &= ~team
            else:
                left.append(weight)
        steps.append(step)
        remaining = left
    return steps


def lifts_everything(boxes: Sequence[int], lifters: Sequence[int], steps: Sequence[Sequence[Lift]]) -> bool:
    """Whether every box is lifted once, each lifter works at most once a step, and each team is strong enough."""
    remaining = list(boxes)
    for step in steps:
        used = [lifter for lift in step for lifter in lift.lifters]
        if len(set(used)) != len(used) or any(not 0 <= lifter < len(lifters) for lifter in used):
            return False
        for lift in step:
            if lift.weight not in remaining or sum(lifters[n] for n in lift.lifters) < lift.weight:
                return False
            remaining.remove(lift.weight)
    return not remaining


def _teams(lifters: Sequence[int]) -> list[tuple[int, int]]:
    """Power and bit mask of every team, the weakest first; of equal ones, the smallest first."""
    masks = range(1, 1 << len(lifters))
    teams = [(sum(power for n, power in enumerate(lifters) if mask >> n & 1), mask) for mask in masks]
    return sorted(teams, key=lambda team: (team[0], team[1].bit_count(), team[1]))
