"""The run's report and summary: `build_report(folder)` writes both."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driver.report.build import build_report
    from driver.report.summary import build_summary

__all__ = ["build_report", "build_summary"]

_HOMES = {"build_report": "driver.report.build", "build_summary": "driver.report.summary"}


def __getattr__(name: str) -> Any:
    # Who takes an interval from this folder need not wait for matplotlib.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
