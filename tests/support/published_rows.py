"""The items that SymBench's authors published, where they lie beside the project."""

import json
from typing import Any

import pytest
from source_files import ROOT

_FOLDER = ROOT.parent / "shared" / "data" / "symbench"


def published_rows(name: str) -> list[dict[str, Any]]:
    """The rows of a family's file; skips the test if it is not there."""
    file = _FOLDER / f"{name}.jsonl"
    if not file.is_file():
        pytest.skip(f"no published items at {file}")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
