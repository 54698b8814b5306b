"""Nothing grows beyond what can be read at one go."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_files import FOLDERS, ROOT, python_files, tree

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_FLAT_FILES = 15
ONE_FILE_PER_FAMILY = {
    Path("curriculum/tasks/sources/symbench"),
    Path("curriculum/tasks/sources/symbench/parts"),
    Path("tests/unit/curriculum/tasks/sources/symbench"),
}
FILES = python_files(*FOLDERS, "tests", "benchmarks")


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _code_lines(path: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring, comments and empty lines."""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = set(range(first.lineno, (first.end_lineno or 0) + 1)) if documented else set()
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    numbers = set(range(function.lineno, (function.end_lineno or 0) + 1)) - docstring
    return sum(bool(lines[n - 1].strip()) and not lines[n - 1].lstrip().startswith("#") for n in numbers)


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {str(p): len((ROOT / p).read_text(encoding="utf-8").splitlines()) for p in FILES}
    assert {path: length for path, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    lengths = {f"{p}:{f.name}": _code_lines(p, f) for p in FILES for f in _functions(p)}
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_no_folder_has_more_than_15_flat_files() -> None:
    counts = Counter(
        p.parent for p in FILES if p.name != "__init__.py" and p.parent not in ONE_FILE_PER_FAMILY
    )
    assert {str(folder): count for folder, count in counts.items() if count > MAX_FLAT_FILES} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_module_says_what_it_is_for(folder: str) -> None:
    assert [str(p) for p in python_files(folder) if not ast.get_docstring(tree(p))] == []


def test_sources_are_plain_ascii() -> None:
    assert [str(p) for p in python_files(*FOLDERS) if not (ROOT / p).read_bytes().isascii()] == []


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager"])
def test_no_file_is_named_after_nothing(name: str) -> None:
    assert [str(p) for p in python_files(*FOLDERS) if p.stem == name or p.stem.endswith(f"_{name}")] == []
