"""TensorBoard scalars without torch: one writer per phase, so that a resumed phase can disown what it redoes."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class ScalarWriter:
    """Writes `<folder>/<phase>/events...`; the tag of a number is `<phase>/<name>`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}

    def write(self, phase: str, step: int, now: float, values: Mapping[str, float]) -> None:
        """Add the finite ones of `values`."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        scalars = [
            Summary.Value(tag=f"{phase}/{name}", simple_value=value)
            for name, value in values.items()
            if math.isfinite(value)
        ]
        writer = self._writer(phase)
        writer.add_event(Event(wall_time=now, step=step, summary=Summary(value=scalars)))
        writer.flush()

    def forget_after(self, phase: str, step: int) -> None:
        """Mark the scalars of `phase` beyond `step` as superseded; TensorBoard then leaves them out."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        start = SessionLog(status=SessionLog.START)
        self._writer(phase).add_event(Event(wall_time=time.time(), step=step + 1, session_log=start))

    def close(self) -> None:
        """Finish the event files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _writer(self, phase: str) -> Any:
        if phase not in self._writers:
            # Imported late: a third of a second that commands without a run need not pay.
            from tensorboard.summary.writer.event_file_writer import EventFileWriter

            self._writers[phase] = EventFileWriter(str(self._folder / phase))
        return self._writers[phase]
