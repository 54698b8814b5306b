"""The traces of a run as Parquet: conversations to learn from, with where each came from and what it cost."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from actors.frozen import Frozen
from curriculum.whole_files import whole_file
from driver.errors import RunFolderError

Turns = tuple[tuple[str, str | None], ...]

_TURN = pa.struct([pa.field("text", pa.string(), nullable=False), pa.field("shown", pa.string())])
SCHEMA = pa.schema(
    [
        pa.field("trace_id", pa.string(), nullable=False),
        pa.field("question", pa.string(), nullable=False),
        pa.field("turns", pa.list_(_TURN), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("style", pa.string(), nullable=False),
        pa.field("seconds", pa.float64(), nullable=False),
    ]
)


class Trace(Frozen):
    """One conversation to learn from.

    Example: `Trace(trace_id="a", question="2 * 3?", turns=(("...script...", "...output..."), ("<<<6>>>", None)))`.
    """

    trace_id: str
    """Unique in the run; for a solver's trace, the id of its task."""
    question: str
    """What was asked, without the instructions, which the run puts before it."""
    turns: Turns
    """Each model text with what the environment then said; None after the last."""
    family: str = ""
    """Family of the question; empty where it is not known."""
    style: str = "own"
    """What the trace shows beside the right script (`TracePlan.style`); `own` for traces from a file."""
    seconds: float = 0.0
    """Execution time of its scripts, in seconds."""


def write_traces(path: Path, traces: Sequence[Trace]) -> None:
    """Write all traces, whole or not at all.

    Raises:
        RunFolderError: the disk is full or the folder cannot be written to.
    """
    rows = [
        {**trace.model_dump(), "turns": [{"text": text, "shown": shown} for text, shown in trace.turns]}
        for trace in traces
    ]
    with whole_file(path, failure=RunFolderError) as draft:
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), draft, compression="zstd")


def read_traces(path: Path) -> list[Trace]:
    """What `write_traces` wrote.

    Raises:
        RunFolderError: the file is damaged or of another form.
    """
    try:
        rows = pq.read_table(path, schema=SCHEMA).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise RunFolderError(
            f"{path} cannot be read ({error}): delete it, and the phase synthesize makes it again"
        ) from error
    return [
        Trace(**{**row, "turns": tuple((turn["text"], turn["shown"]) for turn in row["turns"])})
        for row in rows
    ]
