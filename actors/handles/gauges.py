"""Ray's own metrics, fed from the metrics log by the table in `actors/handles/series.py`."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import ray
from ray.util.metrics import Gauge

from actors.handles.series import BY_NAME, PREFIX, Series, shown


class ClusterMetrics:
    """Sets the gauges of what it is told. A sink of the metrics log.

    What is told before this process is connected to a cluster is kept, the newest of each, until it is.
    """

    def __init__(
        self,
        run: str,
        *,
        is_connected: Callable[[], bool] = ray.is_initialized,
        make_gauge: Callable[..., Any] = Gauge,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._run = run
        self._is_connected = is_connected
        self._make_gauge = make_gauge
        self._clock = clock
        self._gauges: dict[str, Any] = {}
        self._waiting: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        self._stage = ""

    def __call__(self, phase: str, step: int, values: Mapping[str, float]) -> None:
        """Set the gauges of what is in `values`; `step` 0 is no step."""
        driver = {"role": "driver", "phase": phase}
        if "stage" in values:
            self._open_stage(f"{values['stage']:.0f}", phase)
        for key, value in values.items():
            for series, labels in shown(phase, key):
                self._set(series, labels, value)
        if step:
            self._set(BY_NAME["step"], driver, float(step))
        if step or values.get("phase_active") or "groups_answered" in values:
            self._set(BY_NAME["progress_time"], driver, self._clock())
        self._flush()

    def _open_stage(self, stage: str, phase: str) -> None:
        before, self._stage = self._stage, stage
        labels = {"role": "curriculum", "phase": phase}
        if before and before != stage:
            self._set(BY_NAME["stage_open"], {**labels, "stage": before}, 0.0)
        self._set(BY_NAME["stage_open"], {**labels, "stage": stage}, 1.0)

    def _set(self, series: Series, labels: Mapping[str, str], value: float) -> None:
        stage = {"stage": self._stage} if series.by_stage else {}
        tags = {"run": self._run, **stage, **labels}
        self._waiting[series.name, tuple(sorted(tags.items()))] = value

    def _flush(self) -> None:
        if not self._is_connected():
            return
        for (name, tags), value in self._waiting.items():
            if name not in self._gauges:
                series = BY_NAME[name]
                self._gauges[name] = self._make_gauge(
                    PREFIX + name, description=series.help, tag_keys=series.labels
                )
            self._gauges[name].set(value, tags=dict(tags))
        self._waiting.clear()
