"""Limits that no single rlimit expresses, looked at a few times a second while a script runs.

Memory of all its processes together, and, where the scratch folder is no tmpfs of fixed size, the room it takes.
"""

import errno
import os
import resource
from pathlib import Path

from . import layers
from .scratch import MAX_FILES, Scratch
from .spec import LaneSpec

TICK_S = 0.1
_MIB = 1 << 20
_BLOCK_BYTES = 512


class Watchdog:
    """Says which limit a running script has passed."""

    def __init__(self, spec: LaneSpec, scratch: Scratch) -> None:
        self._sees_all_processes = layers.FRESH_PROC in spec.layers
        self._scratch = scratch
        self._scratch_bytes = spec.scratch_mib * _MIB
        self._own_bytes = _private_bytes(os.getpid()) if self._sees_all_processes else 0

    def passed_limit(self, pid: int, memory_mib: int) -> str:
        """`memory` or `scratch`, or nothing."""
        if self._sees_all_processes and self._family_bytes() > memory_mib * _MIB:
            return "memory"
        if not self._scratch.is_tmpfs and self._used_bytes(pid) > self._scratch_bytes:
            return "scratch"
        return ""

    def _family_bytes(self) -> int:
        # Every process carries the lane's own pages from birth, shared with it until written.
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        return sum(max(0, _private_bytes(pid) - self._own_bytes) for pid in pids)

    def _used_bytes(self, pid: int) -> int:
        """Bytes in the scratch folder, and in open files that were deleted from it."""
        try:
            return _bytes_below(self._scratch.folder) + _deleted_bytes(pid)
        except OSError:
            # Closed to its owner, or nested deeper than a path may be long: no honest script does that.
            return self._scratch_bytes + 1


def _bytes_below(folder: str) -> int:
    total = num_files = 0
    folders = [folder]
    while folders:
        for entry in _entries(folders.pop()):
            num_files += 1
            if num_files > MAX_FILES:
                raise OSError(errno.EMFILE, "too many files")
            total += _disk_bytes(entry.path)
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
    return total


def _entries(folder: str) -> list["os.DirEntry[str]"]:
    try:
        return list(os.scandir(folder))
    except FileNotFoundError:
        return []


def _private_bytes(pid: int) -> int:
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize()


def _disk_bytes(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * _BLOCK_BYTES
    except FileNotFoundError:
        return 0


def _deleted_bytes(pid: int) -> int:
    total = 0
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            status = os.stat(f"/proc/{pid}/fd/{name}")
            total += status.st_blocks * _BLOCK_BYTES if status.st_nlink == 0 else 0
    except OSError:
        return total
    return total
