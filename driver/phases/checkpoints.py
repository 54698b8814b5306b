"""Checkpoints and saved models: folders that are whole or not there, and that show it when they are damaged later.

A folder is written under another name, its files are listed in `manifest.json` with size and checksum, everything is
brought to the disk, and only then it takes its name. Before a folder is used it is compared with its list; of several
checkpoints `step-N` the newest whole one is taken.
"""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from curriculum.whole_files import DRAFT, bring_tree_to_disk, whole_folder
from driver.errors import RunFolderError
from driver.outputs.run_folder import write_json

MANIFEST = "manifest.json"
_DAMAGED = ".damaged"
_READERS = 4


@asynccontextmanager
async def drafted(folder: Path) -> AsyncIterator[Path]:
    """A folder to write into that takes the name `folder` once the block is through, and is gone if it fails.

    Raises:
        RunFolderError: the disk is full or the folder cannot be written to; what was there before is unharmed.
    """
    with whole_folder(folder, failure=RunFolderError) as draft:
        yield draft
        # In a thread: it reads everything once, which for a large model takes minutes.
        await asyncio.to_thread(seal, draft)


def seal(folder: Path) -> None:
    """Bring the files of `folder` to the disk and list them, with their size and SHA-256, in its manifest."""
    bring_tree_to_disk(folder)
    files = _files(folder)
    with ThreadPoolExecutor(_READERS) as readers:
        sums = list(readers.map(_sha256, files))
    listed = {
        str(file.relative_to(folder)): {"bytes": file.stat().st_size, "sha256": checksum}
        for file, checksum in zip(files, sums, strict=True)
    }
    write_json(folder / MANIFEST, {"files": listed})


def damage(folder: Path) -> str | None:
    """What is wrong with a sealed folder, in words; None if every file is as it was written."""
    try:
        listed: dict[str, dict[str, Any]] = json.loads((folder / MANIFEST).read_bytes())["files"]
        expected = {folder / name: (int(row["bytes"]), str(row["sha256"])) for name, row in listed.items()}
    except FileNotFoundError:
        return f"{MANIFEST} is missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{MANIFEST} cannot be read ({type(error).__name__})"
    for file, (num_bytes, _) in expected.items():
        if not file.is_file():
            return f"{file.relative_to(folder)} is missing"
        if file.stat().st_size != num_bytes:
            return f"{file.relative_to(folder)} has {file.stat().st_size} bytes of {num_bytes}"
    with ThreadPoolExecutor(_READERS) as readers:
        try:
            sums = list(readers.map(_sha256, expected))
        except OSError as error:
            return f"{error.filename or folder} cannot be read ({error.strerror})"
    wrong = [file for file, checksum in zip(expected, sums, strict=True) if checksum != expected[file][1]]
    return f"{wrong[0].relative_to(folder)} has another checksum than when it was written" if wrong else None


async def refuse_damaged_model(folder: Path) -> None:
    """Refuse a model whose files are not as they were written; one without a manifest was put there by the user.

    Raises:
        RunFolderError: a file is missing, cut or changed.
    """
    if not (folder / MANIFEST).is_file():
        return
    fault = await asyncio.to_thread(damage, folder)
    if fault is not None:
        raise RunFolderError(
            f"the model in {folder} is damaged ({fault}): bring it back from a copy, or delete that folder and the "
            "run makes it again"
        )


def checkpoint_steps(folder: Path) -> list[int]:
    """Steps with a checkpoint, oldest first."""
    names = (p.name.removeprefix("step-") for p in folder.glob("step-*") if p.is_dir())
    return sorted(int(name) for name in names if name.isdigit())


def latest_checkpoint(folder: Path, say: Callable[[str], None] = lambda _: None) -> Path | None:
    """The newest whole checkpoint; None if there never was one.

    Args:
        folder: where the checkpoints lie.
        say: is told of each damaged one that is passed over. It is renamed to `step-N.damaged` and goes with the next
            checkpoint.

    Raises:
        RunFolderError: there are checkpoints, but none of them is whole.
    """
    faults: list[tuple[Path, str]] = []
    for step in reversed(checkpoint_steps(folder)):
        checkpoint = folder / f"step-{step}"
        fault = damage(checkpoint)
        if fault is None:
            for bad, why in faults:
                say(f"checkpoint {bad.name} is damaged ({why}): going on from {checkpoint.name}")
                _set_aside(bad)
            return checkpoint
        faults.append((checkpoint, fault))
    if faults:
        told = "; ".join(f"{bad.name}: {why}" for bad, why in faults)
        raise RunFolderError(
            f"all {len(faults)} checkpoints in {folder} are damaged ({told}): bring one back from a copy, or delete "
            "them to begin this phase again"
        )
    return None


def remove_checkpoints(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` checkpoints, damaged ones, and drafts of interrupted ones."""
    steps = checkpoint_steps(folder)
    for step in steps[: max(0, len(steps) - keep)]:
        # Half removed it would look like a damaged one.
        gone = folder / f"step-{step}{DRAFT}"
        shutil.rmtree(gone, ignore_errors=True)
        (folder / f"step-{step}").rename(gone)
    for leftover in (*folder.glob(f"step-*{DRAFT}"), *folder.glob(f"step-*{_DAMAGED}")):
        shutil.rmtree(leftover, ignore_errors=True)
    if keep == 0:
        shutil.rmtree(folder, ignore_errors=True)


def write_state(folder: Path, state: dict[str, object]) -> None:
    """The driver's own state beside the learner's."""
    write_json(folder / "state.json", state)


def read_state(folder: Path) -> dict[str, Any]:
    """The state that `write_state` wrote."""
    state: dict[str, Any] = json.loads((folder / "state.json").read_text())
    return state


def _set_aside(checkpoint: Path) -> None:
    place = checkpoint.with_name(checkpoint.name + _DAMAGED)
    shutil.rmtree(place, ignore_errors=True)
    checkpoint.rename(place)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
