"""Gives `mmap.mmap(-1, n)` a file in the scratch folder for its memory.

Shared memory without a file is refused by the filter, since no limit counts it (`worker/kernel/seccomp.py`). A deleted
file serves as well: it is shared with children in the same way, and the size of the scratch folder bounds it.
"""

import mmap
import os
from typing import Any

_Original = mmap.mmap


class _FileBackedMap(_Original):
    """`mmap.mmap`, with a file behind shared memory that would have none."""

    def __new__(cls, fileno: int, length: int, *args: Any, **named: Any) -> "_FileBackedMap":
        flags = args[0] if args else named.get("flags", mmap.MAP_SHARED)
        access = args[2] if len(args) > 2 else named.get("access", mmap.ACCESS_DEFAULT)
        is_shared = flags & mmap.MAP_SHARED if access == mmap.ACCESS_DEFAULT else access != mmap.ACCESS_COPY
        if fileno != -1 or not is_shared or length <= 0:
            return super().__new__(cls, fileno, length, *args, **named)
        if args:
            args = (flags & ~mmap.MAP_ANONYMOUS, *args[1:])
        elif "flags" in named:
            named["flags"] = flags & ~mmap.MAP_ANONYMOUS
        # Only here: every module that is there beforehand makes each script's process dearer to fork.
        import tempfile

        with tempfile.TemporaryFile() as file:
            # Taken at once: memory that is not there would otherwise be found out by a signal at the first write.
            os.posix_fallocate(file.fileno(), 0, length)
            return super().__new__(cls, file.fileno(), length, *args, **named)

    def __repr__(self) -> str:
        return super().__repr__().replace("<mmap ", "<mmap.mmap ", 1)


def serve_from_files() -> None:
    """Put it in the place of `mmap.mmap`. Called in the supervisor, before the first fork."""
    _FileBackedMap.__name__ = _FileBackedMap.__qualname__ = "mmap"
    _FileBackedMap.__module__ = "mmap"
    mmap.mmap = _FileBackedMap  # type: ignore[misc]
