"""Landlock: which files a script may open, and that it cannot signal or reach anything outside itself."""

import ctypes
import os
from collections.abc import Iterable

from . import syscalls

_NR_CREATE_RULESET, _NR_ADD_RULE, _NR_RESTRICT_SELF = 444, 445, 446
_VERSION_QUERY = 1
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_TRUNCATE = 1 << 14
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
READ = _EXECUTE | _READ_FILE | _READ_DIR
WRITE_DEVICE = _READ_FILE | _WRITE_FILE
EVERYTHING = ~0 & ~(_MAKE_CHAR | _MAKE_BLOCK)

_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many file rights an ABI knows; a ruleset must name only those."""
_ABI_NETWORK, _ABI_SCOPES = 4, 6
_BIND_AND_CONNECT_TCP = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3


class _RulesetAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "scopes")]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def abi() -> int:
    """The version of Landlock in this kernel; OSError where there is none."""
    return syscalls.syscall(_NR_CREATE_RULESET, "landlock", ctypes.c_void_p(None), 0, _VERSION_QUERY)


def ruleset(rules: Iterable[tuple[str, int]], *, scopes: bool, own_network: bool) -> int:
    """A descriptor of a ruleset that allows only `rules`, pairs of a path and rights.

    Args:
        rules: Paths with the rights below them; a path that does not exist is left out.
        own_network: Ports need no rules: nobody is reached through them but the script itself.
        scopes: Also refuse signals and abstract sockets to processes outside.

    Raises:
        OSError: The kernel has no Landlock, or no scopes although they were asked for.
    """
    version = abi()
    if scopes and version < _ABI_SCOPES:
        raise OSError(f"Landlock ABI {version} has no scopes, they came with ABI {_ABI_SCOPES} (Linux 6.12)")
    handled = (1 << _RIGHTS_BY_ABI.get(version, 16)) - 1
    network = _BIND_AND_CONNECT_TCP if version >= _ABI_NETWORK and not own_network else 0
    attr = _RulesetAttr(handled, network, _ABSTRACT_SOCKETS_AND_SIGNALS if scopes else 0)
    size = 8 if version < _ABI_NETWORK else 16 if version < _ABI_SCOPES else 24
    fd = syscalls.syscall(_NR_CREATE_RULESET, "landlock_create_ruleset", ctypes.byref(attr), size, 0)
    os.set_inheritable(fd, False)
    for path, rights in rules:
        _allow(fd, path, rights & handled)
    return fd


def _allow(ruleset_fd: int, path: str, rights: int) -> None:
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        is_folder = os.path.isdir(f"/proc/self/fd/{target}") or os.path.isdir(path)
        rule = _PathBeneath(rights if is_folder else rights & _FILE_RIGHTS, target)
        reference = ctypes.byref(rule)
        syscalls.syscall(
            _NR_ADD_RULE, f"landlock_add_rule({path})", ruleset_fd, _RULE_PATH_BENEATH, reference, 0
        )
    finally:
        os.close(target)


def restrict(ruleset_fd: int) -> None:
    """Put a ruleset in force for this thread and everything it starts."""
    syscalls.syscall(_NR_RESTRICT_SELF, "landlock_restrict_self", ruleset_fd, 0)
