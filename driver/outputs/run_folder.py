"""The folder that holds a run: where things lie in it, who may write to it, how a file is written whole or not."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from curriculum.whole_files import reason_not_written, whole_file
from driver.config import RunConfig
from driver.config_loading import dump_config
from driver.errors import RunFolderError

_FREE_TO_CHANGE = {"placement", "name", "folder", "sandbox"}
"""Sections that do not change what a run learns from, so a resumed run may differ in them."""


class RunFolder:
    """Paths of one run. `claimed` must be held while writing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "config.yaml"
        self.tasks = root / "tasks.parquet"
        self.traces = root / "traces.jsonl"
        self.potential = root / "potential.json"
        self.evaluation = root / "evaluation.json"
        self.phases = root / "phases.json"
        self.summary = root / "summary.json"
        self.rollouts = root / "rollouts"
        self.checkpoints = root / "checkpoints"
        self.sft_model = self.checkpoints / "sft"
        self.final_model = self.checkpoints / "final"

    @contextmanager
    def claimed(self, config: RunConfig) -> Iterator[None]:
        """Hold the folder for this process and write the resolved config into it.

        Raises:
            RunFolderError: it cannot be made, another live process holds it, or another config made it.
        """
        try:
            self.rollouts.mkdir(parents=True, exist_ok=True)
            self.checkpoints.mkdir(exist_ok=True)
        except OSError as error:
            raise RunFolderError(
                f"run folder {self.root} cannot be made ({error}): set folder= to a place that can be written to"
            ) from error
        with _held(self.root / ".lock"):
            self._refuse_other_config(config)
            write_whole(self.config, dump_config(config))
            yield

    def _refuse_other_config(self, config: RunConfig) -> None:
        if not self.config.is_file():
            return
        before = yaml.safe_load(self.config.read_text()) or {}
        now = yaml.safe_load(dump_config(config))
        changed = [key for key in sorted(now) if key not in _FREE_TO_CHANGE and before.get(key) != now[key]]
        if changed:
            inner = [f"{k}.{i}" for k in changed for i in _differences(before.get(k), now[k])]
            raise RunFolderError(
                f"{self.root} holds a run made with other settings ({', '.join(inner[:6] or changed)}): go on with "
                "those, or set folder= to a new folder, or delete this one"
            )

    def record_phase(self, name: str, wall_s: float) -> None:
        """Add the seconds that a phase took, over all attempts."""
        phases = self.read_phases()
        phases[name] = {"wall_s": phases.get(name, {}).get("wall_s", 0.0) + wall_s}
        write_json(self.phases, phases)

    def read_phases(self) -> dict[str, dict[str, float]]:
        """Seconds per phase so far."""
        return json.loads(self.phases.read_text()) if self.phases.is_file() else {}


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is either the old one or the whole new one.

    Raises:
        RunFolderError: the disk is full or the folder cannot be written to.
    """
    with whole_file(path, failure=RunFolderError) as draft:
        draft.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """A JSON value as text, written whole as by `write_whole`."""
    write_whole(path, json.dumps(value, indent=1))


def read_lines(path: Path) -> list[Any]:
    """JSON lines; a last line cut by a crash is left out.

    Raises:
        RunFolderError: any other line is not JSON.
    """
    if not path.is_file():
        return []
    rows = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            if number == len(lines):
                break
            raise RunFolderError(f"{path} line {number} is not JSON ({error}): mend or remove it") from error
    return rows


def not_written(path: Path, error: OSError) -> RunFolderError:
    """What to tell the user when `path` could not be written."""
    return RunFolderError(reason_not_written(path, error))


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Hold a lock that the kernel lets go of when its holder dies, however it dies; the file itself stays."""
    try:
        file = lock.open("a+")
    except OSError as error:
        raise not_written(lock, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunFolderError(
                f"{lock.parent} is in use by process {lock.read_text().strip()}: wait for it, stop it, or set "
                "folder= to another folder"
            ) from error
        except OSError as error:
            # Some network file systems know no locks.
            raise not_written(lock, error) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _differences(before: Any, now: Any) -> list[str]:
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [f"{before!r} -> {now!r}"]
    return [key for key in now if before.get(key) != now[key]]
