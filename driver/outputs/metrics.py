"""The run's numbers: one JSON line per step in `metrics.jsonl`, TensorBoard scalars, and further sinks.

Invariant: every line but the last is whole. A line that a killed process left unfinished is ignored by the
reader and cut off when the run goes on.
"""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from pydantic import ValidationError, field_validator

from actors.frozen import Frozen
from driver.errors import RunFolderError
from driver.outputs.event_files import ScalarWriter
from driver.outputs.run_folder import not_written, write_whole

FILE_NAME = "metrics.jsonl"

Phase = Literal["setup", "sft", "potential", "train", "evaluate"]
Sink = Callable[[str, int, Mapping[str, float]], None]


class MetricLine(Frozen):
    """The numbers of one step.

    Example: `MetricLine(phase="train", step=3, time=1.7e9, values={"reward_mean": 0.25})`.
    """

    phase: Phase
    """Part of the run that the numbers are about; `setup` is everything before SFT."""
    step: int
    """Number of the step within that phase: optimiser steps from 1 in `sft` and `train`, 0 elsewhere."""
    time: float
    """Unix seconds when it was logged."""
    values: dict[str, float]
    """Name to number; NaN where the number was not finite."""

    @field_validator("values", mode="before")
    @classmethod
    def _null_is_nan(cls, values: dict[str, float | None]) -> dict[str, float]:
        return {name: math.nan if value is None else value for name, value in values.items()}


class MetricsLog:
    """Appends to a run's metrics; one process writes a run folder at a time."""

    def __init__(self, folder: Path, run_name: str, sinks: Sequence[Sink] = ()) -> None:
        self._folder = Path(folder)
        self._path = self._folder / FILE_NAME
        self._sinks = tuple(sinks)
        self._folder.mkdir(parents=True, exist_ok=True)
        _cut_torn_tail(self._path)
        self._file = self._path.open("a", encoding="ascii")
        self._scalars = ScalarWriter(self._folder / "tensorboard" / run_name)

    def log(self, phase: Phase, step: int, values: Mapping[str, float]) -> None:
        """Record `values`; a number that is not finite becomes null, since JSON has none."""
        now = time.time()
        numbers = {name: float(value) for name, value in values.items()}
        line = {
            "phase": phase,
            "step": int(step),
            "time": round(now, 3),
            "values": {name: value if math.isfinite(value) else None for name, value in numbers.items()},
        }
        try:
            self._file.write(json.dumps(line, allow_nan=False) + "\n")
            self._file.flush()
            self._scalars.write(phase, int(step), now, numbers)
        except OSError as error:
            raise not_written(self._path, error) from error
        for sink in self._sinks:
            sink(phase, int(step), numbers)

    def announce(self, phase: str, values: Mapping[str, float]) -> None:
        """Tell the sinks alone what matters only while it lasts, such as that a phase has begun."""
        for sink in self._sinks:
            sink(phase, 0, values)

    def truncate_after(self, phase: Phase, step: int) -> None:
        """Forget the lines of `phase` beyond `step`: a run that resumes from a checkpoint does them again."""
        self._file.close()
        kept = [x for x in read_metrics(self._folder) if x.phase != phase or x.step <= step]
        write_whole(self._path, "".join(_dumped(line) + "\n" for line in kept))
        self._file = self._path.open("a", encoding="ascii")
        self._scalars.forget_after(phase, step)

    def close(self) -> None:
        """Write what is pending and close both files.

        Raises:
            RunFolderError: the disk is full.
        """
        try:
            self._file.close()
            self._scalars.close()
        except OSError as error:
            raise not_written(self._path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_metrics(folder: Path) -> list[MetricLine]:
    """All whole lines of the run in `folder`, oldest first; empty if it has none yet.

    Raises:
        RunFolderError: a line before the last is not a metrics line.
    """
    path = Path(folder) / FILE_NAME
    if not path.exists():
        return []
    *whole, _torn = path.read_text(encoding="utf-8", errors="replace").split("\n")
    lines = []
    for number, text in enumerate(whole, 1):
        try:
            lines.append(MetricLine.model_validate_json(text))
        except ValidationError as error:
            raise RunFolderError(
                f"{path} line {number} is not a metrics line ({text[:60]!r}): delete that line"
            ) from error
    return lines


def _dumped(line: MetricLine) -> str:
    # pydantic writes NaN as null, which is what `log` wrote.
    return line.model_dump_json()


def _cut_torn_tail(path: Path) -> None:
    if not path.exists():
        return
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)
