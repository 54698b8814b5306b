"""Builds the root folder of a worker: the interpreter and its libraries read-only, a few devices, nothing else."""

import contextlib
import os
from pathlib import Path

from . import surroundings
from .kernel import layers, syscalls
from .spec import WorkerSpec

SCRATCH_PARENT = "/scratch"
SCRATCH = f"{SCRATCH_PARENT}/run"
# Not /dev/zero: a shared mapping of it is memory that no limit counts.
DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
_PROC_KEPT = {"cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "sys", "uptime", "version"}
_LINKS = {
    "/tmp": f"{SCRATCH}/tmp",
    # Where models are used to find and leave files.
    "/mnt/data": f"{SCRATCH}/work",
    "/dev/shm": f"{SCRATCH}/tmp",
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}


def build(spec: WorkerSpec) -> None:
    """Replace the root of this mount namespace. Call it as process 1 of the worker's pid namespace, if there is one."""
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    # Opened first: the new root may cover them (a virtual environment below /tmp, say).
    sources = {
        path: os.open(path, os.O_PATH) for path in (*spec.read_paths, *DEVICES) if os.path.exists(path)
    }
    links = {path: os.readlink(path) for path in spec.read_paths if os.path.islink(path)}
    root = spec.mount_point
    syscalls.mount("tmpfs", root, "tmpfs", syscalls.MS_NOSUID, "mode=0755,size=4m")
    for path, fd in sources.items():
        if path in links:
            _parent(root + path)
            os.symlink(links[path], root + path)
        else:
            _bind(fd, root + path, read_only=path not in DEVICES)
        os.close(fd)
    os.makedirs(f"{root}/proc")
    if layers.FRESH_PROC in spec.layers:
        flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
        syscalls.mount("proc", f"{root}/proc", "proc", flags)
        _hide_below(f"{root}/proc", root)
    os.makedirs(root + SCRATCH)
    for path, target in _LINKS.items():
        # A Python installed below /tmp stands there already.
        if not os.path.lexists(root + path):
            _parent(root + path)
            os.symlink(target, root + path)
    os.makedirs(f"{root}/etc", exist_ok=True)
    for name, text in surroundings.etc(f"{SCRATCH}/work").items():
        Path(f"{root}/etc/{name}").write_text(text)
    for path, target in surroundings.program_links().items():
        if not os.path.lexists(root + path):
            _parent(root + path)
            os.symlink(target, root + path)
    _enter(root)
    syscalls.make_read_only("/", recursive=False)


def _hide_below(proc: str, root: str) -> None:
    """Cover what this file system tells about the host and not about processes: key rings, kernel symbols, counters."""
    file, folder = f"{root}/.nothing", f"{root}/.nowhere"
    os.close(os.open(file, os.O_CREAT, 0))
    os.mkdir(folder, 0)
    for entry in os.scandir(proc):
        if entry.name.isdigit() or entry.is_symlink() or entry.name in _PROC_KEPT:
            continue
        syscalls.mount(folder if entry.is_dir() else file, entry.path, None, syscalls.MS_BIND)


def _bind(source_fd: int, target: str, *, read_only: bool) -> None:
    source = f"/proc/self/fd/{source_fd}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        _parent(target)
        Path(target).touch()
    syscalls.mount(source, target, None, syscalls.MS_BIND | syscalls.MS_REC)
    if read_only:
        syscalls.make_read_only(target, recursive=True)


def _parent(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)


def _enter(root: str) -> None:
    with contextlib.suppress(PermissionError):
        return syscalls.pivot_root(root)
    # Some container profiles let mount through and refuse pivot_root.
    os.chdir(root)
    syscalls.mount(root, "/", None, syscalls.MS_MOVE)
    os.chroot(".")
    os.chdir("/")
    return None
