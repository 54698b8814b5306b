"""Frozen task sets: Parquet with a fixed schema and a content hash, read lazily through a memory map."""

import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from curriculum.task import Task

SCHEMA = pa.schema([pa.field(name, pa.string(), nullable=False) for name in Task.model_fields])
_HASH_KEY = b"content_hash"
_ROWS_PER_GROUP = 512
_SEPARATOR = b"\x1f"


def content_hash(tasks: Sequence[Task]) -> str:
    """SHA-256 of the tasks in order: equal for equal sets, whatever wrote the file."""
    digest = hashlib.sha256()
    for task in tasks:
        for name in SCHEMA.names:
            digest.update(getattr(task, name).encode() + _SEPARATOR)
    return digest.hexdigest()


def freeze(tasks: Sequence[Task], path: str | os.PathLike[str]) -> str:
    """Writes tasks to a Parquet file, all or nothing, and returns their content hash.

    Raises:
        ValueError: If two tasks share an id.
    """
    if len({t.task_id for t in tasks}) != len(tasks):
        raise ValueError(f"{len(tasks)} tasks share ids: build the set again with one task per id")
    content = content_hash(tasks)
    columns = {name: [getattr(t, name) for t in tasks] for name in SCHEMA.names}
    table = pa.table(columns, schema=SCHEMA.with_metadata({_HASH_KEY: content.encode()}))
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    pq.write_table(table, partial, row_group_size=_ROWS_PER_GROUP, compression="zstd")
    partial.replace(target)
    return content


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
            raise FileNotFoundError(f"no task set at {self.path}: freeze one first (python -m driver tasks)")
        self._file = pq.ParquetFile(self.path, memory_map=True)
        schema = self._file.schema_arrow
        if not schema.remove_metadata().equals(SCHEMA):
            raise ValueError(
                f"{self.path} has columns {schema.names}, not {SCHEMA.names}: freeze the task set again"
            )
        self.content_hash = (schema.metadata or {}).get(_HASH_KEY, b"").decode()
        index = self._file.read(columns=["task_id", "split"])
        self._splits: list[str] = index["split"].to_pylist()
        self._rows = {task_id: row for row, task_id in enumerate(index["task_id"].to_pylist())}
        self._group_of_row = [
            (group, row)
            for group in range(self._file.num_row_groups)
            for row in range(self._file.metadata.row_group(group).num_rows)
        ]
        self._group = functools.lru_cache(maxsize=8)(self._read_group)

    def __len__(self) -> int:
        return len(self._splits)

    def __getitem__(self, row: int) -> Task:  # type: ignore[override]
        group, offset = self._group_of_row[row]
        return self._group(group)[offset]

    def __iter__(self) -> Iterator[Task]:
        return (self[row] for row in range(len(self)))

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return load, (self.path,)

    def by_id(self, task_id: str) -> Task:
        """The task with this id.

        Raises:
            KeyError: If there is none.
        """
        if task_id not in self._rows:
            raise KeyError(
                f"no task {task_id!r} in {self.path} ({len(self)} tasks): was it frozen from another config?"
            )
        return self[self._rows[task_id]]

    def split(self, name: str) -> list[Task]:
        """The tasks of a split, in order."""
        return [self[row] for row, split in enumerate(self._splits) if split == name]

    def is_intact(self) -> bool:
        """Whether the content still has the hash it was frozen with (reads everything)."""
        return bool(content_hash(self) == self.content_hash)

    def _read_group(self, group: int) -> list[Task]:
        return [Task(**row) for row in self._file.read_row_group(group).to_pylist()]
