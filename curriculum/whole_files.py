"""Files and folders that are the old one or the whole new one, whatever ends the process and when.

A draft beside the target is written and brought to the disk; only then it takes the target's name. What a killed
process left unfinished has a name that nothing reads.
"""

import contextlib
import errno
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

DRAFT = ".draft"
"""How the name of every draft ends."""

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_ROOM_BYTES = 4096


class NotWrittenError(OSError):
    """A file could not be written: the message says which one, why, and what to do about it."""


@contextmanager
def whole_file(
    path: Path, place: str = "folder=", failure: Callable[[str], Exception] = NotWrittenError
) -> Iterator[Path]:
    """A path to write to, which takes the name `path` once the block is through, and leaves nothing if it fails.

    Args:
        path: the file to make or to replace; its folder must exist.
        place: what the user sets to have the file elsewhere; for the message.
        failure: makes the error to raise from the message.

    Raises:
        NotWrittenError: or what `failure` makes: the disk is full or the folder cannot be written to.
    """
    draft = _draft_of(path)
    try:
        yield draft
        bring_to_disk(draft)
        draft.replace(path)
        bring_to_disk(path.parent)
    except OSError as error:
        raise failure(reason_not_written(path, error, place)) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def whole_folder(
    path: Path,
    place: str = "folder=",
    failure: Callable[[str], Exception] = NotWrittenError,
    *,
    replaces: bool = True,
) -> Iterator[Path]:
    """`whole_file` for a folder, which is there, empty, while the block runs.

    Args:
        path: the folder to make; those above it are made too.
        place: what the user sets to have it elsewhere; for the message.
        failure: makes the error to raise from the message.
        replaces: take the place of a folder that has the name already; else that one stays and this one is dropped, as
            befits a cache that two processes fill at once.

    Raises:
        NotWrittenError: or what `failure` makes: the disk is full or the folder cannot be written to.
    """
    draft = _draft_of(path)
    try:
        draft.mkdir(parents=True)
        yield draft
        bring_tree_to_disk(draft)
        _take_name(draft, path, replaces)
    except OSError as error:
        raise failure(reason_not_written(path, error, place)) from error
    except Exception as error:
        # Those who write tensors have errors of their own for a full disk.
        if not _was_cut_short(error, draft):
            raise
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise failure(reason_not_written(path, full, place)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def remove_drafts(folder: Path, older_than_s: float = 0.0) -> None:
    """Remove what killed processes left unfinished in `folder`.

    Args:
        folder: its own drafts go, those of folders in it stay.
        older_than_s: a draft touched within so many seconds may still be written by somebody else, and stays.
    """
    now = time.time()
    for draft in folder.glob(f"*{DRAFT}"):
        with contextlib.suppress(OSError):
            if now - draft.stat().st_mtime < older_than_s:
                continue
            if draft.is_dir():
                shutil.rmtree(draft, ignore_errors=True)
            else:
                draft.unlink()


def bring_to_disk(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems cannot be asked to do so for a folder; they are then none that would need it.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP} or not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def bring_tree_to_disk(folder: Path) -> None:
    """Wait until everything in `folder` is on the disk."""
    for place, _, files in os.walk(folder, topdown=False):
        for name in files:
            bring_to_disk(Path(place, name))
        bring_to_disk(Path(place))


def reason_not_written(path: Path, error: OSError, place: str = "folder=") -> str:
    """What to tell the user when `path` could not be written: one paragraph, with the cure."""
    cure = f"set {place} to a place that can be written to"
    if error.errno in _FULL:
        cure = f"free some space or set {place} to another disk; started again, it goes on from there"
    return f"{path} could not be written ({error.strerror or error}): {cure}"


def _draft_of(path: Path) -> Path:
    # Unique, since two processes may make the same file of the cache at once.
    return path.absolute().with_name(f"{path.name}.{uuid.uuid4().hex[:8]}{DRAFT}")


def _take_name(draft: Path, path: Path, replaces: bool) -> None:
    old = _draft_of(path)
    if path.exists():
        if not replaces:
            return
        path.rename(old)
    try:
        draft.rename(path)
    except OSError:
        if replaces or not path.exists():
            raise
        return
    bring_to_disk(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def _was_cut_short(error: Exception, folder: Path) -> bool:
    """Whether an error of somebody who wrote into `folder` comes from a full disk.

    safetensors names the system's error in its text; torch says only that its writer (inline_container) stands
    elsewhere than it should, and leaves the disk full.
    """
    text = str(error)
    if any(sign in text for sign in ("No space left", "Disk quota exceeded", "inline_container")):
        return True
    return folder.is_dir() and shutil.disk_usage(folder).free < _NO_ROOM_BYTES
