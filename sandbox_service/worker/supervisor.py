"""The supervisor: forks a process per script, watches it, removes all it left. Serial; holds nothing of a request.

The next script's process is forked and jailed as soon as the last one is swept away, so that a request finds it
ready. The code and both outputs travel as descriptors, which it passes on unread; what it reports are kernel facts.
A session's process lives on after its cell, stopped until the next one comes.
"""

import contextlib
import json
import math
import os
import select
import signal
import socket
import time
from dataclasses import dataclass

from .jail import Limits
from .order import MAX_MESSAGE_BYTES as MAX_WORDS
from .order import NUM_FDS, READY, Order
from .scratch import Scratch
from .script.interpreter import FLUSH_SIGNAL
from .stop import Stop
from .watch import TICK_S, Watchdog

MAX_MESSAGE_BYTES = 65536
_FLUSH_MS = 20
_MAX_CLAIM_BYTES = 4
"""Of what a script says only a status is kept: the supervisor must not carry words from one session to the next."""


@dataclass
class Guest:
    """The process of the next or the current script."""

    pid: int
    pidfd: int
    """Tells of its end, and never means another process."""
    channel: socket.socket
    """Where it gets its order and says that its jail is closed; a session's also says that a cell ended."""
    is_session: bool = False
    first_words: bytes = b""
    """That its jail is closed, or why it is not. All it says later is the script's own claim."""


def serve(control: socket.socket, scratch: Scratch, watchdog: Watchdog) -> socket.socket | None:
    """Run scripts until the pool hangs up: then None. In a script's process, return its channel: the stack unwinds."""
    guest: Guest | None = None
    while True:
        if guest is None:
            scratch.create()
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            pid = os.fork()
            if pid == 0:
                control.close()
                ours.close()
                return theirs
            theirs.close()
            guest = Guest(pid, os.pidfd_open(pid), ours)
        message, fds, _, _ = socket.recv_fds(control, MAX_MESSAGE_BYTES, NUM_FDS)
        if not message:
            return None
        words = json.loads(message)
        if words["op"] == "run":
            order = Order(Limits(words["timeout_s"], words["memory_mib"]), words["session"])
            report = _carried_out(control, guest, order, fds, watchdog)
        elif words["op"] == "end" and guest.is_session:
            report = _ended(guest)
        else:
            continue
        if not report["alive"]:
            guest = None
            scratch.discard()
        try:
            control.send(json.dumps(report).encode())
        except OSError:
            return None


def _carried_out(
    control: socket.socket, guest: Guest, order: Order, fds: list[int], watchdog: Watchdog
) -> dict[str, object]:
    """Run one script or cell to its end; the facts about it."""
    guest.is_session = order.is_session
    started, cpu_s = time.monotonic(), 0.0
    if guest.first_words:
        cpu_s = _resume(guest)
    watchdog.begin(order.limits.memory_mib)
    # One that is dead already is found out below.
    with contextlib.suppress(OSError):
        socket.send_fds(guest.channel, [order.encode()], fds)
    for fd in fds:
        os.close(fd)
    stopped, status = _watched(control, guest, order.limits, watchdog)
    if stopped is Stop.TIMEOUT:
        _let_flush(guest)
    facts: dict[str, object] = {"stopped": stopped, "duration_s": time.monotonic() - started}
    if status is None:
        return _ended(guest) | facts
    _signal_all(guest.pid, signal.SIGSTOP)
    return facts | {
        "exit_code": status,
        "signal": 0,
        "cpu_s": _cpu_s(guest.pid) - cpu_s,
        "peak_kib": _peak_kib(guest.pid),
        "alive": True,
    }


def _resume(guest: Guest) -> float:
    """Let a session go on; the processor time it has used so far."""
    # What it said out of turn must not be taken for the end of the cell to come.
    guest.channel.setblocking(False)
    with contextlib.suppress(OSError):
        while guest.channel.recv(_MAX_CLAIM_BYTES):
            pass
    guest.channel.setblocking(True)
    cpu_s = _cpu_s(guest.pid)
    _signal_all(guest.pid, signal.SIGCONT)
    return cpu_s


def _watched(
    control: socket.socket, guest: Guest, limits: Limits, watchdog: Watchdog
) -> tuple[Stop, int | None]:
    """Wait for an end, or for a reason to make one: the reason, and the status of a cell that a session survived."""
    deadline = time.monotonic() + limits.timeout_s
    poll = select.poll()
    poll.register(guest.pidfd, select.POLLIN)
    poll.register(control, select.POLLIN)
    if guest.is_session:
        poll.register(guest.channel, select.POLLIN)
    while True:
        left_s = deadline - time.monotonic()
        # Rounded up: poll counts whole milliseconds.
        events = dict(poll.poll(math.ceil(1000 * min(TICK_S, max(0.0, left_s)))))
        if guest.pidfd in events:
            return watchdog.cause_of_death(), None
        if control.fileno() in events:
            # Anything said during a run is an order to stop it; silence means that the pool is gone.
            return (Stop.ORDER if control.recv(MAX_MESSAGE_BYTES) else Stop.POOL_GONE), None
        if left_s <= 0:
            return Stop.TIMEOUT, None
        if guest.channel.fileno() in events:
            said = _next_words(guest)
            if said == READY and not guest.first_words:
                guest.first_words = said
                continue
            if not said:
                # Closed by the script, or by its end, which comes next.
                poll.unregister(guest.channel)
                continue
            guest.first_words = guest.first_words or said
            return (Stop.NONE, int(said) & 0xFF) if said.isdigit() else (Stop.CHANNEL, None)
        elif stopped := watchdog.passed_limit(guest.pid, limits.memory_mib):
            return stopped, None


def _let_flush(guest: Guest) -> None:
    """Give a script that is out of time, and all it started, a moment to write what their streams still hold."""
    _signal_all(guest.pid, FLUSH_SIGNAL)
    poll = select.poll()
    poll.register(guest.pidfd, select.POLLIN)
    poll.poll(_FLUSH_MS)


def _next_words(guest: Guest) -> bytes:
    try:
        return guest.channel.recv(_MAX_CLAIM_BYTES if guest.first_words else MAX_WORDS)
    except ConnectionError:
        # It died with its order unread.
        return b""


def _ended(guest: Guest) -> dict[str, object]:
    """Kill and reap a script with all it started; the facts about its own process."""
    facts = _swept(guest.pid)
    words = guest.first_words or _next_words(guest)
    guest.channel.close()
    os.close(guest.pidfd)
    if words != READY:
        facts["broken"] = (
            words.decode(errors="replace") or "the script's process died while its jail was closed"
        )
    return facts | {"alive": False}


def _swept(pid: int) -> dict[str, object]:
    facts: dict[str, object] = {}
    cpu_s = 0.0
    peak = 0
    while True:
        # Without a pid namespace the script has only threads, and nothing else must be signalled by mistake.
        if not facts or os.getpid() == 1:
            _signal_all(pid, signal.SIGKILL)
        try:
            reaped, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return facts | {"cpu_s": cpu_s, "peak_kib": peak}
        cpu_s += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss)
        if reaped == pid:
            code = os.waitstatus_to_exitcode(status)
            facts = {"exit_code": code if code >= 0 else None, "signal": -code if code < 0 else 0}


def _signal_all(pid: int, number: int) -> None:
    """As process 1 of a pid namespace everything in it, at once; else the script's process, which has only threads."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1 if os.getpid() == 1 else pid, number)


def _cpu_s(pid: int) -> float:
    # The kernel's number for the processor time of another process, as clock_getcpuclockid makes it.
    return time.clock_gettime((~pid << 3) | 2)


def _peak_kib(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        # No proc file system of our own: nobody can say.
        return 0
