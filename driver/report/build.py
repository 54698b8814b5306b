"""Writes `report.html`: one file that needs nothing else, no script, no network. Works on a run of any length."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from driver.outputs.run_folder import write_whole
from driver.report import tables
from driver.report.behaviour import behaviours
from driver.report.evaluation import POLICIES
from driver.report.floors import shortened
from driver.report.paper import main_table
from driver.report.paper.figures import CAPTIONS
from driver.report.paper.numbers import PAPER_ROWS
from driver.report.plots import page_figures, write_plots
from driver.report.run_data import RunData, read_run
from driver.report.samples import sample_rollouts
from driver.report.summary import write_summary

FILE_NAME = "report.html"


def build_report(run_folder: Path, versions: Mapping[str, str] | None = None) -> Path:
    """Write the summary, `plots/learning.png` and `report.html` of the run in `run_folder`.

    Args:
        run_folder: a run, finished or not.
        versions: what the run used; see `build_summary`.

    Returns:
        The path of `report.html`.
    """
    data = read_run(run_folder)
    table = main_table.source_table(data)
    summary = write_summary(data, versions, table)
    write_plots(data)
    last_policy = next((p for p in reversed(POLICIES) if data.evaluation.get(p)), POLICIES[0])
    page = (
        _environment()
        .get_template("template.html.j2")
        .render(
            data=data,
            summary=summary,
            policies=POLICIES,
            labels=tables.LABELS,
            cards=[
                ("All items", summary["accuracy"], tables.verdicts(summary["gain"])),
                (
                    "New items of the trained families",
                    summary["accuracy_trained_families"],
                    tables.verdicts(summary["gain_trained_families"]),
                ),
                (
                    "Families never trained on",
                    summary["accuracy_held_out"],
                    tables.verdicts(summary["gain_held_out"]),
                ),
            ],
            **_of_the_paper(data, summary, table),
            behaviour_rows=tables.behaviour_rows(behaviours(data)),
            last_policy=last_policy,
            below=summary["below_floor"].get(last_policy, []),
            shortened=shortened,
            has_verdicts=bool(tables.verdicts(summary["gain"])),
            figures={name: Markup(text) for name, text in page_figures(data).items()},
            family_rows=tables.family_rows(data),
            stage_rows=tables.stage_rows(data),
            trace_rows=tables.trace_rows(data),
            execution_rows=tables.execution_rows(data),
            end_rows=tables.end_rows(data),
            wall_rows=tables.wall_rows(summary["wall_s"]),
            step_rows=tables.step_rows(data),
            samples=sample_rollouts(run_folder),
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        )
    )
    path = Path(run_folder) / FILE_NAME
    write_whole(path, page)
    return path


def _of_the_paper(data: RunData, summary: Mapping[str, Any], table: main_table.SourceTable) -> dict[str, Any]:
    """What the sections on the paper's table and figures show."""
    return {
        "captions": CAPTIONS,
        "parts": table.parts,
        "source_names": main_table.SOURCE_NAMES,
        "source_rows": table.accuracies,
        "source_gain_rows": table.gains,
        "differences": main_table.differences(data),
        "paper_parts": sorted({part for row in PAPER_ROWS for part in row.accuracy}, key=main_table.order),
        "paper_rows": PAPER_ROWS,
        "agent_pass_at_k": [
            (agent, policy, values)
            for agent, of in summary["agents"].items()
            for policy, values in of["pass_at_k"].items()
            if agent != data.agent
        ],
    }


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"share": tables.share, "points": tables.points, "readable": _readable}
    return environment


def _readable(text: str) -> str:
    """Without control characters, which a guest may print and which HTML does not allow."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", str(text))
