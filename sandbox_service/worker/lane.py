"""The lane: forks a process per script, watches it, removes all it left. Serial; holds nothing of a request.

The code and both outputs travel as descriptors, which the lane passes on unread. What it reports are kernel facts.
"""

import json
import math
import os
import select
import signal
import socket
import time
from dataclasses import dataclass

from .jail import Limits
from .scratch import Scratch
from .watch import TICK_S, Watchdog

MAX_MESSAGE_BYTES = 65536
_READY = b"ready"
_NUM_FDS = 3


@dataclass(frozen=True)
class Job:
    """What a script's process needs to know."""

    limits: Limits
    code_fd: int
    stdout_fd: int
    stderr_fd: int
    ready_fd: int
    """Where the process says that its jail is closed; itself closed before the first line of the script."""


def serve(control: socket.socket, scratch: Scratch, watchdog: Watchdog) -> Job | None:
    """Run jobs until the pool hangs up: then None. In a script's process, return its job so that the stack unwinds."""
    while True:
        message, fds, _, _ = socket.recv_fds(control, MAX_MESSAGE_BYTES, _NUM_FDS)
        if not message:
            return None
        order = json.loads(message)
        if order["op"] != "run":
            continue
        limits = Limits(timeout_s=order["timeout_s"], memory_mib=order["memory_mib"])
        code_fd, stdout_fd, stderr_fd = fds
        ready, ready_fd = os.pipe()
        job = Job(limits, code_fd, stdout_fd, stderr_fd, ready_fd)
        scratch.create()
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            control.close()
            os.close(ready)
            return job
        for fd in (*fds, ready_fd):
            os.close(fd)
        ended, stopped = _watched(control, pid, limits, watchdog)
        report = _swept(pid) | {"stopped": stopped, "duration_s": ended - started}
        said = os.read(ready, 4096)
        os.close(ready)
        if said != _READY:
            report["broken"] = (
                said.decode(errors="replace") or "the script's process died while its jail was closed"
            )
        scratch.discard()
        try:
            control.send(json.dumps(report).encode())
        except OSError:
            return None


def say_ready(job: Job) -> None:
    """Tell the lane that untrusted code comes next, and close the way to tell it anything."""
    os.write(job.ready_fd, _READY)
    os.close(job.ready_fd)


def say_broken(job: Job, error: Exception) -> None:
    """Tell the lane that the jail could not be closed."""
    os.write(job.ready_fd, f"{type(error).__name__}: {error}"[:1000].encode())


def _watched(control: socket.socket, pid: int, limits: Limits, watchdog: Watchdog) -> tuple[float, str]:
    """Wait for the process to end or for a reason to end it: the time, and the reason if there is one."""
    deadline = time.monotonic() + limits.timeout_s
    process = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(process, select.POLLIN)
    poll.register(control, select.POLLIN)
    stopped = ""
    while not stopped:
        left_s = deadline - time.monotonic()
        # Rounded up: poll counts whole milliseconds.
        events = dict(poll.poll(math.ceil(1000 * min(TICK_S, max(0.0, left_s)))))
        if process in events:
            break
        if control.fileno() in events:
            # Anything said during a run is an order to stop it; silence means that the pool is gone.
            stopped = "order" if control.recv(MAX_MESSAGE_BYTES) else "pool gone"
        elif left_s <= 0:
            stopped = "timeout"
        else:
            stopped = watchdog.passed_limit(pid, limits.memory_mib)
    os.close(process)
    return time.monotonic(), stopped


def _swept(pid: int) -> dict[str, object]:
    """Kill and reap every process of the run; the facts about the script's own process."""
    facts: dict[str, object] = {}
    cpu_s = 0.0
    peak_kib = 0
    while True:
        _kill_all(pid if not facts else None)
        try:
            reaped, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return facts | {"cpu_s": cpu_s, "peak_kib": peak_kib}
        cpu_s += usage.ru_utime + usage.ru_stime
        peak_kib = max(peak_kib, usage.ru_maxrss)
        if reaped == pid:
            code = os.waitstatus_to_exitcode(status)
            facts = {"exit_code": code if code >= 0 else None, "signal": -code if code < 0 else 0}


def _kill_all(pid: int | None) -> None:
    """As process 1 of a pid namespace everything in it, at once; else the script's process, which has only threads."""
    if os.getpid() == 1:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return
    elif pid is not None:
        os.kill(pid, signal.SIGKILL)
