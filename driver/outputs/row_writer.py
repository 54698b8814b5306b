"""JSON lines that grow while a phase runs, so that a phase that is cut off goes on with what is missing.

Invariant: the file holds whole lines only, but for a last one that a killed process left; that one is taken out by the
next writer. There is one writer of a file at a time: two could each take the other's line for a torn one.
"""

import contextlib
import fcntl
import json
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from driver.errors import RunFolderError
from driver.outputs.run_folder import not_written


class RowWriter:
    """Appends rows to one file; any number of threads may share it.

    Example: `with RowWriter(folder / "evaluation.partial.jsonl") as rows: rows.append({"task_id": "s/f/0"})`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            # Unbuffered: a row that was appended survives this process.
            self._file = path.open("ab+", buffering=0)
            self._claim()
            _mend_last_line(self._file)
            self._size = self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise not_written(path, error) from error

    def append(self, row: Any) -> None:
        """Write one row, whole or not at all.

        Raises:
            RunFolderError: the disk is full; what was there before is unharmed.
        """
        data = json.dumps(row).encode() + b"\n"
        with self._lock:
            try:
                self._write(data)
            except OSError as error:
                with contextlib.suppress(OSError):
                    self._file.truncate(self._size)
                raise not_written(self._path, error) from error
            self._size += len(data)

    def close(self) -> None:
        """Bring the rows to the disk and let go of the file."""
        with self._lock:
            if self._file.closed:
                return
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise not_written(self._path, error) from error
            finally:
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _claim(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise RunFolderError(
                f"{self._path} has a writer already: only one may append to it at a time; stop the other one, or set "
                "folder= to another folder"
            ) from error

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]


def _mend_last_line(file: BinaryIO) -> None:
    """Cut off a torn last line of a file opened for appending; end a whole one that only lacks its line feed."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) == b"\n":
        return
    file.seek(0)
    start = file.read().rfind(b"\n") + 1
    file.seek(start)
    try:
        json.loads(file.read())
    except ValueError:
        file.truncate(start)
    else:
        file.write(b"\n")
