"""Straight paths among axis-parallel boxes: when a segment is in a box, and a planner that keeps clear of some."""

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

Point = tuple[Fraction, Fraction]
"""x and y."""


class Box(NamedTuple):
    """A closed rectangle: its edge belongs to it."""

    left: Fraction
    right: Fraction
    bottom: Fraction
    top: Fraction

    def holds(self, point: Point) -> bool:
        """Whether a point is in the box."""
        return self.left <= point[0] <= self.right and self.bottom <= point[1] <= self.top

    def grown(self, margin: Fraction) -> "Box":
        """The box with this margin around it."""
        return Box(self.left - margin, self.right + margin, self.bottom - margin, self.top + margin)


_SCALE = 1_000
_MARGIN = Fraction(1, 50)
_IntPoint = tuple[int, int]
_IntBox = tuple[int, int, int, int]


def time_inside(start: Point, end: Point, box: Box) -> tuple[Fraction, Fraction] | None:
    """From when to when (0 at the start, 1 at the end) a straight move is in a box; None if never."""
    first, last = Fraction(0), Fraction(1)
    for axis, (low, high) in enumerate(((box.left, box.right), (box.bottom, box.top))):
        origin, change = start[axis], end[axis] - start[axis]
        if change == 0:
            if not low <= origin <= high:
                return None
            continue
        times = sorted(((low - origin) / change, (high - origin) / change))
        first, last = max(first, times[0]), min(last, times[1])
    return (first, last) if first <= last else None


def enters(path: Sequence[Point], box: Box) -> bool:
    """Whether a path is ever in a box; touching its edge counts."""
    return any(time_inside(*segment, box) for segment in itertools.pairwise(path))


def enters_in_order(path: Sequence[Point], boxes: Iterable[Box]) -> bool:
    """Whether a path is in each box at some time, the times being in order."""
    at, now = 0, Fraction(0)
    for box in boxes:
        while True:
            if at >= len(path) - 1:
                return False
            inside = time_inside(path[at], path[at + 1], box)
            if inside and inside[1] >= now:
                now = max(now, inside[0])
                break
            at, now = at + 1, Fraction(0)
    return True


def clear_path(start: Point, end: Point, visits: Sequence[Box], avoided: Sequence[Box]) -> list[Point] | None:
    """A short path through some boxes in order that keeps clear of others; None if there is none.

    It turns only at points just off the corners of the avoided boxes and at nine points in each box to visit.
    """
    obstacles = [_scaled(box) for box in avoided]
    corners = [point for box in avoided for point in _corners(box.grown(_MARGIN))]
    turns = [point for point in corners if not _is_blocked(point, point, obstacles)]
    here = _int_point(start)
    path = [here]
    if _is_blocked(here, here, obstacles):
        return None
    for goals in (*map(_grid_in, visits), [_int_point(end)]):
        open_goals = [goal for goal in goals if not _is_blocked(goal, goal, obstacles)]
        leg = _shortest_leg(path[-1], open_goals, turns, obstacles)
        if leg is None:
            return None
        path += leg
    return [(Fraction(x, _SCALE), Fraction(y, _SCALE)) for x, y in path]


def _shortest_leg(
    start: _IntPoint, goals: Sequence[_IntPoint], turns: Sequence[_IntPoint], obstacles: Sequence[_IntBox]
) -> list[_IntPoint] | None:
    """Points after the start, the last of them the goal that is nearest on a clear way; None if none is in reach."""
    if start in goals:
        return []
    ahead = {node: min((math.dist(node, goal) for goal in goals), default=0.0) for node in (*turns, *goals)}
    came_from: dict[_IntPoint, _IntPoint] = {}
    queue = [(0.0, 0.0, start, start)]
    while queue:
        _, length, node, before = heapq.heappop(queue)
        if node in came_from or _is_blocked(
            before, node, obstacles
        ):  # tested late: most edges are never needed
            continue
        came_from[node] = before
        if node in goals:
            return _way_back(came_from, node)
        for other, rest in ahead.items():
            if other not in came_from:
                further = length + math.dist(node, other)
                heapq.heappush(queue, (further + rest, further, other, node))
    return None


def _way_back(came_from: dict[_IntPoint, _IntPoint], node: _IntPoint) -> list[_IntPoint]:
    way = []
    while came_from[node] != node:
        way.append(node)
        node = came_from[node]
    return way[::-1]


def _is_blocked(one: _IntPoint, other: _IntPoint, obstacles: Sequence[_IntBox]) -> bool:
    """Whether a segment meets a box: no axis, nor the normal of the segment, separates the two."""
    (ax, ay), (bx, by) = one, other
    low_x, high_x = (ax, bx) if ax < bx else (bx, ax)
    low_y, high_y = (ay, by) if ay < by else (by, ay)
    dx, dy = bx - ax, by - ay
    for left, right, bottom, top in obstacles:
        if high_x < left or low_x > right or high_y < bottom or low_y > top:
            continue
        sides = [dx * (y - ay) - dy * (x - ax) for x in (left, right) for y in (bottom, top)]
        if min(sides) <= 0 <= max(sides):
            return True
    return False


def _corners(box: Box) -> list[_IntPoint]:
    return [_int_point((x, y)) for x in (box.left, box.right) for y in (box.bottom, box.top)]


def _grid_in(box: Box) -> list[_IntPoint]:
    """Nine points well inside a box."""
    parts = (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10))
    return [
        _int_point((box.left + (box.right - box.left) * u, box.bottom + (box.top - box.bottom) * v))
        for u in parts
        for v in parts
    ]


def _int_point(point: Point) -> _IntPoint:
    return round(point[0] * _SCALE), round(point[1] * _SCALE)


def _scaled(box: Box) -> _IntBox:
    return (
        math.floor(box.left * _SCALE),
        math.ceil(box.right * _SCALE),
        math.floor(box.bottom * _SCALE),
        math.ceil(box.top * _SCALE),
    )
