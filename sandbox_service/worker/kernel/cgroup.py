"""A control group (version 2) for the scripts of one worker, where the machine delegates one.

The kernel then counts the memory of all processes of a script together, its own memory on their behalf included, which
no rlimit does. A group that holds processes cannot have children with limits, so ours stands next to the pool's own.
"""

import contextlib
import errno
import os
import time
import uuid

_CONTROLLERS = ("memory", "pids")
_MIB = 1 << 20
_PAUSE_S = 0.01


def new_folder(proc: str = "/proc/self") -> str:
    """Where a new group would stand; empty where no cgroup v2 is mounted. Makes nothing."""
    try:
        mount_point, own = _mount_point(f"{proc}/mountinfo"), _own_group(f"{proc}/cgroup")
    except (OSError, StopIteration):
        return ""
    parent = os.path.normpath(mount_point + os.path.dirname(own))
    return f"{parent}/sandbox-{uuid.uuid4().hex[:12]}"


def _mount_point(mountinfo: str) -> str:
    with open(mountinfo, encoding="ascii", errors="replace") as file:
        # "... root mount-point options - kind source options"; another root than / would need paths translated.
        fields = (line.split() for line in file if " - cgroup2 " in line)
        return next(words[4] for words in fields if words[3] == "/")


def _own_group(cgroup: str) -> str:
    with open(cgroup, encoding="ascii", errors="replace") as file:
        return next(line[3:].rstrip("\n") for line in file if line.startswith("0::"))


class WorkerGroup:
    """The group, as the supervisor and its scripts use it: through descriptors, for the folder is out of sight.

    Raises:
        OSError: The kernel does not let us make it; with its reason.
    """

    def __init__(self, folder: str, max_processes: int) -> None:
        parent = os.path.dirname(folder)
        try:
            _enable_controllers(f"{parent}/cgroup.subtree_control")
            os.makedirs(folder, exist_ok=True)
            _write(f"{folder}/pids.max", str(max_processes))
            _write(f"{folder}/memory.oom.group", "1")
            # Only where the kernel can swap at all.
            with contextlib.suppress(FileNotFoundError):
                _write(f"{folder}/memory.swap.max", "0")
            self._processes = os.open(f"{folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
            self._memory_max = os.open(f"{folder}/memory.max", os.O_WRONLY | os.O_CLOEXEC)
            self._events = os.open(f"{folder}/memory.events", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            place = parent or "/sys/fs/cgroup"
            raise OSError(error.errno, f"no group with limits below {place}: {error.strerror}") from error
        self._num_kills = self._kills_so_far()

    def enter(self) -> None:
        """Move this process, and all it will start, into the group."""
        os.write(self._processes, b"0")

    def limit_memory(self, memory_mib: int) -> None:
        """Set what all processes in the group may take together, from now on."""
        os.pwrite(self._memory_max, b"%d" % (memory_mib * _MIB), 0)

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has killed a script for its memory since this was last asked."""
        before, self._num_kills = self._num_kills, self._kills_so_far()
        return self._num_kills > before

    def close(self) -> None:
        """Let go of the descriptors; the group stays until it is removed."""
        for fd in (self._processes, self._memory_max, self._events):
            os.close(fd)

    def _kills_so_far(self) -> int:
        lines = os.pread(self._events, 4096, 0).decode().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def remove(folder: str, patience_s: float = 1.0) -> None:
    """Kill what is left in the group and remove it; its processes are gone a moment after they were killed."""
    # Before Linux 5.14 there is no such file; whoever calls has killed them by other means.
    with contextlib.suppress(OSError):
        _write(f"{folder}/cgroup.kill", "1")
    deadline = time.monotonic() + patience_s
    while os.path.isdir(folder):
        try:
            return os.rmdir(folder)
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.ENOTEMPTY) or time.monotonic() > deadline:
                return None
        time.sleep(_PAUSE_S)
    return None


def _enable_controllers(subtree_control: str) -> None:
    with open(subtree_control, encoding="ascii") as file:
        enabled = file.read().split()
    missing = [name for name in _CONTROLLERS if name not in enabled]
    if missing:
        _write(subtree_control, " ".join(f"+{name}" for name in missing))


def _write(path: str, text: str) -> None:
    # One write, and never a new file: what the kernel did not put there has no meaning.
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
