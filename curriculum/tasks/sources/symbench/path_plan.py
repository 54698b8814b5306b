"""A robot's path of straight lines enters some coloured rooms, keeps out of others, and touches no wall.

The original looks only at edges that are crossed, so that a path which turns or lies inside a room does not enter it,
and ignores the order of the rooms. Ours computes exactly, whole rooms with their edges, and states and checks the
order.
"""

import random
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import cell_rows, number
from curriculum.tasks.sources.symbench.parts.room_layouts import MAX_ROOMS, layout
from curriculum.tasks.sources.symbench.parts.room_paths import Box, Point, clear_path, enters, enters_in_order
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_MAX_WAYPOINTS = 100
_NOISE = Fraction(1, 10**9)
_LARGEST = 10**30  # no honest coordinate is finer or larger; exact arithmetic stays fast
_RULES = """\
A robot drives in the plane along straight lines from waypoint to waypoint. Walls and rooms are rectangles given as \
(x_min, x_max, y_min, y_max); the edge of a rectangle belongs to it. The robot is in a room when any point of its \
path, on a line between two waypoints too, is in the rectangle, touching the edge included.

Walls:
{walls}
Rooms:
{rooms}

The path starts at {start} and ends at {end}. No point of it may be in a wall.
{orders}
Rooms that are not named in the orders may be entered or not.

Give the path between <<< and >>> as a list of at most {max_waypoints} waypoints, the start first and the end last, \
in the form [(x0, y0), (x1, y1), ...] with decimal numbers."""


class PathPlan:
    """A list of waypoints."""

    name = "path_plan"
    capability: Capability = "spatial"
    levels: tuple[dict[str, Any], ...] = (
        {"num_rooms": 4, "num_visits": 1, "num_avoided": 1, "num_inner_walls": 0},
        {"num_rooms": 6, "num_visits": 2, "num_avoided": 2, "num_inner_walls": 0},
        {"num_rooms": 7, "num_visits": 3, "num_avoided": 3, "num_inner_walls": 1},
        {"num_rooms": 8, "num_visits": 4, "num_avoided": 4, "num_inner_walls": 2},
        {"num_rooms": 10, "num_visits": 5, "num_avoided": 5, "num_inner_walls": 3},
    )

    def generate(
        self,
        rng: random.Random,
        *,
        num_rooms: int = 7,
        num_visits: int = 2,
        num_avoided: int = 2,
        num_inner_walls: int = 1,
    ) -> Item:
        """Rooms apart from each other, some to enter, in order or not, and some to avoid.

        Args:
            rng: Source of all randomness.
            num_rooms: Rooms.
            num_visits: Rooms to enter.
            num_avoided: Rooms to keep out of.
            num_inner_walls: Walls that stand free inside the outer ones.
        """
        require_between("num_rooms", num_rooms, 1, MAX_ROOMS)
        require_between("num_visits", num_visits, 1, num_rooms)
        require_between("num_avoided", num_avoided, 0, num_rooms - num_visits)
        require_between("num_inner_walls", num_inner_walls, 0, 4)
        plan = layout(rng, num_rooms, num_inner_walls)
        chosen = rng.sample(list(plan["rooms"]), num_visits + num_avoided)
        visit, avoid = chosen[:num_visits], chosen[num_visits:]
        return _item({**plan, "visit": visit, "avoid": avoid, "in_order": rng.random() < 0.5})

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the path leads from start to end through the rooms asked for and clear of walls and other rooms."""
        path = _path(answer)
        if path is None or not 2 <= len(path) <= _MAX_WAYPOINTS:
            return False
        ends = zip((path[0], path[-1]), (_point(facts["start"]), _point(facts["end"])), strict=True)
        if any(abs(a - b) > _NOISE for point, wanted in ends for a, b in zip(point, wanted, strict=True)):
            return False
        if any(enters(path, box) for box in _forbidden(facts)):
            return False
        boxes = [_box(facts["rooms"][colour]) for colour in facts["visit"]]
        return enters_in_order(path, boxes) if facts["in_order"] else all(enters(path, box) for box in boxes)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in a published row: keys walls, boxes, start, end and instruction.

        `Navigate into ... and go to ...` names rooms in order; `visit` and `at some point` leave the order open.
        """
        wanted, _, unwanted = re.sub(r"never enter|not enter", "|", str(row["instruction"])).partition("|")
        visit, avoid = (
            [c for c in re.findall(r"[a-z]+", text.lower()) if c in row["boxes"]]
            for text in (wanted, unwanted)
        )
        if "all the other" in unwanted:
            avoid = [colour for colour in row["boxes"] if colour not in visit]
        keys = {"walls": row["walls"], "rooms": row["boxes"], "start": row["start"], "end": row["end"]}
        in_order = wanted.lower().startswith("navigate")
        return _item({**keys, "visit": visit, "avoid": avoid, "in_order": in_order}, str(row["instruction"]))


def _item(facts: dict[str, Any], instruction: str = "") -> Item:
    rooms = facts["rooms"]
    boxes = [_box(rooms[colour]) for colour in facts["visit"]]
    path = clear_path(_point(facts["start"]), _point(facts["end"]), boxes, _forbidden(facts))
    if path is None:
        raise ValueError(
            "rule 'the rooms can be entered without touching a wall or an avoided room' is broken: no path"
        )
    question = _RULES.format(
        walls="\n".join(str(tuple(wall)) for wall in facts["walls"]),
        rooms="\n".join(f"{colour}: {tuple(box)}" for colour, box in rooms.items()),
        start=tuple(facts["start"]),
        end=tuple(facts["end"]),
        orders="\n".join(
            ([f"Its instruction: {instruction!r} This means:"] if instruction else []) + _orders(facts)
        ),
        max_waypoints=_MAX_WAYPOINTS,
    )
    return Item(question=question, answer=f"[{', '.join(map(_written, path))}]", facts=facts)


def _orders(facts: dict[str, Any]) -> list[str]:
    visit, avoid = facts["visit"], facts["avoid"]
    if len(visit) == 1:
        orders = [f"Enter the {visit[0]} room."]
    elif facts["in_order"]:
        orders = [
            f"Enter these rooms in this order: {', '.join(visit)}. That is, the path must hold a point in each of "
            "them, and along the path these points must come in this order; entering a room once more at another time "
            "is allowed."
        ]
    else:
        orders = [f"Enter all of these rooms, in any order: {', '.join(visit)}."]
    return [*orders, f"Never enter any of these rooms: {', '.join(avoid)}."] if avoid else orders


def _forbidden(facts: dict[str, Any]) -> list[Box]:
    return [_box(wall) for wall in facts["walls"]] + [
        _box(facts["rooms"][colour]) for colour in facts["avoid"]
    ]


def _box(numbers: Sequence[float]) -> Box:
    return Box(*(Fraction(str(value)) for value in numbers))


def _point(numbers: Sequence[float]) -> Point:
    return Fraction(str(numbers[0])), Fraction(str(numbers[1]))


def _written(point: Point) -> str:
    return f"({float(point[0])}, {float(point[1])})"


def _path(answer: str) -> list[Point] | None:
    rows = cell_rows(answer, 2)
    if rows is None or len(rows) > _MAX_WAYPOINTS:
        return None
    path = [(_coordinate(x), _coordinate(y)) for x, y in rows]
    found = [(x, y) for x, y in path if x is not None and y is not None]
    return found if len(found) == len(path) else None


def _coordinate(text: str) -> Fraction | None:
    value = number(text)
    return value if value is not None and abs(value) <= _LARGEST and value.denominator <= _LARGEST else None


FAMILY = PathPlan()
