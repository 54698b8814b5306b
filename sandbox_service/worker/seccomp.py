"""The system calls a script may not make: a BPF program, written out without libseccomp.

A deny list: what a snippet has no business with and what is reachable without privileges or has a record of kernel
holes.
"""

import ctypes
import errno
import platform
import struct

from . import syscalls

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
_OFFSET_NR, _OFFSET_ARCH, _OFFSET_ARGS = 0, 4, 16
_ARCH_X86_64 = 0xC000003E
_X32_BIT = 0x40000000
_NEW_NAMESPACES = 0x7E020080
_CLONE_THREAD = 0x00010000
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE_MASK = 1, 1, 0xF
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _FIOSETOWN, _SIOCSPGRP = 8, 10, 15, 0x8901, 0x8902
_MODE_FILTER = 2

DENIED = {
    # network: only a connected pair of stream sockets is left
    "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "accept4": 288,
    # other processes
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "pidfd_getfd": 438,
    "setpriority": 141, "sched_setparam": 142, "sched_setscheduler": 144, "sched_setattr": 314, "ioprio_set": 251,
    "process_madvise": 440, "process_mrelease": 448, "migrate_pages": 256, "move_pages": 279,
    # mounts, roots and namespaces
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "mount_setattr": 442, "statmount": 457, "listmount": 458, "mknod": 133, "mknodat": 259,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "fanotify_init": 300,
    "quotactl": 179, "quotactl_fd": 443,
    # kernel services with a record of holes
    "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250, "add_key": 248, "request_key": 249,
    "lookup_dcookie": 212, "vmsplice": 278, "uselib": 134, "personality": 135, "modify_ldt": 154,
    # the machine
    "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313, "delete_module": 176,
    "reboot": 169, "swapon": 167, "swapoff": 168, "sethostname": 170, "setdomainname": 171, "iopl": 172,
    "ioperm": 173, "acct": 163, "settimeofday": 164, "clock_settime": 227, "clock_adjtime": 305,
    "adjtimex": 159, "syslog": 103, "vhangup": 153, "nfsservctl": 180,
}  # fmt: skip
ABSENT = {
    # answered as if the kernel lacked them, so that libraries fall back: a filter cannot read the flags of
    # clone3, io_uring makes calls around the filter, memfd pages count against no limit
    "clone3": 435, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "memfd_create": 319, "memfd_secret": 447,
}  # fmt: skip
SHARED_IPC = {
    "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "semop": 65, "semctl": 66, "semtimedop": 220,
    "msgget": 68, "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "mq_open": 240, "mq_unlink": 241,
}  # fmt: skip
IGNORED = {
    # Landlock does not look at these: answered as done, so that copying a file works, and never done
    "chmod": 90, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452,
    "utime": 132, "utimes": 235, "futimesat": 261, "utimensat": 280,
}  # fmt: skip
OWNERS = {
    "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260,
    "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198, "fremovexattr": 199,
    "setxattrat": 463, "removexattrat": 466,
}  # fmt: skip
NEW_PROCESSES = {"fork": 57, "vfork": 58}
SIGNALS_BY_PID = {"kill": 62, "tgkill": 234}
OTHER_SIGNALS = {"tkill": 200, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "pidfd_send_signal": 424}
_CLONE, _IOCTL, _PRCTL, _SOCKETPAIR, _FCNTL = 56, 16, 157, 53, 72
_PRLIMIT64, _SCHED_SETAFFINITY = 302, 203


def _instruction(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, k)


def _load_argument(index: int) -> bytes:
    return _instruction(_LOAD, _OFFSET_ARGS + 8 * index)


def _return(action: int) -> bytes:
    return _instruction(_RETURN, action)


_REFUSE = _return(_ERRNO | errno.EPERM)


def _for_call(number: int, body: bytes) -> bytes:
    # `body` must end in a return: it may leave an argument where the call's number was.
    return _instruction(_JUMP_EQUAL, number, 0, len(body) // 8) + body


def _unless(test: int, value: int, body: bytes) -> bytes:
    return _instruction(test, value, len(body) // 8, 0) + body


def _when(test: int, value: int, body: bytes) -> bytes:
    return _instruction(test, value, 0, len(body) // 8) + body


def program(*, threads_only: bool, own_ipc: bool, own_files: bool, signals_only_to: int | None) -> bytes:
    """The filter as BPF instructions for x86_64.

    Args:
        threads_only: Refuse new processes, where nothing else bounds or catches them.
        own_ipc: SysV and POSIX IPC are private to the lane, so they are let through.
        own_files: All files within reach are the run's own or mounted read-only.
        signals_only_to: The one process that may be signalled; None where another layer sees to it.
    """
    denied = dict(DENIED)
    if not own_ipc:
        denied |= SHARED_IPC
    if not own_files:
        denied |= OWNERS
    if threads_only:
        denied |= NEW_PROCESSES
    if signals_only_to is not None:
        denied |= OTHER_SIGNALS
    parts = [
        _instruction(_LOAD, _OFFSET_ARCH),
        _unless(_JUMP_EQUAL, _ARCH_X86_64, _return(_KILL)),
        _instruction(_LOAD, _OFFSET_NR),
        _when(_JUMP_AT_LEAST, _X32_BIT, _return(_KILL)),
        _for_call(_CLONE, _clone_rule(threads_only=threads_only)),
    ]
    if signals_only_to is not None:
        own = _load_argument(0) + _unless(_JUMP_EQUAL, signals_only_to, _REFUSE) + _return(_ALLOW)
        parts += [_for_call(number, own) for number in SIGNALS_BY_PID.values()]
    parts += [
        _for_call(_IOCTL, _refuse_values(1, _TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP)),
        # Whoever owns a descriptor gets signals from it, of any number.
        _for_call(_FCNTL, _refuse_values(1, _F_SETOWN, _F_SETSIG, _F_SETOWN_EX)),
        _for_call(_PRCTL, _refuse_values(0, syscalls.PR_SET_PDEATHSIG)),
        _for_call(_SOCKETPAIR, _socketpair_rule()),
        *(_for_call(number, _only_on_self()) for number in (_PRLIMIT64, _SCHED_SETAFFINITY)),
    ]
    if not own_files:
        parts += [_for_call(number, _return(_ERRNO)) for number in IGNORED.values()]
    parts += [_for_call(number, _REFUSE) for number in denied.values()]
    parts += [_for_call(number, _return(_ERRNO | errno.ENOSYS)) for number in ABSENT.values()]
    return b"".join([*parts, _return(_ALLOW)])


def _clone_rule(*, threads_only: bool) -> bytes:
    rule = _load_argument(0) + _when(_JUMP_ANY_BIT, _NEW_NAMESPACES, _REFUSE)
    if threads_only:
        rule += _unless(_JUMP_ANY_BIT, _CLONE_THREAD, _REFUSE)
    return rule + _return(_ALLOW)


def _refuse_values(argument: int, *values: int) -> bytes:
    tests = b"".join(_when(_JUMP_EQUAL, value, _REFUSE) for value in values)
    return _load_argument(argument) + tests + _return(_ALLOW)


def _only_on_self() -> bytes:
    return _load_argument(0) + _unless(_JUMP_EQUAL, 0, _REFUSE) + _return(_ALLOW)


def _socketpair_rule() -> bytes:
    family = _load_argument(0) + _unless(_JUMP_EQUAL, _AF_UNIX, _REFUSE)
    kind = (
        _load_argument(1) + _instruction(_AND, _SOCK_TYPE_MASK) + _unless(_JUMP_EQUAL, _SOCK_STREAM, _REFUSE)
    )
    return family + kind + _return(_ALLOW)


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def install(instructions: bytes) -> None:
    """Put the filter in force for this thread and everything it starts; needs no_new_privs."""
    if platform.machine() != "x86_64":
        raise OSError(errno.ENOSYS, f"no filter is written for {platform.machine()}, only for x86_64")
    # c_char_p is only an address here: a BPF program holds NULs, but nothing reads it as a string.
    filter_ = _Filter(len(instructions) // 8, instructions)
    arguments = [ctypes.c_ulong(_MODE_FILTER), ctypes.byref(filter_)]
    result = syscalls.LIBC.prctl(
        ctypes.c_int(syscalls.PR_SET_SECCOMP), *arguments, ctypes.c_ulong(0), ctypes.c_ulong(0)
    )
    syscalls.checked(result, "seccomp filter")
