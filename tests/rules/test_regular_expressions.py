"""Python before 3.11.5 gets possessive quantifiers and atomic groups wrong (gh-101955): Debian 12 has 3.11.2."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from source_files import FOLDERS, ROOT, python_files

_FUNCTIONS = {"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
_NEWER = {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}
FILES = [
    path for path in python_files(*FOLDERS, "benchmarks", "examples") if "re." in (ROOT / path).read_text()
]


def _patterns(text: str) -> Iterator[str]:
    """Patterns that stand as they are in calls to `re`."""
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in _FUNCTIONS
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield node.args[0].value


def _names(parsed: Any) -> Iterator[str]:
    if isinstance(parsed, re._parser.SubPattern):
        for code, argument in parsed:
            yield str(code)
            yield from _names(argument)
    elif isinstance(parsed, list | tuple):
        for part in parsed:
            yield from _names(part)


def newer_parts(pattern: str) -> set[str]:
    return _NEWER & set(_names(re._parser.parse(pattern)))


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_pattern_needs_what_older_pythons_get_wrong(path: Any) -> None:
    assert {p: parts for p in _patterns((ROOT / path).read_text()) if (parts := newer_parts(p))} == {}


def test_both_are_found_wherever_they_stand() -> None:
    assert newer_parts(r"a(?:b|c++)") == {"POSSESSIVE_REPEAT"}
    assert newer_parts(r"(x{3,}+)?") == {"POSSESSIVE_REPEAT"}
    assert newer_parts(r"[-*+]+(?>b)") == {"ATOMIC_GROUP"}
    assert newer_parts(r"[*+]+a*?b+?\++") == set()
