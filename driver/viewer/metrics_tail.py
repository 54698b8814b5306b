"""Reads `metrics.jsonl` while it grows: each line once, a damaged one named and passed over."""

import contextlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from driver.outputs.metrics import FILE_NAME, MetricLine

_NAMED_LINES = 3


class MetricsTail:
    """The lines of one run so far. Example: `MetricsTail(Path("runs/laptop")).lines()`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._lock = threading.Lock()
        self._inode = -1
        self._offset = 0
        self._num_lines = 0
        self._damaged: list[int] = []
        self._lines: list[MetricLine] = []

    @property
    def notices(self) -> list[str]:
        """Which lines could not be read."""
        if not self._damaged:
            return []
        first = ", ".join(str(number) for number in self._damaged[:_NAMED_LINES])
        more = f" and {len(self._damaged) - _NAMED_LINES} more" if len(self._damaged) > _NAMED_LINES else ""
        return [f"{self._path.name}: line {first}{more} cannot be read; the curves are drawn without"]

    def lines(self) -> Sequence[MetricLine]:
        """All whole lines that can be read, oldest first; empty where there are none yet."""
        with self._lock:
            # Not there yet, or being replaced: what was read stands until the next look.
            with contextlib.suppress(OSError), self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                # A run that goes on from a checkpoint writes the file anew, without the steps it does again.
                if status.st_ino != self._inode or status.st_size < self._offset:
                    self._forget()
                self._inode = status.st_ino
                file.seek(self._offset)
                self._take(file.read())
            return self._lines

    def _take(self, data: bytes) -> None:
        whole, _, _ = data.rpartition(b"\n")
        if not whole:
            return
        self._offset += len(whole) + 1
        found = []
        for text in whole.split(b"\n"):
            self._num_lines += 1
            try:
                found.append(MetricLine.model_validate_json(text))
            except ValidationError:
                self._damaged.append(self._num_lines)
        # A new list: another thread may be reading the old one.
        self._lines = [*self._lines, *found]

    def _forget(self) -> None:
        self._offset = self._num_lines = 0
        self._damaged, self._lines = [], []
