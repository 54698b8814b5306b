"""Keeps the head and the tail of a stream of bytes and counts all of it; leaves out the machine's own folders."""

import os
import re
import sys
import sysconfig
from functools import cache

CUT_MARK = re.compile(r"\n\[\.\.\. (\d+) bytes cut \.\.\.\]\n")
"""What stands in the place of a cut, with the number of bytes."""


class CappedOutput:
    """Bytes of one stream, `limit` of them kept: three quarters from the head, one quarter from the tail."""

    def __init__(self, limit: int) -> None:
        self._head_limit = limit - limit // 4
        self._tail_limit = limit // 4
        self._head = bytearray()
        self._tail = bytearray()
        self.num_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self.num_bytes += len(data)
        room = self._head_limit - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        # Cut only now and then: cutting copies the tail.
        if len(self._tail) > 2 * self._tail_limit:
            del self._tail[: -self._tail_limit]

    def text(self) -> str:
        """What was kept, decoded; bytes that are no UTF-8 become U+FFFD, a cut is marked in its place."""
        num_cut = self.num_bytes - self._head_limit - self._tail_limit
        if num_cut <= 0:
            return bytes(self._head + self._tail).decode("utf-8", "replace")
        tail = self._tail[len(self._tail) - self._tail_limit :]
        marker = f"\n[... {num_cut} bytes cut ...]\n"
        return self._head.decode("utf-8", "replace") + marker + tail.decode("utf-8", "replace")


def without_host_folders(text: str) -> str:
    """Tracebacks and warnings name a library's file as it is imported, not by where this machine has it.

    `File "/srv/venv/lib/python3.11/site-packages/numpy/linalg.py"` becomes `File "numpy/linalg.py"`: the folder says
    nothing to whoever wrote the script, and a model pays for every token of it.
    """
    return _library_file().sub(r"\1", text)


@cache
def _library_file() -> re.Pattern[str]:
    installed = [path for path in sys.path if os.path.basename(path) in {"site-packages", "dist-packages"}]  # noqa: PTH119
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    folders = {place for path in (*installed, *standard) for place in (path, os.path.realpath(path))}
    # The longest first: installed packages lie below the standard library.
    below = "|".join(re.escape(folder) for folder in sorted(folders, key=len, reverse=True))
    return re.compile(rf"""(?m)(^[ |+]*File "|^)(?:{below})/(?=[^"\n]+?(?:", line \d|:\d+: \w*Warning))""")
