"""Finds rollouts of a run among very many: narrow columns of all files in memory, texts read when they are looked at.

Invariants: a file is read once as long as it stays as it is; one that is damaged or gone is named in `notices` and
hides no other. Any number of threads may ask.
"""

import functools
import operator
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from driver.errors import RunFolderError
from driver.outputs.rollout_files import rollout_table
from driver.viewer.records import RolloutFilter, RolloutLine, RolloutPage
from driver.viewer.rollout_columns import (
    Stamp,
    addresses_with_text,
    beginnings,
    joined,
    narrow,
    side_by_side,
    stamps,
)

_REMEMBERED_SEARCHES = 32
_NEWEST_ROWS = 4000
_SLACK = {"reward": 5e-7, "step": 0, "version": 0}

_Direction = Literal["ascending", "descending"]
_ORDERS: dict[str, list[tuple[str, _Direction]]] = {
    "newest": [("age", "ascending"), ("place", "ascending")],
    "oldest": [("age", "descending"), ("place", "ascending")],
    "reward_high": [("reward", "descending"), ("age", "ascending"), ("place", "ascending")],
    "reward_low": [("reward", "ascending"), ("age", "ascending"), ("place", "ascending")],
    "longest": [("num_tokens", "descending"), ("age", "ascending"), ("place", "ascending")],
}


class RolloutIndex:
    """The rollouts of one run. Example: `RolloutIndex(run.rollouts).page(RolloutFilter(family="gcd"), {})`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        # One search at a time: a second one would only take the cores of the first.
        self._search_lock = threading.Lock()
        self._stamps: dict[Path, Stamp] = {}
        self._tables: dict[Path, pa.Table] = {}
        self._damaged: dict[Path, str] = {}
        self._rows = joined([])
        self._found: dict[tuple[Path, Stamp, str], list[str]] = {}

    @property
    def notices(self) -> list[str]:
        """What could not be read, and why."""
        return [self._damaged[path] for path in sorted(self._damaged)]

    @property
    def newest(self) -> float | None:
        """Unix seconds at which the newest file was written; None without any."""
        return max((stamp[0] for stamp in self._stamps.values()), default=0) / 1e9 or None

    def refresh(self) -> pa.Table:
        """Read the files that are new or changed; the narrow columns of all rollouts."""
        with self._lock:
            found = stamps(self._folder)
            if found == self._stamps:
                return self._rows
            changed = [path for path, stamp in found.items() if self._stamps.get(path) != stamp]
            for path in (*changed, *(self._stamps.keys() - found.keys())):
                self._tables.pop(path, None)
                self._damaged.pop(path, None)
            for path, table in zip(changed, side_by_side(narrow, changed), strict=True):
                if isinstance(table, pa.Table):
                    self._tables[path] = table
                elif path.exists():
                    self._damaged[path] = f"{table}. Its rollouts are not in the list."
            self._stamps = found
            newest_first = sorted(self._tables, key=lambda path: (found[path], path.name), reverse=True)
            self._rows = joined([self._tables[path] for path in newest_first])
            return self._rows

    def page(self, chosen: RolloutFilter, steps_of_stage: Mapping[int, Collection[int]]) -> RolloutPage:
        """One page of the rollouts that fit.

        Args:
            chosen: which ones, in which order, which page.
            steps_of_stage: GRPO steps by stage of the curriculum.
        """
        rows = self.refresh()
        condition = _condition(chosen, steps_of_stage)
        if condition is not None:
            rows = rows.filter(condition)
        if chosen.text:
            rows = self._with_text(rows, chosen.text)
        first = (chosen.page - 1) * chosen.size
        shown = rows if chosen.order == "newest" else rows.sort_by(_ORDERS[chosen.order])
        lines = _lines(shown.slice(first, chosen.size))
        return RolloutPage(
            total=rows.num_rows,
            num_right=pc.sum(rows["is_correct"]).as_py() or 0,
            rows=self._with_beginnings(lines),
        )

    def newest_of(self, phase: str) -> list[RolloutLine]:
        """The newest rollouts of a phase, a few thousand at most."""
        return _lines(self.refresh().filter(pc.field("phase") == phase).slice(0, _NEWEST_ROWS))

    def group(self, file: str, group_id: str) -> list[RolloutLine]:
        """The rollouts of one group in one file, in the order of their index."""
        rows = self.refresh()
        return _lines(rows.filter((pc.field("file") == file) & (pc.field("group_id") == group_id)))

    def rewards(self, file: str) -> NDArray[np.float64]:
        """Rewards of all rollouts in one file."""
        rewards: NDArray[np.float64] = self.refresh().filter(pc.field("file") == file)["reward"].to_numpy()
        return rewards

    def row(self, file: str, rollout_id: str) -> dict[str, Any] | None:
        """One rollout with all its columns; None where there is none of that name.

        Raises:
            RunFolderError: its file is damaged.
        """
        self.refresh()
        # The name comes from an address: only what lies in the folder is opened.
        path = next((path for path in self._stamps if path.stem == file), None)
        if path is None:
            return None
        rows: list[dict[str, Any]] = rollout_table(
            path, None, pc.field("rollout_id") == rollout_id
        ).to_pylist()
        return rows[0] if rows else None

    def _with_text(self, rows: pa.Table, text: str) -> pa.Table:
        """Those of `rows` whose question or transcript has `text`; files without any of `rows` are not opened."""
        paths = [self._folder / f"{name}.parquet" for name in pc.unique(rows["file"]).to_pylist()]
        with self._search_lock:
            wanted = [(path, self._stamps[path], text) for path in paths if path in self._stamps]
            missing = [key for key in wanted if key not in self._found]
            for key, found in zip(missing, side_by_side(addresses_with_text, missing), strict=True):
                if isinstance(found, RunFolderError):
                    self._damaged[key[0]] = f"{found}. Words were not looked for in it."
                self._found[key] = [] if isinstance(found, RunFolderError) else found
            addresses = [address for key in wanted for address in self._found[key]]
            self._forget_searches()
        return rows.filter(pc.is_in(rows["address"], pa.array(addresses, pa.string())))

    def _forget_searches(self) -> None:
        texts = list(dict.fromkeys(text for _, _, text in self._found))
        kept = set(texts[-_REMEMBERED_SEARCHES:])
        if len(kept) < len(texts):
            self._found = {key: found for key, found in self._found.items() if key[2] in kept}

    def _with_beginnings(self, lines: list[RolloutLine]) -> list[RolloutLine]:
        by_file: dict[str, list[str]] = {}
        for line in lines:
            by_file.setdefault(line.file, []).append(line.rollout_id)
        asked = [(self._folder / f"{file}.parquet", ids) for file, ids in by_file.items()]
        by_address: dict[str, str] = {}
        for found in side_by_side(beginnings, asked):
            by_address |= {} if isinstance(found, RunFolderError) else found
        return [
            line.model_copy(update={"beginning": by_address.get(f"{line.file}/{line.rollout_id}", "")})
            for line in lines
        ]


def _condition(chosen: RolloutFilter, steps_of_stage: Mapping[int, Collection[int]]) -> pc.Expression | None:
    """The filter as a condition on the narrow columns; None where it lets everything pass."""
    equal = {
        "phase": chosen.phase or None,
        "family": chosen.family or None,
        "end_reason": chosen.end_reason or None,
        "is_correct": chosen.right,
    }
    least = {"reward": chosen.reward_from, "step": chosen.step_from, "version": chosen.version_from}
    greatest = {"reward": chosen.reward_to, "step": chosen.step_to, "version": chosen.version_to}
    parts = [pc.field(name) == value for name, value in equal.items() if value is not None]
    # Rewards are float32 in the file: 0.1 as a reader types it must find the 0.1 that is shown.
    parts += [pc.field(name) >= value - _SLACK[name] for name, value in least.items() if value is not None]
    parts += [pc.field(name) <= value + _SLACK[name] for name, value in greatest.items() if value is not None]
    if chosen.stage is not None:
        steps = sorted(steps_of_stage.get(chosen.stage, ()))
        parts += [pc.field("phase") == "train", pc.field("step").isin(pa.array(steps, pa.int32()))]
    return functools.reduce(operator.and_, parts) if parts else None


def _lines(rows: pa.Table) -> list[RolloutLine]:
    fields = [name for name in RolloutLine.model_fields if name != "beginning"]
    return [RolloutLine(**row) for row in rows.select(fields).to_pylist()]
