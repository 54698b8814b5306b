"""Rules that read an answer in whatever layout and ask the package's own rule in the one layout that it knows.

The package wants JSON, one spacing or one separator; a right answer that Python printed otherwise was worth a part.
Each rule takes the item and an answer, and may raise anything on junk.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from curriculum.tasks.normalisers import cell_rows, items, lines, lists, mapping
from curriculum.tasks.normalisers.sequences import without_inner_and
from curriculum.tasks.normalisers.wrapping import unwrapped
from curriculum.tasks.sources.reasoning_gym.verifiers import Rule, by_package

_JUG_MOVE = re.compile(r"(?:fill|empty) [A-Z]|pour (?P<start>[A-Z]) ?(?:->|\u2192) ?(?P<end>[A-Z])")
_CUBE_MOVE = re.compile(r"[A-Za-z]'?[0-9]?")
_DIRECTIONS = frozenset({"up", "down", "left", "right"})
_SIGNS_BETWEEN_CELLS = re.compile(r"[<>\u2227\u2228^v]")
_TIMES = re.compile(r"\\times|\\cdot|[\u00d7\u00b7\u22c5x*]")
_FACTOR = re.compile(r"(?P<prime>[0-9]{1,9})(?:(?:\^|\*\*)\{?(?P<power>[0-9]{1,2})\}?)?")
_MAX_FACTORS = 64


def _relaid(dataset: str, layout: Callable[[str], str | None]) -> Rule:
    """The package's rule on the answer as `layout` writes it; wrong where that finds no such answer."""

    def rule(item: dict[str, Any], answer: str) -> bool:
        text = layout(answer)
        return text is not None and by_package(dataset)(item, text)

    return rule


def _nested_json(answer: str) -> str | None:
    """Lists of texts as JSON, for group_anagrams and palindrome_partitioning."""
    found = lists(answer)
    return None if found is None else json.dumps(found)


def _jug_moves(answer: str) -> str | None:
    """Moves as a JSON list, for jugs."""
    parts = [part.strip() for line in lines(answer) for part in re.split("[,;]", line)]
    moves = [match for part in parts if (match := _JUG_MOVE.fullmatch(part))]
    texts = [f"pour {move['start']}->{move['end']}" if move["start"] else move[0] for move in moves]
    return json.dumps(texts) if texts and len(texts) == len(parts) else None


def _colours(answer: str) -> str | None:
    """Vertices and colours as a JSON map, for graph_color."""
    found = mapping(answer)
    return None if found is None else json.dumps({vertex: int(colour) for vertex, colour in found.items()})


def _letter_values(answer: str) -> str | None:
    """`A=1,B=2`, for cryptarithm: the package keeps the last of two digits for one letter."""
    found = mapping(answer)
    return None if found is None else ",".join(f"{letter}={int(digit)}" for letter, digit in found.items())


def _given_letters_only(item: dict[str, Any], answer: str) -> bool:
    found = mapping(answer) or {}
    return len(found) == len(item["metadata"]["letters"]) and _relaid("cryptarithm", _letter_values)(
        item, answer
    )


def _words(
    separator: str, pattern: str = r"\S+", *, case: Callable[[str], str] = str
) -> Callable[[str], str | None]:
    """The elements of a list joined by a separator, each of which must match."""

    def layout(answer: str) -> str | None:
        found = without_inner_and(items(answer) or [])
        fits = found and all(re.fullmatch(pattern, part) for part in found)
        return separator.join(map(case, found)) if fits else None

    return layout


def _letters(alphabet: str, separator: str) -> Callable[[str], str | None]:
    """Single letters, joined already or elements of a list."""

    def layout(answer: str) -> str | None:
        text = unwrapped(answer)
        found = list(text) if re.fullmatch(f"[{alphabet}]+", text) else items(text) or []
        return (
            separator.join(found)
            if found and all(re.fullmatch(f"[{alphabet}]", part) for part in found)
            else None
        )

    return layout


def _path(answer: str) -> str | None:
    """Directions apart by a space, for shortest_path; there may be no path."""
    words = without_inner_and(items(answer) or [])
    return " ".join(words) if words == ["infeasible"] or (words and _DIRECTIONS.issuperset(words)) else None


def _cube_moves(answer: str) -> str | None:
    """Moves apart by a space, for rubiks_cube; an apostrophe may end the text and is no quote."""
    plain = answer.strip()
    for text in (plain, unwrapped(plain)):
        parts = text.split() if not re.search(r"[\[(,]", text) else items(text) or []
        if parts and all(_CUBE_MOVE.fullmatch(part) for part in parts):
            return " ".join(parts)
    return None


def _factors(answer: str) -> str | None:
    """Factors with a sign between them, for prime_factorization; powers are written out."""
    text = _TIMES.sub(",", unwrapped(answer).replace("**", "^"))
    parts = [_FACTOR.fullmatch(part.strip()) for part in items(text) or ()]
    found = [part for part in parts if part]
    factors = [match["prime"] for match in found for _ in range(int(match["power"] or 1))]
    if not factors or len(found) != len(parts) or len(factors) > _MAX_FACTORS:
        return None
    return " \u00d7 ".join(factors)


def _factorised(item: dict[str, Any], answer: str) -> bool:
    """prime_factorization: the number itself may stand before the factors, `12 = 2 * 2 * 3`."""
    left, _, right = unwrapped(answer).rpartition("=")
    is_itself = not left or left.strip() == str(item["metadata"]["number"])
    return is_itself and _relaid("prime_factorization", _factors)(item, right)


def _solved_grid(item: dict[str, Any], answer: str) -> bool:
    """mini_sudoku, futoshiki: the cells of the solution; signs between them may be there or not.

    The package takes off a tenth for any other layout, so that a right grid without its signs was wrong.
    """
    solution = [[str(cell) for cell in row] for row in item["metadata"]["solution"]]
    rows = [_SIGNS_BETWEEN_CELLS.sub(" ", line) for line in unwrapped(answer).splitlines()]
    return cell_rows("\n".join(row for row in rows if row.strip()), len(solution)) == solution


RELAID: dict[str, Rule] = {
    "cryptarithm": _given_letters_only,
    "futoshiki": _solved_grid,
    "graph_color": _relaid("graph_color", _colours),
    "group_anagrams": _relaid("group_anagrams", _nested_json),
    "jugs": _relaid("jugs", _jug_moves),
    "mini_sudoku": _solved_grid,
    "palindrome_partitioning": _relaid("palindrome_partitioning", _nested_json),
    "prime_factorization": _factorised,
    "quantum_lock": _relaid("quantum_lock", _letters("A-Ca-c", " ")),
    "rubiks_cube": _relaid("rubiks_cube", _cube_moves),
    "shortest_path": _relaid("shortest_path", _path),
    "sokoban": _relaid("sokoban", _letters("LRUD", "")),
    "word_ladder": _relaid("word_ladder", _words(",", "[A-Za-z]+", case=str.upper)),
}
"""Rules by dataset."""
