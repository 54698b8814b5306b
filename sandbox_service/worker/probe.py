"""Finds out which layers this machine allows: builds each in a forked process, on top of those that worked."""

import os
import socket
from collections.abc import Callable
from dataclasses import replace

from . import private_root
from .jail import Jail, Limits
from .kernel import cgroup, layers, namespaces
from .scratch import Scratch, empty
from .spec import WorkerSpec

_MAX_REASON_BYTES = 500


def probe(spec: WorkerSpec) -> dict[str, object]:
    """Layers that can be in force together, in building order, and the reason against each other one."""
    active: tuple[str, ...] = ()
    refused: dict[str, str] = {}
    os.makedirs(spec.scratch_folder, mode=0o700, exist_ok=True)
    for layer in spec.layers:
        missing = [needed for needed in layers.NEEDS[layer] if needed not in active]
        reason = (
            f"needs {missing[0]}"
            if missing
            else _reason_against(layer, replace(spec, layers=(*active, layer)))
        )
        if reason:
            refused[layer] = reason
        else:
            active = (*active, layer)
    empty(spec.scratch_folder)
    return {"active": active, "refused": refused}


def _reason_against(layer: str, spec: WorkerSpec) -> str:
    reasons, say = os.pipe()
    _in_child(lambda: _keeper(layer, spec, say), say)
    os.close(say)
    if layers.CGROUP in spec.layers:
        cgroup.remove(spec.cgroup_folder)
    with open(reasons, "rb") as file:
        return file.read(_MAX_REASON_BYTES).decode(errors="replace")


def _in_child(function: Callable[[], None], say: int) -> None:
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return
    try:
        function()
    except Exception as error:
        os.write(say, (str(error) or type(error).__name__).encode())
    finally:
        os._exit(0)


def _keeper(layer: str, spec: WorkerSpec, say: int) -> None:
    namespaces.enter(spec.layers)
    _in_child(lambda: _supervisor(layer, spec, say), say)


def _supervisor(layer: str, spec: WorkerSpec, say: int) -> None:
    scratch = Scratch(spec)
    jail = Jail(replace(spec, max_processes=1) if layer == layers.PROCESS_LIMIT else spec, scratch)
    if layers.PRIVATE_ROOT in spec.layers:
        private_root.build(spec)
    jail.prepare()
    scratch.create()
    _in_child(lambda: _script(layer, spec, jail), say)
    scratch.discard()


def _script(layer: str, spec: WorkerSpec, jail: Jail) -> None:
    jail.close_on_self(Limits(timeout_s=1, memory_mib=64))
    if layer == layers.SEPARATE_USER:
        _require_readable((os.__file__, *spec.import_paths))
    elif layer == layers.LANDLOCK:
        _require_refused("reading the root folder", lambda: os.listdir("/"))
    elif layer == layers.SECCOMP:
        # Whatever the layers, no script may talk to the kernel itself.
        _require_refused(
            "opening a socket", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()
        )
    elif layer == layers.PROCESS_LIMIT:
        _require_refused("a process above the limit", _fork_and_leave)


def _require_readable(paths: tuple[str, ...]) -> None:
    for path in paths:
        if not os.access(path, os.R_OK):
            raise PermissionError(f"another user than the one who installed Python cannot read {path}")


def _require_refused(what: str, action: Callable[[], object]) -> None:
    try:
        action()
    except OSError:
        return
    raise PermissionError(f"{what} was not refused although the layer was put in force")


def _fork_and_leave() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
