"""Ways in which Python's `print`, `repr`, `pprint`, `json` and numpy, or a table, write one and the same answer."""

import ast
import json
import pprint
import re
from typing import Any

import numpy as np

_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_SIGNS_BETWEEN = ("\u00d7", "\u2192")
_SIGNS_OF_FUTOSHIKI = re.compile(r"[<>\u2227\u2228]")
_ROW_TOKEN = re.compile(r"[^\s,]+")


_TEXTS = """
    bf bitwise_arithmetic caesar_cipher combinatorial_calculation complex_arithmetic countdown emoji_mystery game24
    intermediate_integration knights_knaves letter_jumble letters math_counting_and_probability math_geometry
    palindrome_generation polynomial_multiplication sentence_reordering simple_integration time_intervals
"""
TEXTS = frozenset(_TEXTS.split())
"""Families whose answer is one text: spaces and commas in it separate nothing."""
LINES = frozenset({"blocksworld", "boxlift", "tower_of_hanoi"})
"""Families whose answer is a list of lines."""


def layouts(family: str, reference: str) -> dict[str, str]:
    """A right answer in other layouts, by name."""
    found = _of_text(reference)
    if family in LINES:
        lines = reference.splitlines()
        return found | {
            "list of lines": repr(lines),
            "tuple of lines": repr(tuple(lines)),
            "json": json.dumps(lines),
            "json indent": json.dumps(lines, indent=2),
            "pprint": pprint.pformat(lines),
            "numbered": "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1)),
        }
    if family == "futoshiki":
        reference = "\n".join(filter(str.strip, _SIGNS_OF_FUTOSHIKI.sub(" ", reference).splitlines()))
    value = reference if family in TEXTS else _value(reference)
    if isinstance(value, (int, float)):
        found |= _of_number(value)
    elif isinstance(value, dict):
        found |= _of_dict(value)
    elif isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        found |= _of_rows(value)
    elif isinstance(value, list) and value:
        found |= _of_list(value)
    return found


def _value(text: str) -> Any:
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text) if re.search("[.eE]", text) else int(text)
    for reader in (json.loads, ast.literal_eval):
        try:
            return _as_lists(reader(text))
        except (ValueError, SyntaxError):
            continue
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        rows = [_ROW_TOKEN.findall(line) for line in lines]
        if all(len(row) == 1 for row in rows):
            return [list(line) for line in lines]
        return [[_scalar(cell) for cell in row] for row in rows]
    if re.fullmatch(r"-?[0-9]+ -?[0-9]+(?:, -?[0-9]+ -?[0-9]+)+", text):
        return [[int(part) for part in pair.split()] for pair in text.split(",")]
    parts = [part.strip() for part in text.split(",")] if "," in text else text.split()
    parts = [part for part in parts if part not in _SIGNS_BETWEEN]
    return [_scalar(part) for part in parts] if len(parts) > 1 and all(parts) else text


def _as_lists(value: Any) -> Any:
    return [_as_lists(part) for part in value] if isinstance(value, (list, tuple)) else value


def _scalar(text: str) -> Any:
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if re.search("[.eE]", text) else int(text)


def _of_text(text: str) -> dict[str, str]:
    return {
        "print": f"{text}\n",
        "repr": repr(text),
        "json text": json.dumps(text),
        "json text, utf-8": json.dumps(text, ensure_ascii=False),
        "pprint text": pprint.pformat(text),
        "fence": f"```\n{text}\n```",
        "fence with a language": f"```text\n{text}\n```",
    }


def _of_number(value: float) -> dict[str, str]:
    as_numpy = np.array(value)[()]
    return {
        "list of one": repr([value]),
        "tuple of one": repr((value,)),
        "numpy scalar": repr(as_numpy),
        "numpy scalar in a list": repr([as_numpy]),
        "numpy array": str(np.array([value])) if isinstance(value, int) else str([value]),
    }


def _of_dict(value: dict[Any, Any]) -> dict[str, str]:
    return {
        "dict": repr(value),
        "json": json.dumps(value),
        "json indent": json.dumps(value, indent=2),
        "pprint": pprint.pformat(value, width=20),
        "dict of whole numbers": repr({_scalar(str(key)): part for key, part in value.items()}),
        "dict of numpy": repr({key: np.int64(part) for key, part in value.items()}),
    }


def _of_list(value: list[Any]) -> dict[str, str]:
    texts = [str(part) for part in value]
    found = {
        "list": repr(value),
        "tuple": repr(tuple(value)),
        "json": json.dumps(value),
        "json indent": json.dumps(value, indent=2),
        "json tight": json.dumps(value, separators=(",", ":")),
        "pprint": pprint.pformat(value, width=20),
        "list of texts": repr(texts),
        "lines": "\n".join(texts),
        "commas": ", ".join(texts),
        "tight commas": ",".join(texts),
    }
    if not any(re.search(r"\s", text) for text in texts):
        found |= {"spaces": " ".join(texts), "tabs": "\t".join(texts)}
    return found | _of_array(value, texts)


def _of_rows(rows: list[list[Any]]) -> dict[str, str]:
    texts = [[str(cell) for cell in row] for row in rows]
    found = {
        "list": repr(rows),
        "list of tuples": repr([tuple(row) for row in rows]),
        "tuples": repr(tuple(tuple(row) for row in rows)),
        "json": json.dumps(rows),
        "json indent": json.dumps(rows, indent=2),
        "json tight": json.dumps(rows, separators=(",", ":")),
        "pprint": pprint.pformat(rows, width=20),
        "list per line": "\n".join(repr(row) for row in rows),
        "lists of texts": repr(texts),
    }
    if len({len(row) for row in rows}) > 1 or any(re.search(r"\s", cell) for row in texts for cell in row):
        return found
    for name, separator in (("spaces", " "), ("commas", ","), ("commas and spaces", ", "), ("tabs", "\t")):
        lines = [separator.join(row) for row in texts]
        found |= {name: "\n".join(lines), f"rows as texts, {name}": repr(lines)}
    rule = "|".join(["---"] * len(texts[0]))
    table = ["| " + " | ".join(row) + " |" for row in texts]
    found["table"] = "\n".join(table)
    found["table with a rule"] = "\n".join([table[0], f"|{rule}|", *table[1:]])
    return found | _of_array(rows, [cell for row in texts for cell in row])


def _of_array(value: list[Any], texts: list[str]) -> dict[str, str]:
    if len({type(part) for part in _leaves(value)}) > 1:
        return {}
    with np.printoptions(threshold=10_000):
        array = np.array(value)
        found = {"numpy repr": repr(array), "numpy items": repr(_numpy_items(array))}
        # numpy shortens decimals where it prints arrays, and repeats no separator for texts.
        if array.dtype.kind in "iU":
            found["numpy"] = str(array)
        return found if array.dtype.kind in "iU" else {}


def _numpy_items(array: Any) -> Any:
    return [_numpy_items(part) for part in array] if getattr(array, "ndim", 0) else array


def _leaves(value: Any) -> list[Any]:
    return [leaf for part in value for leaf in _leaves(part)] if isinstance(value, list) else [value]
