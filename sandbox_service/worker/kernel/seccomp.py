"""The system calls a script may make: an allow list, written out as a BPF program without libseccomp.

Allowed is what Python and its numeric libraries need; what merely does no harm today is not. Without numbers of their
own here, and so refused: other processes, mounts, namespaces, clocks, keys, tracing, bpf, System V and POSIX IPC (its
memory counts against no limit), inotify and leases (they reach files of the host that Landlock closes). Sockets are
allowed in a network of the script's own only, where there is nobody to reach but the script itself.
"""

import ctypes
import errno
import platform

from . import bpf, syscall_numbers, syscalls

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000
_NEW_NAMESPACES = 0x7E020080
_THREAD_WITH_SHARED_DESCRIPTORS = 0x00010400
_CLOSE_RANGE_CLOEXEC = 4
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_SOCK_STREAM, _SOCK_DGRAM, _SOCK_TYPE_MASK = 1, 2, 0xF
_PROTOCOLS = (0, 6, 17)
"""The usual one, TCP, UDP."""
_SOCKET_OPTIONS = {
    1: (2, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 20, 21, 29, 35, 66, 67),
    0: (1, 2, 8, 10, 32, 33, 34, 35, 36),
    41: (16, 17, 18, 19, 20, 21, 26, 66, 67),
    6: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 18),
}
"""By level (socket, IP, IPv6, TCP): sizes, time limits, reuse, keeping alive. No filters, which run in the kernel."""
_MAP_SHARED_AND_ANONYMOUS = 0x21
_MODE_FILTER = 2

_TERMINAL_QUESTIONS = (0x5401, 0x540F, 0x5413)  # TCGETS, TIOCGPGRP, TIOCGWINSZ
_DESCRIPTOR_CONTROLS = (0x541B, 0x5421, 0x5450, 0x5451)  # FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_FCNTL_COMMANDS = (*range(8), 36, 37, 38, 1030, 1031, 1032)
"""Duplicates, flags, locks of either kind, sizes of pipes. No owner, who gets signals from a descriptor; no lease."""
_PRCTL_OPTIONS = (2, 3, 15, 16, 21, 23, 30, 38, 39, 0x53564D41)
"""Names of threads and mappings, no_new_privs, and questions. Not: death signal, being dumpable, further filters."""

_ALLOW = bpf.answer(bpf.ALLOW)
_REFUSE = bpf.error(errno.EPERM)
_DONE = bpf.error(0)
# Newer calls than the table knows are answered as by a kernel that lacks them: libraries try a new call first and fall
# back on ENOSYS alone, while EPERM would be taken for the answer. The known and unlisted ones are refused by name.
_ABSENT = bpf.error(errno.ENOSYS)


def program(
    *,
    threads_only: bool,
    own_files: bool,
    own_network: bool,
    signals_only_to: int | None,
    machine: str = "",
) -> bytes:
    """The filter as BPF instructions; OSError for a processor without a table.

    Args:
        threads_only: Refuse new processes, where nothing else bounds or catches them.
        own_files: All files within reach are the run's own or mounted read-only.
        own_network: Sockets reach nobody but the run's own processes.
        signals_only_to: The one process that may be signalled; None where another layer sees to it.
        machine: `x86_64` or `aarch64`; empty for the one we run on.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        known = " and ".join(_ARCHITECTURES)
        raise OSError(errno.ENOSYS, f"no filter is written for {machine}, only for {known}")
    rules: dict[str, bytes] = {
        "clone": _clone_rule(threads_only=threads_only),
        # Not with CLOSE_RANGE_UNSHARE, see _clone_rule.
        "close_range": _only_values(2, 0, _CLOSE_RANGE_CLOEXEC),
        "fcntl": _only_values(1, *_FCNTL_COMMANDS),
        "ioctl": _only_values(1, *_TERMINAL_QUESTIONS, *_DESCRIPTOR_CONTROLS),
        "mmap": _mmap_rule(),
        "prctl": _only_values(0, *_PRCTL_OPTIONS),
        "prlimit64": _only_values(0, 0),
        "sched_setaffinity": _only_values(0, 0),
        "socketpair": _socketpair_rule(own_network=own_network),
        "socket": _socket_rule() if own_network else _REFUSE,
        "setsockopt": _socket_option_rule() if own_network else _REFUSE,
    }
    own_signals = _ALLOW if signals_only_to is None else _only_values(0, signals_only_to)
    bodies: dict[int, bytes] = {}
    for calls, body in (
        (syscall_numbers.ALLOWED, _ALLOW),
        (syscall_numbers.ABSENT, _ABSENT),
        # Landlock does not look at these. Answered as done, so that copying a file works, and never done.
        (syscall_numbers.MODES_AND_TIMES, _ALLOW if own_files else _DONE),
        (syscall_numbers.OWNERS_AND_ATTRIBUTES, _ALLOW if own_files else _REFUSE),
        # The watchdog of a scratch folder does not see descriptors that are under way in a socket.
        (syscall_numbers.SENDING_DESCRIPTORS, _ALLOW if own_files else _REFUSE),
        (syscall_numbers.OWN_NETWORK, _ALLOW if own_network else _REFUSE),
        (syscall_numbers.SENDING_MANY, _ALLOW if own_network and own_files else _REFUSE),
        (syscall_numbers.NEW_PROCESSES, _REFUSE if threads_only else _ALLOW),
        (syscall_numbers.SIGNALS_BY_PID, own_signals),
        (syscall_numbers.OTHER_SIGNALS, _ALLOW if signals_only_to is None else _REFUSE),
    ):
        bodies |= dict.fromkeys(syscall_numbers.on(machine, calls).values(), body)
    for name, number in syscall_numbers.on(machine, syscall_numbers.BY_ARGUMENT).items():
        bodies[number] = rules[name]
    return (
        bpf.load_architecture()
        + bpf.unless(bpf.EQUAL, _ARCHITECTURES[machine], bpf.answer(bpf.KILL))
        + bpf.load_number()
        + (bpf.when(bpf.AT_LEAST, _X32_BIT, bpf.answer(bpf.KILL)) if machine == "x86_64" else b"")
        + bpf.search(bodies, default=_REFUSE, last=syscall_numbers.LAST_KNOWN, beyond=_ABSENT)
    )


def _clone_rule(*, threads_only: bool) -> bytes:
    rule = bpf.load_argument(0) + bpf.when(bpf.ANY_BIT, _NEW_NAMESPACES, _REFUSE)
    if threads_only:
        # A thread with descriptors of its own could keep deleted files open where the watchdog does not look.
        rule += bpf.load_argument(0, _THREAD_WITH_SHARED_DESCRIPTORS)
        rule += bpf.unless(bpf.EQUAL, _THREAD_WITH_SHARED_DESCRIPTORS, _REFUSE)
    return rule + _ALLOW


def _mmap_rule() -> bytes:
    # Shared memory without a file keeps all its pages until the last of it is unmapped, and no limit counts them:
    # unmapping all but one page, over and over, took any amount. A file in the scratch folder serves as well.
    flags = bpf.load_argument(3, _MAP_SHARED_AND_ANONYMOUS)
    return flags + bpf.when(bpf.EQUAL, _MAP_SHARED_AND_ANONYMOUS, _REFUSE) + _ALLOW


def _only_values(argument: int, *values: int) -> bytes:
    tests = b"".join(bpf.when(bpf.EQUAL, value, _ALLOW) for value in values)
    return bpf.load_argument(argument) + tests + _REFUSE


def _one_of(argument: int, mask: int | None, *values: int) -> bytes:
    """Go on if the argument is one of `values`, else refuse."""
    body = _REFUSE
    for value in reversed(values):
        body = bpf.unless(bpf.EQUAL, value, body)
    return bpf.load_argument(argument, mask) + body


def _socketpair_rule(*, own_network: bool) -> bytes:
    kinds = (_SOCK_STREAM, _SOCK_DGRAM) if own_network else (_SOCK_STREAM,)
    return _one_of(0, None, _AF_UNIX) + _one_of(1, _SOCK_TYPE_MASK, *kinds) + _ALLOW


def _socket_rule() -> bytes:
    return (
        _one_of(0, None, _AF_UNIX, _AF_INET, _AF_INET6)
        + _one_of(1, _SOCK_TYPE_MASK, _SOCK_STREAM, _SOCK_DGRAM)
        + _one_of(2, None, *_PROTOCOLS)
        + _ALLOW
    )


def _socket_option_rule() -> bytes:
    # The level stays in the accumulator only until a body overwrites it, and each body ends in an answer.
    levels = (
        bpf.when(bpf.EQUAL, level, _only_values(2, *options)) for level, options in _SOCKET_OPTIONS.items()
    )
    return bpf.load_argument(1) + b"".join(levels) + _REFUSE


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def install(instructions: bytes) -> None:
    """Put the filter in force for this thread and everything it starts; needs no_new_privs."""
    # c_char_p is only an address here: a BPF program holds NULs, but nothing reads it as a string.
    filter_ = _Filter(len(instructions) // 8, instructions)
    arguments = [ctypes.c_ulong(_MODE_FILTER), ctypes.byref(filter_)]
    result = syscalls.LIBC.prctl(
        ctypes.c_int(syscalls.PR_SET_SECCOMP), *arguments, ctypes.c_ulong(0), ctypes.c_ulong(0)
    )
    syscalls.checked(result, "seccomp filter")
