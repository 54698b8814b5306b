"""Right answers, found by search, for Reasoning Gym families that store none."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Truth = Callable[[dict[str, bool]], bool]
_WAYS: dict[str, Callable[[bool, bool], bool]] = {
    "\u2228": lambda a, b: a or b,
    "\u2227": lambda a, b: a and b,
    "\u2192": lambda a, b: not a or b,
    "\u2194": lambda a, b: a == b,
}


def colours(metadata: dict[str, Any]) -> dict[str, int]:
    """A proper colouring, by trying the colours vertex by vertex."""
    puzzle = metadata["puzzle"]
    vertices, edges = puzzle["vertices"], [tuple(edge) for edge in puzzle["edges"]]

    def completed(chosen: dict[int, int]) -> dict[int, int] | None:
        if len(chosen) == len(vertices):
            return chosen
        vertex = vertices[len(chosen)]
        taken = {chosen.get(a if b == vertex else b) for a, b in edges if vertex in (a, b)}
        tries = (completed({**chosen, vertex: c}) for c in puzzle["color_options"] if c not in taken)
        return next((found for found in tries if found), None)

    return {str(vertex): colour for vertex, colour in (completed({}) or {}).items()}


def coloured_neighbours_alike(metadata: dict[str, Any]) -> str:
    """A colouring that is wrong on one edge."""
    found = colours(metadata)
    one, other = metadata["puzzle"]["edges"][0]
    return json.dumps({**found, str(one): found[str(other)]})


def unscrambled(metadata: dict[str, Any]) -> str:
    """The scramble's moves backwards, each turned the other way."""
    moves = metadata["scramble_moves"].split()
    return " ".join(move[:-1] if move.endswith("'") else f"{move}'" for move in reversed(moves))


def conclusions(metadata: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Formulas of one or two variables that are no tautology, and whether they follow from the premises."""
    names = metadata["variables"]
    worlds = [
        dict(zip(names, values, strict=True))
        for values in itertools.product((True, False), repeat=len(names))
    ]
    premises = [_truth(text) for text in metadata["premises"]]
    possible = [world for world in worlds if all(premise(world) for premise in premises)]
    literals = [*names, *(f"\u00ac{name}" for name in names)]
    pairs = (f"({a} {way} {b})" for a, b in itertools.combinations(literals, 2) for way in _WAYS)
    for text in (*literals, *pairs):
        truth = _truth(text)
        if not all(truth(world) for world in worlds):
            yield text, all(truth(world) for world in possible)


def variables_in(text: str) -> set[str]:
    """Names of a formula's variables."""
    return set(re.findall("[A-Z]", text))


def implies(one: str, other: str) -> bool:
    """Whether a formula is true wherever another one is."""
    names = sorted(variables_in(one) | variables_in(other))
    worlds = (
        dict(zip(names, values, strict=True))
        for values in itertools.product((True, False), repeat=len(names))
    )
    return all(_truth(other)(world) for world in worlds if _truth(one)(world))


def _truth(text: str) -> Truth:
    signs = re.findall(r"[A-Z()\u00ac]|[\u2228\u2227\u2192\u2194]", text)

    def read() -> Truth:
        sign = signs.pop(0)
        if sign == "\u00ac":
            inner = read()
            return lambda world: not inner(world)
        if sign != "(":
            return lambda world: world[sign]
        left, way, right = read(), _WAYS[signs.pop(0)], read()
        signs.pop(0)
        return lambda world: way(left(world), right(world))

    return read()
