"""The run's report and summary: `build_report(folder)` writes both."""

from driver.report.build import build_report
from driver.report.summary import build_summary

__all__ = ["build_report", "build_summary"]
