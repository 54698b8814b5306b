"""Rollouts as Parquet rows, for reading and for the report: one file per step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import LocalFileSystem

from actors.records import Rollout, Score, ScoredGroup, Source
from curriculum.whole_files import whole_file
from driver.errors import RunFolderError

# One row a rollout; docs/run-folder.md describes the columns.
SCHEMA = pa.schema(
    [
        ("phase", pa.string()),
        ("step", pa.int32()),
        ("group_id", pa.string()),
        ("rollout_id", pa.string()),
        ("task_id", pa.string()),
        ("family", pa.string()),
        ("question", pa.string()),
        ("transcript", pa.string()),
        ("code", pa.list_(pa.string())),
        ("output", pa.list_(pa.string())),
        ("termination", pa.list_(pa.string())),
        ("answer", pa.string()),
        ("reward", pa.float32()),
        ("is_correct", pa.bool_()),
        ("end_reason", pa.string()),
        ("num_tokens", pa.int32()),
        ("version", pa.int32()),
        ("segment_source", pa.list_(pa.string())),
        ("segment_chars", pa.list_(pa.int32())),
        ("segment_tokens", pa.list_(pa.int32())),
        ("token_ids", pa.list_(pa.int32())),
        ("logprobs", pa.list_(pa.float32())),
        ("token_versions", pa.list_(pa.int32())),
        ("aside_question", pa.list_(pa.string())),
        ("aside_text", pa.list_(pa.string())),
    ]
)

# Who looks at one rollout reads as many.
_ROWS_READ_TOGETHER = 512
_PARQUET = ds.ParquetFileFormat()
_LOCAL = LocalFileSystem()


class RolloutWriter:
    """Collects scored groups and writes them to one file, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[dict[str, object]] = []

    def add(self, phase: str, step: int, scored: ScoredGroup) -> None:
        """Take the rollouts of one scored group."""
        for rollout, score in zip(scored.group.rollouts, scored.scores, strict=True):
            self._rows.append(_row(phase, step, scored, rollout, score))

    def write(self, name: str) -> None:
        """Write what was added to `name`.parquet and forget it.

        Raises:
            RunFolderError: the disk is full or the folder cannot be written to.
        """
        target = self._folder / f"{name}.parquet"
        table = pa.Table.from_pylist(self._rows, schema=SCHEMA)
        with whole_file(target, failure=RunFolderError) as draft:
            pq.write_table(table, draft, compression="zstd", row_group_size=_ROWS_READ_TOGETHER)
        self._rows = []


def read_rollouts(
    file: Path, columns: list[str] | None = None, rollout_id: str | None = None
) -> list[dict[str, Any]]:
    """Rows of a file that `RolloutWriter` wrote.

    Args:
        file: the Parquet file.
        columns: which of `SCHEMA`; all if None.
        rollout_id: only this rollout; all if None.

    Raises:
        RunFolderError: the file is damaged.
    """
    chosen = None if rollout_id is None else pc.field("rollout_id") == rollout_id
    rows: list[dict[str, Any]] = rollout_table(file, columns, chosen).to_pylist()
    return rows


def rollout_table(
    file: Path, columns: list[str] | None = None, chosen: pc.Expression | None = None
) -> pa.Table:
    """Columns of a file, of those rows that fit; only what is asked for is read and unpacked.

    A column that the file is too old to have is null.

    Args:
        file: the Parquet file.
        columns: which of `SCHEMA`; all if None.
        chosen: a condition on columns of `SCHEMA`; all rows if None.

    Raises:
        RunFolderError: the file is damaged, or is gone.
    """
    try:
        fragment = _PARQUET.make_fragment(str(file), filesystem=_LOCAL)
        # One file is read by one thread: who reads many of them takes them side by side.
        return fragment.to_table(schema=SCHEMA, columns=columns, filter=chosen, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise RunFolderError(
            f"{file} cannot be read ({reason}): delete it, nothing but samples is lost"
        ) from error


def _row(phase: str, step: int, scored: ScoredGroup, rollout: Rollout, score: Score) -> dict[str, object]:
    task = scored.group.task
    segments = rollout.segments[1:]
    sampled = [s for s in segments if s.source is Source.MODEL]
    return {
        "phase": phase,
        "step": step,
        "group_id": scored.group.group_id,
        "rollout_id": rollout.rollout_id,
        "task_id": task.task_id,
        "family": task.family,
        "question": task.question,
        "transcript": "".join(s.text for s in segments),
        "code": [e.code for e in rollout.executions],
        "output": [e.output for e in rollout.executions],
        "termination": [e.termination for e in rollout.executions],
        "answer": score.answer,
        "reward": score.reward,
        "is_correct": score.is_correct,
        "end_reason": rollout.end_reason.value,
        "num_tokens": rollout.num_generated_tokens,
        "version": rollout.oldest_version,
        "segment_source": [s.source.value for s in segments],
        "segment_chars": [len(s.text) for s in segments],
        "segment_tokens": [len(s.token_ids) for s in segments],
        "token_ids": _joined([s.token_ids for s in sampled], np.int32),
        # Half precision is enough to read and takes less than half the room on the disk.
        "logprobs": _joined([s.logprobs for s in sampled], np.float16).astype(np.float32),
        "token_versions": _joined([s.versions for s in sampled], np.int32),
        "aside_question": [aside.question for aside in rollout.asides],
        "aside_text": [aside.text for aside in rollout.asides],
    }


def _joined(arrays: Sequence[np.ndarray], dtype: type[np.generic]) -> np.ndarray:
    """Arrays end to end, in one dtype; empty for none."""
    together: np.ndarray = np.concatenate([np.empty(0, dtype), *arrays])
    return together.astype(dtype)
