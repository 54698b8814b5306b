"""Frozen task sets: Parquet with a fixed schema and a content hash, read lazily through a memory map."""

import bisect
import functools
import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curriculum.task import Task
from curriculum.whole_files import NotWrittenError, reason_not_written, whole_file

SCHEMA = pa.schema([pa.field(name, pa.string(), nullable=False) for name in Task.model_fields])
_HASH_KEY = b"content_hash"
_SPLIT_KEY = b"split_version"
_ROWS_PER_GROUP = 512
_SEPARATOR = b"\x1f"


def content_hash(tasks: Iterable[Task]) -> str:
    """SHA-256 of the tasks in order: equal for equal sets, whatever wrote the file."""
    digest = hashlib.sha256()
    for task in tasks:
        _digest(digest, task)
    return digest.hexdigest()


def freeze(
    tasks: Iterable[Task],
    path: str | os.PathLike[str],
    place: str = "folder=",
    *,
    split_version: int | None = None,
) -> str:
    """Writes tasks to a Parquet file, all or nothing, and returns their content hash. Holds one row group at a time.

    Args:
        tasks: What to write.
        path: The file.
        place: What the user sets to have the file elsewhere; for the message when it cannot be written.
        split_version: Of the published split, where the tasks' sides come from it.

    Raises:
        ValueError: If two tasks share an id.
        NotWrittenError: If the disk is full or the folder cannot be written to.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWrittenError(reason_not_written(target, error, place)) from error
    with whole_file(target, place) as draft:
        return _written(tasks, draft, split_version)


def _written(tasks: Iterable[Task], path: Path, split_version: int | None) -> str:
    digest = hashlib.sha256()
    ids: set[bytes] = set()
    num_tasks = 0
    stream = iter(tasks)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        while group := list(itertools.islice(stream, _ROWS_PER_GROUP)):
            for task in group:
                _digest(digest, task)
                ids.add(hashlib.blake2b(task.task_id.encode(), digest_size=16).digest())
            num_tasks += len(group)
            if len(ids) != num_tasks:
                raise ValueError(f"{num_tasks} tasks share ids: build the set again with one task per id")
            columns = {name: [getattr(task, name) for task in group] for name in SCHEMA.names}
            writer.write_table(pa.table(columns, schema=SCHEMA), row_group_size=_ROWS_PER_GROUP)
        version = {} if split_version is None else {_SPLIT_KEY: str(split_version).encode()}
        writer.add_key_value_metadata({_HASH_KEY: digest.hexdigest().encode(), **version})
    return digest.hexdigest()


def _digest(digest: "hashlib._Hash", task: Task) -> None:
    for name in SCHEMA.names:
        digest.update(getattr(task, name).encode() + _SEPARATOR)


def load(path: str | os.PathLike[str]) -> "TaskTable":
    """Opens a frozen task set."""
    return TaskTable(path)


class TaskTable(Sequence[Task]):
    """A frozen task set, read by row, by id or by split; pickles as its path.

    Example: `load("tasks.parquet").by_id("reasoning_gym/gcd/00017")`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(
                f"no task set at {self.path}: freeze one first (python -m driver tasks freeze)"
            )
        self._file = pq.ParquetFile(self.path, memory_map=True)
        schema = self._file.schema_arrow
        if not schema.remove_metadata().equals(SCHEMA):
            raise ValueError(
                f"{self.path} has columns {schema.names}, not {SCHEMA.names}: freeze the task set again"
            )
        metadata = self._file.metadata.metadata or {}
        self.content_hash = metadata.get(_HASH_KEY, b"").decode()
        self.split_version = int(metadata[_SPLIT_KEY]) if _SPLIT_KEY in metadata else None
        sizes = [self._file.metadata.row_group(n).num_rows for n in range(self._file.num_row_groups)]
        self._first_rows: list[int] = list(itertools.accumulate(sizes, initial=0))
        self._group = functools.lru_cache(maxsize=8)(self._read_group)

    def __len__(self) -> int:
        return self._first_rows[-1]

    def __getitem__(self, row: int) -> Task:  # type: ignore[override]
        if not -len(self) <= row < len(self):
            raise IndexError(f"no row {row} in {self.path}: it has {len(self)} tasks")
        row %= len(self)
        group = bisect.bisect_right(self._first_rows, row) - 1
        task: Task = self._group(group)[row - self._first_rows[group]]
        return task

    def __iter__(self) -> Iterator[Task]:
        return (self[row] for row in range(len(self)))

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return load, (self.path,)

    def by_id(self, task_id: str) -> Task:
        """The task with this id.

        Raises:
            KeyError: If there is none.
        """
        row = pc.index(self._index["task_id"], task_id).as_py()
        if row < 0:
            raise KeyError(
                f"no task {task_id!r} in {self.path} ({len(self)} tasks): was it frozen from another config?"
            )
        return self[row]

    def split(self, name: str) -> list[Task]:
        """The tasks of a split, in order."""
        return [
            self[row]
            for row in np.flatnonzero(pc.equal(self._index["split"], name).to_numpy(zero_copy_only=False))
        ]

    def is_intact(self) -> bool:
        """Whether the content still has the hash it was frozen with (reads everything)."""
        return bool(content_hash(self) == self.content_hash)

    @functools.cached_property
    def _index(self) -> pa.Table:
        """Ids and splits, as Arrow columns: a million Python strings would take ten times the room."""
        index = self._file.read(columns=["task_id", "split"], use_threads=False).combine_chunks()
        return index.set_column(1, "split", index["split"].dictionary_encode())

    def _read_group(self, group: int) -> list[Task]:
        return [Task(**row) for row in self._file.read_row_group(group).to_pylist()]
