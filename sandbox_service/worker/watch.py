"""Limits that no single rlimit expresses, looked at a few times a second while a script runs.

Memory of all its processes together, sockets, and, where the scratch folder is no tmpfs of fixed size, its room.
"""

import errno
import os
import resource
from pathlib import Path

from .jail import has_own_network
from .kernel import layers
from .kernel.cgroup import WorkerGroup
from .scratch import MAX_FILES, Scratch
from .spec import WorkerSpec
from .stop import Stop

TICK_S = 0.1
_MIB = 1 << 20
_BLOCK_BYTES = 512
_KERNEL_MIB = 32
_MAX_SOCKETS = 1024
"""Each holds up to a few hundred KiB in the kernel, which no other limit counts."""


class Watchdog:
    """Says which limit a running script has passed."""

    def __init__(self, spec: WorkerSpec, scratch: Scratch, group: WorkerGroup | None = None) -> None:
        self._group = group
        # The kernel charges the group for files in a tmpfs, and for what it keeps itself on behalf of a script.
        self._uncounted_mib = _KERNEL_MIB + (spec.scratch_mib if scratch.is_tmpfs else 0)
        self._sees_all_processes = layers.FRESH_PROC in spec.layers
        self._has_own_network = has_own_network(spec.layers)
        self._scratch = scratch
        self._scratch_bytes = spec.scratch_mib * _MIB
        self._largest_file = spec.file_mib * _MIB
        self._own_bytes = _private_bytes(os.getpid()) if self._sees_all_processes else 0

    def begin(self, memory_mib: int) -> None:
        """Set the limit that the kernel watches by itself, where it does."""
        if self._group is not None:
            self._group.limit_memory(memory_mib + self._uncounted_mib)

    def cause_of_death(self) -> Stop:
        """`memory` if that limit has just ended a script, or nothing."""
        has_run_out = self._group is not None and self._group.ran_out_of_memory()
        return Stop.MEMORY if has_run_out else Stop.NONE

    def passed_limit(self, pid: int, memory_mib: int) -> Stop:
        """`memory`, `sockets` or `scratch`, or nothing."""
        if self._sees_all_processes and self._family_bytes() > memory_mib * _MIB:
            return Stop.MEMORY
        if self._has_own_network and _num_sockets() > _MAX_SOCKETS:
            return Stop.SOCKETS
        if not self._scratch.is_tmpfs and self._used_bytes(pid) > self._scratch_bytes:
            return Stop.SCRATCH
        return Stop.NONE

    def _family_bytes(self) -> int:
        # Every process carries the supervisor's own pages from birth, shared with it until written.
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        return sum(max(0, _private_bytes(pid) - self._own_bytes) for pid in pids)

    def _used_bytes(self, pid: int) -> int:
        """Bytes in the scratch folder, and in files deleted from it that are still in use."""
        try:
            folder = self._scratch.folder
            return _bytes_below(folder) + _deleted_bytes(pid, folder, self._largest_file)
        except OSError:
            # Closed to its owner, nested deeper than a path may be long, or a program made unreadable so that its
            # descriptors cannot be looked at: no honest script does that.
            return self._scratch_bytes + 1


def _num_sockets() -> int:
    """In this network, the few of the supervisor's own included."""
    with open("/proc/self/net/sockstat", encoding="ascii") as file:
        return int(file.readline().split()[2])


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


def _deleted_bytes(pid: int, folder: str, largest_file: int) -> int:
    """Bytes in files of `folder` that were deleted and are still open or mapped."""
    sizes: dict[str, int] = {}
    for name in _listed(f"/proc/{pid}/fd"):
        try:
            status = os.stat(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if status.st_nlink == 0:
            sizes[str(status.st_ino)] = status.st_blocks * _BLOCK_BYTES
    for inode in _deleted_mappings(pid, folder):
        # Mapped and closed, which Python's own mmap never is: nothing tells its size, but it has an upper bound.
        sizes.setdefault(inode, largest_file)
    return sum(sizes.values())


def _deleted_mappings(pid: int, folder: str) -> set[str]:
    try:
        lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return set()
    # Span, rights, offset, device, inode, path.
    fields = [line.split(maxsplit=5) for line in lines if line.endswith(" (deleted)")]
    return {words[4] for words in fields if words[5].startswith(f"{folder}/")}


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, ProcessLookupError):
        return []
