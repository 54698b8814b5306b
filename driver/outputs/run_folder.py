"""The folder that holds a run: where things lie in it, who may write to it, how a file is written whole or not."""

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from curriculum.tasks.sets.parquet import TaskTable, load
from curriculum.whole_files import reason_not_written, remove_drafts, whole_file
from driver.config import RunConfig
from driver.config_loading import dump_config
from driver.errors import RunFolderError
from driver.outputs.resume_rules import PHASES, binding_changes

_MADE_AGAIN = "bring it back from a copy, or delete it and its phase makes it again"


class RunFolder:
    """Where the files of one run lie; docs/run-folder.md says what is in them. `claimed` must be held while writing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "config.yaml"
        self.token = root / "token"
        self.tasks = root / "tasks.parquet"
        self.traces = root / "traces.parquet"
        self.traces_partial = root / "traces.partial.jsonl"
        self.synthesis = root / "synthesis.json"
        self.potential = root / "potential.json"
        self.evaluation = root / "evaluation.json"
        self.phases = root / "phases.json"
        self.endpoint_usage = root / "endpoint_usage.json"
        self.summary = root / "summary.json"
        self.rollouts = root / "rollouts"
        self.checkpoints = root / "checkpoints"
        self.sft_model = self.checkpoints / "sft"
        self.sft_partial = self.checkpoints / "sft-partial"
        self.final_model = self.checkpoints / "final"
        self.potential_partial = root / "potential.partial.jsonl"
        self.evaluation_partial = root / "evaluation.partial.jsonl"

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
            for folder in (self.root, self.rollouts, self.checkpoints):
                remove_drafts(folder)
            self._refuse_other_config(config)
            write_whole(self.config, dump_config(config))
            write_whole(self.token, uuid.uuid4().hex)
            yield

    def load_tasks(self) -> TaskTable:
        """The frozen task set.

        Raises:
            RunFolderError: it is not there, or not as it was frozen.
        """
        try:
            table = load(self.tasks)
            is_intact = table.is_intact()
        except (OSError, ValueError) as error:
            raise RunFolderError(f"{self.tasks} cannot be read ({error}): {_MADE_AGAIN}") from error
        if not is_intact:
            raise RunFolderError(f"{self.tasks} does not have the content it was frozen with: {_MADE_AGAIN}")
        return table

    def begun_phases(self) -> list[str]:
        """Phases of which something is there, and all before them."""
        made = {
            "tasks": self.tasks.exists(),
            "synthesize": self.traces.exists(),
            "sft": self.sft_model.exists() or _has_steps(self.sft_partial),
            "potential": self.potential.exists() or _has_rows(self.potential_partial),
            "train": self.final_model.exists() or _has_steps(self.checkpoints),
            "evaluate": self.evaluation.exists() or _has_rows(self.evaluation_partial),
        }
        last = max((n for n, phase in enumerate(PHASES) if made[phase]), default=-1)
        return list(PHASES[: last + 1])

    def has_learner_state(self) -> bool:
        """Whether a phase would go on from a checkpoint of the learner."""
        in_sft = not self.sft_model.exists() and _has_steps(self.sft_partial)
        return in_sft or (not self.final_model.exists() and _has_steps(self.checkpoints))

    def _refuse_other_config(self, config: RunConfig) -> None:
        if not self.config.is_file():
            return
        try:
            before = yaml.safe_load(self.config.read_text(encoding="utf-8")) or {}
        except (OSError, ValueError, yaml.YAMLError) as error:
            before = error
        if not isinstance(before, dict):
            raise RunFolderError(
                f"{self.config} cannot be read, so nobody knows what this run was made with: bring it back from a "
                "copy, or set folder= to a new folder"
            )
        now = yaml.safe_load(dump_config(config))
        # A key that is younger than the run had nothing else than its default.
        before = _with_missing(before, yaml.safe_load(dump_config(RunConfig())))
        changed = binding_changes(before, now, self.begun_phases(), self.has_learner_state())
        if changed:
            more = f" and {len(changed) - 6} more" if len(changed) > 6 else ""
            raise RunFolderError(
                f"{self.root} holds a run made with other settings: {', '.join(changed[:6])}{more}. Go on with those, "
                "or set folder= to a new folder, or delete this one"
            )

    def record_phase(self, name: str, wall_s: float) -> None:
        """Add the seconds that a phase took, over all attempts."""
        phases = self.read_phases()
        phases[name] = {"wall_s": phases.get(name, {}).get("wall_s", 0.0) + wall_s}
        write_json(self.phases, phases)

    def read_phases(self) -> dict[str, dict[str, float]]:
        """By phase `{"wall_s": seconds}`, added up over all attempts."""
        return read_json(self.phases) if self.phases.is_file() else {}


def _with_missing(settings: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Settings with the defaults of the keys that they lack, at every depth."""
    merged = {**defaults, **settings}
    for name, value in settings.items():
        if isinstance(value, dict) and isinstance(defaults.get(name), dict):
            merged[name] = _with_missing(value, defaults[name])
    return merged


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


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file of the run folder.

    Raises:
        RunFolderError: it cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise RunFolderError(f"{path} is not JSON ({error}): {_MADE_AGAIN}") from error
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read ({error.strerror}): {_MADE_AGAIN}") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{path} must hold an object, not a {type(content).__name__}: {_MADE_AGAIN}")
    return content


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


def _has_steps(folder: Path) -> bool:
    return any(folder.glob("step-*"))


def _has_rows(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
