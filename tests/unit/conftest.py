"""Unit tests build ordinary classes; one that starts Ray fails."""

import importlib
from typing import Any, NoReturn

import pytest


@pytest.fixture(autouse=True)
def _ray_is_never_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> NoReturn:
        pytest.fail("a unit test started Ray: build the class directly, or move the test to tests/ray")

    # By name: only the two homes of Ray and tests/ray may import it.
    monkeypatch.setattr(importlib.import_module("ray"), "init", refused)
