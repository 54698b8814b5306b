"""Random floor plans: an outer wall, free-standing inner walls and rooms, all apart: every point is in reach."""

import random
from typing import Any

_WARM = ("red", "yellow", "pink", "orange", "brown", "white")
_COLD = ("blue", "green", "purple", "grey", "black", "silver")
_COLOURS = _WARM + _COLD
MAX_ROOMS = len(_COLOURS)

_GAP = 3
_THICKNESS = 2
_MAX_TRIES = 400
_MAX_PLANS = 50
_Rectangle = tuple[int, int, int, int]
"""Left, right, bottom, top in tenths."""


def layout(rng: random.Random, num_rooms: int, num_inner_walls: int) -> dict[str, Any]:
    """Walls, rooms by colour, start and end; every number has one decimal."""
    for _ in range(_MAX_PLANS):
        side = 26 + 3 * (num_rooms + 2 * num_inner_walls)
        width, height = (side + rng.randint(0, 12) for _ in range(2))
        left, bottom = (rng.randint(-60, 20) for _ in range(2))
        area = (left, left + width, bottom, bottom + height)
        placed: list[_Rectangle] = []
        for number in range(num_inner_walls + num_rooms + 2):
            kind = (
                "wall"
                if number < num_inner_walls
                else "room"
                if number < num_inner_walls + num_rooms
                else "point"
            )
            rectangle = _placed(rng, area, placed, kind)
            if rectangle is None:
                break
            placed.append(rectangle)
        else:
            return _described(rng, area, placed, num_inner_walls)
    raise RuntimeError(
        f"no room for {num_rooms} rooms and {num_inner_walls} inner walls in {_MAX_PLANS} plans"
    )


def _placed(rng: random.Random, area: _Rectangle, placed: list[_Rectangle], kind: str) -> _Rectangle | None:
    """A rectangle at a distance from the outer wall and from all others; None if no try found one."""
    for _ in range(_MAX_TRIES):
        if kind == "wall":
            sides = rng.sample((1, rng.randint(8, 20)), 2)
        else:
            sides = [rng.randint(3, 10), rng.randint(3, 10)] if kind == "room" else [0, 0]
        x = rng.randint(area[0] + _GAP, area[1] - _GAP - sides[0])
        y = rng.randint(area[2] + _GAP, area[3] - _GAP - sides[1])
        candidate = (x, x + sides[0], y, y + sides[1])
        if all(_are_apart(candidate, other) for other in placed):
            return candidate
    return None


def _are_apart(one: _Rectangle, other: _Rectangle) -> bool:
    return (
        one[0] - other[1] >= _GAP
        or other[0] - one[1] >= _GAP
        or one[2] - other[3] >= _GAP
        or other[2] - one[3] >= _GAP
    )


def _described(
    rng: random.Random, area: _Rectangle, placed: list[_Rectangle], num_inner_walls: int
) -> dict[str, Any]:
    left, right, bottom, top = area
    outer = [
        (left - _THICKNESS, left, bottom - _THICKNESS, top + _THICKNESS),
        (right, right + _THICKNESS, bottom - _THICKNESS, top + _THICKNESS),
        (left - _THICKNESS, right + _THICKNESS, bottom - _THICKNESS, bottom),
        (left - _THICKNESS, right + _THICKNESS, top, top + _THICKNESS),
    ]
    start, end = placed[-2:]
    rooms = placed[num_inner_walls:-2]
    return {
        "walls": [_in_units(wall) for wall in (*outer, *placed[:num_inner_walls])],
        "rooms": dict(zip(rng.sample(_COLOURS, len(rooms)), map(_in_units, rooms), strict=True)),
        "start": [start[0] / 10, start[2] / 10],
        "end": [end[0] / 10, end[2] / 10],
    }


def _in_units(rectangle: _Rectangle) -> list[float]:
    return [value / 10 for value in rectangle]
