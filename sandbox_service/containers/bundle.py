"""What a container is made of: an OCI bundle, as data and on disk.

The root is read-only: the interpreter's own paths by bind mounts, a fresh /proc, a few devices and a tmpfs for
the script. No network, no capability, no variable of ours in the environment, an unprivileged user.
"""

import errno
import json
import math
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox_service.config import SandboxConfig
from sandbox_service.records import ExecutionRequest
from sandbox_service.worker import surroundings

SCRATCH = "/scratch"
_TMP = "/tmp"
_ORDER, _ENTRY, _INTERPRETER = (f"/sandbox/{name}" for name in ("order.json", "entry.py", "interpreter.py"))
_INTERPRETER_SOURCE = Path(__file__).parents[1] / "worker" / "script" / "interpreter.py"
_NOBODY = 65534
_MAX_OPEN_FILES = 256
_MIB = 2**20
_READ_ONLY = ["rbind", "ro", "nosuid", "nodev"]
_ENVIRONMENT = (
    *(
        "LANG=C.UTF-8",
        "PYTHONHASHSEED=0",
        "MALLOC_ARENA_MAX=2",
        "OMP_NUM_THREADS=1",
        "OPENBLAS_NUM_THREADS=1",
    ),
    *("MKL_NUM_THREADS=1", "MPLBACKEND=Agg", f"HOME={SCRATCH}/work", f"TMPDIR={SCRATCH}/tmp"),
    *(
        f"MPLCONFIGDIR={SCRATCH}/tmp",
        "PYTHONUNBUFFERED=1",
        f"PATH={Path(sys.executable).parent}:/usr/bin:/bin",
    ),
)
_REFUSED_CALLS = [
    *("acct", "add_key", "bpf", "chroot", "clone3", "delete_module", "fanotify_init", "finit_module"),
    *("fsconfig", "fsmount", "fsopen", "fspick", "init_module", "io_uring_enter", "io_uring_register"),
    *("io_uring_setup", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "memfd_create"),
    *("memfd_secret", "mount", "mount_setattr", "move_mount", "name_to_handle_at", "open_by_handle_at"),
    *("open_tree", "perf_event_open", "pidfd_getfd", "pivot_root", "process_madvise", "process_vm_readv"),
    *("process_vm_writev", "ptrace", "quotactl", "reboot", "request_key", "setdomainname", "sethostname"),
    *("setns", "swapoff", "swapon", "syslog", "umount2", "unshare", "userfaultfd", "vhangup"),
]
_ENOSYS = 38
_OTHER_FAMILIES = (0, *range(3, 10))
"""Families of sockets below the last of those that a script may use: unix, IP and IPv6. Above it, all others."""


@dataclass(frozen=True)
class Layout:
    """What all containers of a pool share.

    Example: `Layout(read_paths=("/usr/lib",), import_paths=(), has_cgroups=False)`.
    """

    read_paths: tuple[str, ...]
    """Paths of this machine that a script may read."""
    import_paths: tuple[str, ...]
    """Folders with installed packages."""
    has_cgroups: bool
    """Whether memory and processes are limited by cgroups."""
    own_processes: int = 1
    """Processes of the container that are not the script's."""
    own_mib: int = 128
    """Memory of the container that is not the script's: the interpreter, twice."""


def write_bundle(folder: Path, request: ExecutionRequest, layout: Layout, limits: SandboxConfig) -> None:
    """Write a bundle for one script: its root, its order and its configuration."""
    root = folder / "rootfs"
    for place in ("proc", "dev", "sandbox", SCRATCH.strip("/")):
        (root / place).mkdir(parents=True)
    # Some runtimes give a tmpfs the mode of the folder that it covers.
    (root / SCRATCH.strip("/")).chmod(0o1777)
    for path in layout.read_paths:
        if Path(path).is_symlink():
            _inside(root, path).parent.mkdir(parents=True, exist_ok=True)
            _inside(root, path).symlink_to(Path(path).readlink())
    (root / "etc").mkdir(exist_ok=True)
    for name, text in surroundings.etc(f"{SCRATCH}/work").items():
        (root / "etc" / name).write_text(text)
    for path, target in (*surroundings.program_links().items(), ("/mnt/data", f"{SCRATCH}/work")):
        if not _inside(root, path).is_symlink():
            _inside(root, path).parent.mkdir(parents=True, exist_ok=True)
            _inside(root, path).symlink_to(target)
    if _reads_below_tmp(layout):
        _inside(root, _TMP).mkdir()
    else:
        _inside(root, _TMP).symlink_to(f"{SCRATCH}/tmp")
    order = {
        "code": request.code,
        "seed": request.seed,
        "scratch": SCRATCH,
        "interpreter": _INTERPRETER,
        "import_paths": layout.import_paths,
        "memory_bytes": min(request.memory_mib, limits.memory_mib) * _MIB,
    }
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
    spec = container_spec(folder, request, layout, limits)
    (folder / "config.json").write_text(json.dumps(spec), encoding="utf-8")


def container_spec(
    folder: Path, request: ExecutionRequest, layout: Layout, limits: SandboxConfig
) -> dict[str, Any]:
    """The bundle's configuration in the words of the OCI runtime specification 1.0."""
    kinds = ("pid", "network", "ipc", "uts", "mount")
    return {
        "ociVersion": "1.0.2",
        "process": _process(request, limits),
        "root": {"path": "rootfs", "readonly": True},
        "hostname": "sandbox",
        "mounts": _mounts(folder, layout, limits),
        "linux": {
            "namespaces": [{"type": kind} for kind in kinds],
            "seccomp": {
                "defaultAction": "SCMP_ACT_ALLOW",
                # As from a kernel without them: the C library then takes another way (clone for clone3).
                "syscalls": [
                    {"names": _REFUSED_CALLS, "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS},
                    *(_no_socket(family, "SCMP_CMP_EQ") for family in _OTHER_FAMILIES),
                    _no_socket(socket.AF_INET6, "SCMP_CMP_GT"),
                ],
            },
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            **({"resources": _resources(request, layout, limits)} if layout.has_cgroups else {}),
        },
    }


def _no_socket(family: int, comparison: str) -> dict[str, Any]:
    argument = {"index": 0, "value": int(family), "op": comparison}
    return {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EPERM, "args": [argument]}


def _process(request: ExecutionRequest, limits: SandboxConfig) -> dict[str, Any]:
    cpu_s = math.ceil(min(request.timeout_s, limits.timeout_s)) * (os.cpu_count() or 1) + 1
    rlimits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": cpu_s,
        "RLIMIT_FSIZE": limits.file_mib * _MIB,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_NOFILE": _MAX_OPEN_FILES,
        "RLIMIT_NPROC": limits.max_processes * limits.num_workers,
    }
    sets = ("bounding", "effective", "permitted", "inheritable", "ambient")
    return {
        "terminal": False,
        "user": {"uid": _NOBODY, "gid": _NOBODY},
        "args": [os.path.realpath(sys.executable), "-s", "-S", "-P", _ENTRY, _ORDER],
        "env": list(_ENVIRONMENT),
        "cwd": "/",
        "capabilities": {name: [] for name in sets},
        "noNewPrivileges": True,
        "rlimits": [{"type": name, "soft": value, "hard": value} for name, value in rlimits.items()],
        "oomScoreAdj": 1000,
    }


def _reads_below_tmp(layout: Layout) -> bool:
    """Whether the interpreter itself lies there: then it cannot be a link into the scratch folder."""
    return any(path.startswith(f"{_TMP}/") for path in layout.read_paths)


def _mounts(folder: Path, layout: Layout, limits: SandboxConfig) -> list[dict[str, Any]]:
    def tmpfs(destination: str, *options: str) -> dict[str, Any]:
        return {"destination": destination, "type": "tmpfs", "source": "tmpfs", "options": list(options)}

    def bound(source: str, destination: str) -> dict[str, Any]:
        return {"destination": destination, "type": "bind", "source": source, "options": _READ_ONLY}

    size = f"size={limits.scratch_mib}m"
    return [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "nodev", "noexec"]},
        tmpfs("/dev", "nosuid", "mode=755", "size=64k"),
        tmpfs("/dev/shm", "nosuid", "nodev", "mode=1777", size),
        tmpfs(SCRATCH, "nosuid", "nodev", "mode=1777", size, "nr_inodes=4096"),
        *(
            [tmpfs(_TMP, "nosuid", "nodev", "mode=1777", size, "nr_inodes=4096")]
            if _reads_below_tmp(layout)
            else []
        ),
        *(bound(path, path) for path in layout.read_paths if not Path(path).is_symlink()),
        bound(str(folder / "order.json"), _ORDER),
        bound(str(Path(__file__).with_name("entry.py")), _ENTRY),
        bound(str(_INTERPRETER_SOURCE), _INTERPRETER),
    ]


def _resources(request: ExecutionRequest, layout: Layout, limits: SandboxConfig) -> dict[str, Any]:
    memory_mib = min(request.memory_mib, limits.memory_mib) + limits.scratch_mib + layout.own_mib
    return {
        "memory": {"limit": memory_mib * _MIB},
        "pids": {"limit": limits.max_processes + layout.own_processes},
    }


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
