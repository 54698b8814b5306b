"""The dashboard in Grafana's JSON: one panel per panel of the table, in the table's order, nothing beside it.

Made with Grafana's own SDK, which only `make dashboard` and the tests need.
"""

import json
from itertools import count, groupby

from grafana_foundation_sdk.builders import common, dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh

from actors.handles.series import BY_NAME, SERIES, Series

_WIDTH = 8
_HEIGHT = 7
_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


def dashboard_text() -> str:
    """The dashboard as the text of its file."""
    board = (
        dashboard.Dashboard("R1-Code-Interpreter")
        .uid("r1ci")
        .description("Made by `make dashboard` from actors/handles/series.py: change it there.")
        .tags(["ray", "r1ci"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .with_variable(dashboard.DatasourceVariable("datasource").type("prometheus").label("data source"))
        .with_variable(_run_variable())
    )
    number = count(1)
    for row, rows in groupby(SERIES, key=lambda series: series.row):
        board = board.with_row(dashboard.Row(row).id(next(number)))
        panels: dict[str, list[Series]] = {}
        for series in rows:
            panels.setdefault(series.panel, []).append(series)
        for title, drawn in panels.items():
            board = board.with_panel(_panel(title, drawn).id(next(number)))
    return json.dumps(board.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def _run_variable() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("run")
        .datasource(_SOURCE)
        .query(f"label_values({BY_NAME['phase_active'].prometheus_name}, run)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
    )


def _panel(title: str, drawn: list[Series]) -> timeseries.Panel:
    legend = (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
    )
    panel = (
        timeseries.Panel()
        .title(title)
        .description(". ".join(dict.fromkeys(series.help for series in drawn)) + ".")
        .datasource(_SOURCE)
        .unit(drawn[0].unit)
        .span(_WIDTH)
        .height(_HEIGHT)
        .legend(legend)
    )
    if drawn[0].unit == "percentunit":
        panel = panel.min(0).max(1)
    for series in drawn:
        panel = panel.with_target(_target(series, is_alone=len(drawn) == 1))
    return panel


def _target(series: Series, *, is_alone: bool) -> prometheus.Dataquery:
    """One line per set of labels that the series has, named by those that tell them apart."""
    told = [label for label in series.labels if label != "role" or len({s.role for s in series.sources}) > 1]
    legend = " ".join(f"{{{{{label}}}}}" for label in told)
    if not is_alone:
        legend = f"{series.name} {legend}"
    drawn = f'{series.prometheus_name}{{run=~"$run"}}'
    return (
        prometheus.Dataquery()
        .expr(series.drawn_as.format(drawn))
        .legend_format(legend)
        .ref_id(series.name)
        .range()
    )
