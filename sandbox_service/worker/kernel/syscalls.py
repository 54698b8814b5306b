"""Linux calls that Python 3.11 lacks, through ctypes. Each raises OSError on failure."""

import ctypes
import os
import platform

LIBC = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 32, 4096, 8192, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

# The same number on every architecture: all were added after the numbers were unified.
_NR_MOUNT_SETATTR = 442
_NR_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_CAPABILITY_VERSION_3 = 0x20080522


def checked(result: int, what: str) -> int:
    """`result`, or OSError with the call's name when it is -1."""
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def syscall(number: int, what: str, *args: object) -> int:
    """A raw system call."""
    words = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return checked(LIBC.syscall(ctypes.c_long(number), *words), what)


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones."""
    checked(LIBC.unshare(ctypes.c_int(flags)), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """Mount `source` on `target`, as the system call of that name does."""
    result = LIBC.mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() if data else None,
    )
    checked(result, f"mount({source} on {target})")


def detach(target: str) -> None:
    """Take a mount out of the tree; it is freed with its last user."""
    checked(LIBC.umount2(target.encode(), MNT_DETACH), f"umount2({target})")


def make_read_only(target: str, *, recursive: bool) -> None:
    """Set ro, nosuid and nodev on a mount, on all below it too if `recursive`."""

    class _MountAttr(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]

    attr = _MountAttr(set=MS_RDONLY | MS_NOSUID | MS_NODEV)
    size = ctypes.sizeof(attr)
    flags = _AT_RECURSIVE if recursive else 0
    path = ctypes.c_char_p(target.encode())
    syscall(_NR_MOUNT_SETATTR, f"mount_setattr({target})", _AT_FDCWD, path, flags, ctypes.byref(attr), size)


def pivot_root(new_root: str) -> None:
    """Make `new_root` the root and let go of the old one."""
    os.chdir(new_root)
    dot = ctypes.c_char_p(b".")
    syscall(_NR_PIVOT_ROOT[platform.machine()], "pivot_root", dot, dot)
    detach(".")
    os.chdir("/")


def prctl(option: int, value: int) -> None:
    """Set one property of this process."""
    arguments = [ctypes.c_ulong(word) for word in (value, 0, 0, 0)]
    checked(LIBC.prctl(ctypes.c_int(option), *arguments), f"prctl({option})")


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


def drop_capabilities() -> None:
    """Empty the effective, permitted and inheritable sets of this thread."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    empty = (ctypes.c_uint32 * 6)()
    checked(LIBC.capset(ctypes.byref(header), ctypes.byref(empty)), "capset")
