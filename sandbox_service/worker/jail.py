"""What a script's own process takes on before it runs the first line of untrusted code."""

import math
import os
import resource
import signal
import socket
from collections.abc import Collection
from dataclasses import dataclass

from . import private_root
from .kernel import cgroup, landlock, layers, seccomp, syscalls
from .kernel.namespaces import SCRIPT_UID
from .scratch import Scratch
from .spec import WorkerSpec

_MIB = 1 << 20
_MAX_OPEN_FILES = 256
_HOST_NAME = "sandbox"
_PROC_FILES = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat")
_ETC_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/passwd", "/etc/group")
_OWN_ETC_FILES = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/services")


@dataclass(frozen=True)
class Limits:
    """Limits of one run."""

    timeout_s: float
    memory_mib: int


class Jail:
    """Everything that can be prepared once per worker, and `close_on_self`, which each run's process calls."""

    def __init__(self, spec: WorkerSpec, scratch: Scratch) -> None:
        self._spec = spec
        self._active = frozenset(spec.layers)
        self._scratch = scratch
        self._baseline_bytes = _virtual_memory_bytes()
        self._num_cpus = os.cpu_count() or 1
        # Made before the private root hides the folder.
        in_group = layers.CGROUP in self._active
        self.group = cgroup.WorkerGroup(spec.cgroup_folder, spec.max_processes) if in_group else None
        """The control group that every script's process enters."""
        self._ruleset: int | None = None
        self._shared_filter: bytes | None = None

    def prepare(self) -> None:
        """Set what children inherit and build what they share. Call it inside the private root."""
        syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
        if layers.UTS_NAMESPACE in self._active:
            socket.sethostname(_HOST_NAME)
        if layers.NO_NEW_PRIVS in self._active:
            syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        # Landlock's rule needs the folder to be there.
        self._scratch.create()
        self._scratch.discard()
        if layers.LANDLOCK in self._active:
            scopes = layers.LANDLOCK_SCOPES in self._active
            self._ruleset = landlock.ruleset(
                self._landlock_rules(), scopes=scopes, own_network=has_own_network(self._active)
            )
        if layers.SECCOMP in self._active and self._active & {layers.PID_NAMESPACE, layers.LANDLOCK_SCOPES}:
            # Signals cannot leave anyway, so that one filter serves all; else each names its own process.
            self._shared_filter = self._filter(signals_only_to=None)

    def _landlock_rules(self) -> list[tuple[str, int]]:
        in_own_root = layers.PRIVATE_ROOT in self._active
        system = ("/proc", *_OWN_ETC_FILES) if in_own_root else _PROC_FILES
        rules = [
            (os.path.realpath(path), landlock.READ) for path in (*self._spec.read_paths, *_ETC_FILES, *system)
        ]
        rules += [(path, landlock.WRITE_DEVICE) for path in private_root.DEVICES]
        return [*rules, (self._scratch.writable, landlock.EVERYTHING)]

    def close_on_self(self, limits: Limits) -> str:
        """Give up every right for good and return the scratch folder, now the current one.

        The order matters: limits before the user changes, the user before the parent-death signal (changing it
        clears the signal), and the filter last, for it refuses some of the calls made before.
        """
        os.setsid()
        if self.group is not None:
            self.group.enter()
        if layers.RLIMITS in self._active:
            self._set_rlimits(limits)
        if layers.SEPARATE_USER in self._active:
            os.setgroups([])
            os.setresgid(SCRIPT_UID, SCRIPT_UID, SCRIPT_UID)
            os.setresuid(SCRIPT_UID, SCRIPT_UID, SCRIPT_UID)
        syscalls.drop_capabilities()
        # Lets the script read its own /proc/self; the supervisor itself stays closed.
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        folder = self._scratch.populate()
        os.chdir(folder)
        if self._ruleset is not None:
            landlock.restrict(self._ruleset)
            os.close(self._ruleset)
        if layers.SECCOMP in self._active:
            seccomp.install(self._shared_filter or self._filter(signals_only_to=os.getpid()))
        return folder

    def _filter(self, *, signals_only_to: int | None) -> bytes:
        return seccomp.program(
            # Where processes cannot be counted, watched and swept, only threads are safe to allow.
            threads_only=not {layers.PROCESS_LIMIT, layers.FRESH_PROC} <= self._active,
            own_files=layers.PRIVATE_ROOT in self._active,
            own_network=has_own_network(self._active),
            signals_only_to=signals_only_to,
        )

    def _set_rlimits(self, limits: Limits) -> None:
        cpu_s = math.ceil(limits.timeout_s) * self._num_cpus + 1
        values = {
            resource.RLIMIT_AS: self._baseline_bytes + limits.memory_mib * _MIB,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_CPU: cpu_s,
            resource.RLIMIT_FSIZE: self._spec.file_mib * _MIB,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_NOFILE: _MAX_OPEN_FILES,
        }
        if layers.USER_NAMESPACE in self._active:
            # Counted per user and user namespace: where the user is shared, keeper and supervisor count as well.
            own = 0 if layers.SEPARATE_USER in self._active else 2
            values[resource.RLIMIT_NPROC] = self._spec.max_processes + own
        for limit, value in values.items():
            resource.setrlimit(limit, (value, value))


def has_own_network(active: Collection[str]) -> bool:
    """Whether a socket reaches nobody but the script: no network outside, no file of anybody else's socket."""
    return {layers.NETWORK_NAMESPACE, layers.PRIVATE_ROOT, layers.FRESH_PROC} <= set(active)


def _virtual_memory_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()
