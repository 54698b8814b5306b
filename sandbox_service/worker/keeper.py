"""First process of a worker: enters the namespaces, forks the supervisor, sees to it that nothing outlives the pool.

Never runs untrusted code. Started as `python -s -S -P -c` with an empty environment and two descriptors: the
control socket of the worker, and the life line, whose other end closes when the pool dies, however it dies.
"""

import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys

from . import guest, private_root, probe, supervisor
from .jail import Jail, Limits, has_own_network
from .kernel import cgroup, layers, loopback, namespaces, syscalls
from .scratch import Scratch, empty
from .script import snippet
from .spec import WorkerSpec
from .warm_up import warm_up
from .watch import Watchdog

_CONTROL_FD, _LIFE_FD = 3, 4
_FIRST_FREE_FD = 64
_FIRST_TO_DIE_SCORE = "1000"


def main(control_fd: int, life_fd: int) -> None:
    """Read the order: become keeper of a worker, or probe the layers and report."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.umask(0o022)
    # The kernel's out-of-memory killer should take a script, never the training next to it.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(_FIRST_TO_DIE_SCORE)
    control = _at_fixed_numbers(control_fd, life_fd)
    order = json.loads(control.recv(supervisor.MAX_MESSAGE_BYTES))
    spec = WorkerSpec.from_dict(order["spec"])
    if order["op"] == "probe":
        control.send(json.dumps(probe.probe(spec)).encode())
    else:
        _keep(control, spec, Limits(order["timeout_s"], order["memory_mib"]))


def _at_fixed_numbers(control_fd: int, life_fd: int) -> socket.socket:
    # In two steps, or one could land on the other. Low numbers leave the rest to what each run brings.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE_FD) for fd in (control_fd, life_fd)]
    os.closerange(3, _FIRST_FREE_FD)
    for fd, wanted in zip(high, (_CONTROL_FD, _LIFE_FD), strict=True):
        os.dup2(fd, wanted, inheritable=False)
        os.close(fd)
    return socket.socket(fileno=_CONTROL_FD)


def _keep(control: socket.socket, spec: WorkerSpec, widest: Limits) -> None:
    has_host_scratch = layers.PRIVATE_ROOT not in spec.layers
    if has_host_scratch:
        os.mkdir(spec.scratch_folder, 0o700)
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
    namespaces.enter(spec.layers)
    pid = os.fork()
    if pid == 0:
        _live(control, spec, widest)
    control.close()
    process = os.pidfd_open(pid)
    select.select([process, _LIFE_FD], [], [])
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    if layers.CGROUP in spec.layers:
        cgroup.remove(spec.cgroup_folder)
    if has_host_scratch:
        empty(spec.scratch_folder)
        os.rmdir(spec.scratch_folder)
        # The pool does this itself, unless it was killed; whoever is last finds the folder empty.
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(spec.scratch_folder))


def _live(control: socket.socket, spec: WorkerSpec, widest: Limits) -> None:
    """Be the supervisor; in a script's process, run it. Never returns."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.close(_LIFE_FD)
    try:
        jail, scratch, watchdog = _prepared(spec)
        control.send(json.dumps({"layers": spec.layers}).encode())
        os.dup2(0, 2)
        channel = supervisor.serve(control, scratch, watchdog)
    except Exception as error:
        control.send(json.dumps({"broken": f"{type(error).__name__}: {error}"}).encode())
        os._exit(1)
    if channel is None:
        os._exit(0)
    guest.run(channel, jail, spec.layers, widest)


def _prepared(spec: WorkerSpec) -> tuple[Jail, Scratch, Watchdog]:
    if has_own_network(spec.layers):
        loopback.bring_up()
    sys.path.extend(spec.import_paths)
    warm_up(spec.preload)
    scratch = Scratch(spec)
    jail = Jail(spec, scratch)
    if layers.PRIVATE_ROOT in spec.layers:
        private_root.build(spec)
    jail.prepare()
    watchdog = Watchdog(spec, scratch, jail.group)
    snippet.prepare(f"{scratch.folder}/work")
    # Frozen, so that a collection in a script's process does not copy every page of what is shared.
    gc.collect()
    gc.freeze()
    gc.disable()
    return jail, scratch, watchdog
