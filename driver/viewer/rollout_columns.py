"""Reads what the list of rollouts needs from their files: narrow columns, places of words, first words of questions."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from driver.errors import RunFolderError
from driver.outputs.rollout_files import SCHEMA, rollout_table

NARROW = [
    "phase",
    "step",
    "group_id",
    "rollout_id",
    "family",
    "reward",
    "is_correct",
    "end_reason",
    "num_tokens",
    "version",
    "termination",
]
"""Columns that are read of every rollout."""

Stamp = tuple[int, int]
"""Time of writing in nanoseconds and size in bytes: a file that has both as before is as before."""

_NUM_READERS = min(8, 2 * (os.cpu_count() or 1))
_BEGINNING_CHARS = 160
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def side_by_side(read: Callable[[_Key], _Value], keys: Sequence[_Key]) -> list[_Value | RunFolderError]:
    """What `read` gives for each key, or the error that it raised."""

    def one(key: _Key) -> _Value | RunFolderError:
        try:
            return read(key)
        except RunFolderError as error:
            return error

    if len(keys) < 2:
        return [one(key) for key in keys]
    with ThreadPoolExecutor(_NUM_READERS) as readers:
        return list(readers.map(one, keys))


def stamps(folder: Path) -> dict[Path, Stamp]:
    """The rollout files of a folder, each with its stamp."""
    found = {}
    for path in folder.glob("*.parquet"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
    return found


def narrow(path: Path) -> pa.Table:
    """The narrow columns of a file, with `num_scripts`, `file`, `place` (the row's number in it) and `address`.

    Raises:
        RunFolderError: the file is damaged, is gone, or holds something else than rollouts.
    """
    table = rollout_table(path, NARROW)
    lacking = [name for name in NARROW if table[name].null_count]
    if lacking:
        raise RunFolderError(
            f"{path} does not hold rollouts (nothing in {', '.join(lacking)}): move it elsewhere"
        )
    num_scripts = pc.fill_null(pc.list_value_length(table["termination"]), 0)
    file = pa.repeat(pa.scalar(path.stem), len(table))
    return (
        table.drop_columns("termination")
        .append_column("num_scripts", num_scripts)
        .append_column("file", file)
        .append_column("address", pc.binary_join_element_wise(file, table["rollout_id"], "/"))
        .append_column("place", pa.array(range(len(table)), pa.int32()))
    )


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of `narrow`, newest first, as one; `age` counts files from the newest."""
    aged = [
        table.append_column("age", pa.repeat(pa.scalar(age, pa.int32()), len(table)))
        for age, table in enumerate(tables)
    ]
    empty = SCHEMA.empty_table().select(NARROW).drop_columns("termination")
    for name in ("num_scripts", "place", "age"):
        empty = empty.append_column(name, pa.array([], pa.int32()))
    for name in ("file", "address"):
        empty = empty.append_column(name, pa.array([], pa.string()))
    return pa.concat_tables(aged or [empty]).combine_chunks()


def addresses_with_text(key: tuple[Path, Stamp, str]) -> list[str]:
    """Addresses of the rollouts of a file whose question or transcript has a text, in capitals or not.

    Raises:
        RunFolderError: the file is damaged, or is gone.
    """
    path, _, text = key
    has_text = pc.match_substring(pc.field("question"), text, ignore_case=True) | pc.match_substring(
        pc.field("transcript"), text, ignore_case=True
    )
    found = rollout_table(path, ["rollout_id"], has_text)["rollout_id"].to_pylist()
    return [f"{path.stem}/{rollout_id}" for rollout_id in found]


def beginnings(asked: tuple[Path, list[str]]) -> dict[str, str]:
    """First words of the questions of some rollouts of a file, by their address.

    Raises:
        RunFolderError: the file is damaged, or is gone.
    """
    path, rollout_ids = asked
    table = rollout_table(path, ["rollout_id", "question"], pc.field("rollout_id").isin(rollout_ids))
    first = pc.utf8_slice_codeunits(table["question"], 0, _BEGINNING_CHARS)
    return {
        f"{path.stem}/{rollout_id}": first_words(question or "")
        for rollout_id, question in zip(table["rollout_id"].to_pylist(), first.to_pylist(), strict=True)
    }


def first_words(question: str) -> str:
    """The beginning of a question on one line, as lists show it."""
    return " ".join(question[:_BEGINNING_CHARS].split())
