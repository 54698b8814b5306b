"""The dashboard and the table that it is made from."""

import json
import re
from typing import Any

from source_files import ROOT

from actors.handles.series import BY_NAME, SERIES
from driver.monitoring.dashboard import dashboard_text

FILE = ROOT / "deploy" / "grafana" / "r1ci.json"
BOARD = json.loads(dashboard_text())
NAME = re.compile(r"\bray_r1ci_(\w+)")


def drawn() -> list[dict[str, Any]]:
    return [panel for panel in BOARD["panels"] if panel["type"] != "row"]


def test_the_committed_dashboard_is_what_the_table_gives() -> None:
    assert FILE.read_text() == dashboard_text(), "run `make dashboard`"


def test_every_series_of_the_table_is_drawn_once_and_nothing_else_is() -> None:
    named = [NAME.findall(target["expr"]) for panel in drawn() for target in panel["targets"]]
    assert sorted(name for names in named for name in names) == sorted(BY_NAME)


def test_every_panel_asks_for_the_run_that_was_chosen_and_says_what_it_shows() -> None:
    for panel in drawn():
        assert panel["description"].strip(". ")
        assert all('{run=~"$run"}' in target["expr"] for target in panel["targets"])
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_the_variables_are_a_data_source_and_the_runs_that_there_are() -> None:
    source, run = BOARD["templating"]["list"]
    assert (source["name"], source["query"]) == ("datasource", "prometheus")
    assert (run["name"], run["query"]) == ("run", "label_values(ray_r1ci_phase_active, run)")
    assert {panel["datasource"]["uid"] for panel in drawn()} == {"${datasource}"}


def test_no_two_panels_have_a_number_or_a_place_in_common() -> None:
    numbers = [panel["id"] for panel in BOARD["panels"]]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in BOARD["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in BOARD["panels"])


def test_a_line_is_named_by_the_labels_that_tell_it_from_the_others() -> None:
    legends = {target["refId"]: target["legendFormat"] for panel in drawn() for target in panel["targets"]}
    assert legends["busy_share"] == "{{run}} {{role}} {{phase}}"
    assert legends["executions"] == "{{run}} {{phase}} {{outcome}}"
    assert legends["reward_mean"] == "{{run}} {{phase}} {{stage}}"
    assert legends["approx_kl"] == "approx_kl {{run}} {{phase}}"


def test_series_that_share_a_panel_share_its_unit_and_row() -> None:
    shared: dict[str, set[tuple[str, str]]] = {}
    for series in SERIES:
        shared.setdefault(series.panel, set()).add((series.unit, series.row))
    assert {panel: kinds for panel, kinds in shared.items() if len(kinds) > 1} == {}
