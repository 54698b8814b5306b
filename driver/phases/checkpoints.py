"""Checkpoints as folders `step-N`; one that is being written has another name, so every `step-N` is whole."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driver.outputs.run_folder import write_json


@contextmanager
def drafted(folder: Path) -> Iterator[Path]:
    """A folder to write into that takes the name `folder` once the block is through, and not if it fails."""
    draft = folder.with_name(folder.name + ".draft").absolute()
    yield draft
    draft.rename(folder)


def checkpoint_steps(folder: Path) -> list[int]:
    """Steps with a whole checkpoint, oldest first."""
    names = (p.name.removeprefix("step-") for p in folder.glob("step-*") if p.is_dir())
    return sorted(int(name) for name in names if name.isdigit())


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint."""
    steps = checkpoint_steps(folder)
    return folder / f"step-{steps[-1]}" if steps else None


def remove_checkpoints(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` checkpoints, and drafts of interrupted ones."""
    steps = checkpoint_steps(folder)
    for step in steps[: max(0, len(steps) - keep)]:
        shutil.rmtree(folder / f"step-{step}", ignore_errors=True)
    for draft in folder.glob("step-*.draft"):
        shutil.rmtree(draft, ignore_errors=True)
    if keep == 0:
        shutil.rmtree(folder, ignore_errors=True)


def write_state(folder: Path, state: dict[str, object]) -> None:
    """The driver's own state beside the learner's."""
    write_json(folder / "state.json", state)


def read_state(folder: Path) -> dict[str, object]:
    """What `write_state` wrote."""
    return json.loads((folder / "state.json").read_text())
