"""Picks rollouts worth reading: a few right, a few wrong, one that mended its own error.

Transcripts are long and runs are many steps, so choosing reads only narrow columns of the newest files, and the text
of the chosen ones alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.outputs.rollout_files import read_rollouts

_NEWEST_FILES = 40
_PER_KIND = 3
_NARROW = ["rollout_id", "phase", "step", "family", "is_correct", "termination", "num_tokens"]
_TEXT_CHARS = 6000


@dataclass(frozen=True)
class Sample:
    """One rollout to show: why it was chosen, and its row as in `driver.outputs.rollout_files.SCHEMA`."""

    kind: str
    row: dict[str, Any]

    @property
    def executions(self) -> list[tuple[str, str, str]]:
        """(code, termination, output) in order."""
        return list(zip(self.row["code"], self.row["termination"], self.row["output"], strict=True))


def sample_rollouts(folder: Path) -> list[Sample]:
    """Samples from the newest rollouts of the run in `folder`; the same folder always gives the same ones."""
    files = sorted((Path(folder) / "rollouts").glob("*.parquet"), key=_age)[-_NEWEST_FILES:]
    rows = [{**row, "file": file} for file in reversed(files) for row in _narrow_rows(file)]
    # What the trained policy does is what a reader wants to see; a run that has not come so far shows what it has.
    rows = [row for row in rows if row["phase"] == "train" or row["phase"].endswith("grpo")] or rows
    chosen: dict[str, str] = {}
    mended = next((row for row in rows if _mends_an_error(row)), None)
    if mended is not None:
        chosen[mended["rollout_id"]] = "right, after mending an error"
    for is_right, kind in ((True, "right"), (False, "wrong")):
        fitting = [r for r in rows if r["is_correct"] is is_right and r["rollout_id"] not in chosen]
        chosen |= {row["rollout_id"]: kind for row in _varied(fitting)}
    by_id = {row["rollout_id"]: row["file"] for row in reversed(rows)}
    return [
        Sample(kind=kind, row=_full(by_id[rollout_id], rollout_id)) for rollout_id, kind in chosen.items()
    ]


def _narrow_rows(file: Path) -> list[dict[str, Any]]:
    return read_rollouts(file, columns=_NARROW)


def _mends_an_error(row: dict[str, Any]) -> bool:
    ends = row["termination"]
    return bool(row["is_correct"]) and "error" in ends and "ok" in ends[ends.index("error") :]


def _varied(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A few rows: of different families as long as there are any, those that ran a script first."""
    seen: set[str] = set()
    first: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: not row["termination"]):
        (rest if row["family"] in seen else first).append(row)
        seen.add(row["family"])
    return (first + rest)[:_PER_KIND]


def _full(file: Path, rollout_id: str) -> dict[str, Any]:
    row = read_rollouts(file, rollout_id=rollout_id)[0]
    for name in ("question", "transcript"):
        row[name] = _shortened(row[name] or "")
    row["code"] = [_shortened(text) for text in row["code"]]
    row["output"] = [_shortened(text) for text in row["output"]]
    return row


def _shortened(text: str) -> str:
    if len(text) <= _TEXT_CHARS:
        return text
    half = _TEXT_CHARS // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


def _age(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.name
