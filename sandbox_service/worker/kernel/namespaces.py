"""Enters the namespaces of a worker. The caller's next child is process 1 of the new pid namespace.

Inside, the script is user 1000. Started by root with `separate_user`, that is host user 60001, whom nothing belongs to,
and the supervisor stays root of its own namespace; else the host user who started the worker, stripped of everything.
"""

import os

from . import layers, syscalls

SCRIPT_UID = 1000
_HOST_UID = 60001

_FLAGS = {
    layers.USER_NAMESPACE: syscalls.CLONE_NEWUSER,
    layers.PID_NAMESPACE: syscalls.CLONE_NEWPID,
    layers.NETWORK_NAMESPACE: syscalls.CLONE_NEWNET,
    layers.IPC_NAMESPACE: syscalls.CLONE_NEWIPC,
    layers.UTS_NAMESPACE: syscalls.CLONE_NEWUTS,
    layers.PRIVATE_ROOT: syscalls.CLONE_NEWNS,
}


def enter(active: tuple[str, ...]) -> None:
    """Unshare the namespaces among the `active` layers and map the users."""
    flags = sum(flag for layer, flag in _FLAGS.items() if layer in active)
    if not flags:
        return
    if layers.SEPARATE_USER in active:
        writer, go = _fork_map_writer(os.getpid(), os.geteuid(), os.getegid())
        syscalls.unshare(flags)
        os.close(go)
        _, status = os.waitpid(writer, 0)
        if status:
            raise PermissionError(
                f"host user {_HOST_UID} cannot be mapped, only a privileged user may do that"
            )
    else:
        # Read before: afterwards both are the overflow id until the map is written.
        uid, gid = os.geteuid(), os.getegid()
        syscalls.unshare(flags)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{SCRIPT_UID} {uid} 1")
        _write("/proc/self/gid_map", f"{SCRIPT_UID} {gid} 1")


def _fork_map_writer(pid: int, uid: int, gid: int) -> tuple[int, int]:
    """A child that stays in the host's namespace and maps two users once the returned descriptor is closed."""
    wait, go = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(go)
            os.read(wait, 1)
            _write(f"/proc/{pid}/uid_map", f"0 {uid} 1\n{SCRIPT_UID} {_HOST_UID} 1")
            _write(f"/proc/{pid}/gid_map", f"0 {gid} 1\n{SCRIPT_UID} {_HOST_UID} 1")
            status = 0
        finally:
            os._exit(status)
    os.close(wait)
    return child, go


def _write(path: str, text: str) -> None:
    # One write: the kernel takes a map in one piece.
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
