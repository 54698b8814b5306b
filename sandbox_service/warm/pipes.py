"""The descriptors of one run: the script goes in through a memory file, output comes out through pipes."""

import asyncio
import contextlib
import os
from collections.abc import Callable

from sandbox_service.output import CappedOutput
from sandbox_service.records import ExecutionRequest

_CHUNK_BYTES = 65536


def run_descriptors(
    request: ExecutionRequest, given: contextlib.ExitStack, kept: contextlib.ExitStack
) -> tuple[int, list[int], list[int]]:
    """The code's descriptor, and the read and write ends of the pipes for stdout and stderr.

    `given` closes those that the worker gets, `kept` the read ends.
    """
    code = _code_descriptor(request)
    given.callback(os.close, code)
    reads, writes = [], []
    for _ in range(2):
        read, write = os.pipe()
        kept.callback(os.close, read)
        given.callback(os.close, write)
        reads.append(read)
        writes.append(write)
    return code, reads, writes


def _code_descriptor(request: ExecutionRequest) -> int:
    """A memory file with what only the script's own process reads: a line with the seed, then the source."""
    fd = os.memfd_create("script", os.MFD_CLOEXEC)
    with open(fd, "wb", closefd=False) as file:
        # A script with lone surrogates must fail as a script does, inside.
        file.write(b"%d\n" % request.seed + request.code.encode("utf-8", "surrogatepass"))
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class OutputReader:
    """Feeds what arrives on a pipe into a sink from the event loop, so that no script ever waits for us."""

    def __init__(self, fd: int, sink: CappedOutput, after_feed: Callable[[], None]) -> None:
        self._fd = fd
        self._sink = sink
        self._after_feed = after_feed
        self._loop = asyncio.get_running_loop()
        os.set_blocking(fd, False)
        self._loop.add_reader(fd, self._on_readable)
        self._is_reading = True

    def finish(self) -> None:
        """Take what is still in the pipe and close it; whoever still writes is not heard."""
        while self._is_reading and self._read():
            pass
        self._stop_reading()
        os.close(self._fd)

    def _on_readable(self) -> None:
        self._read()
        self._after_feed()

    def _read(self) -> bool:
        try:
            data = os.read(self._fd, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        if data:
            self._sink.feed(data)
        else:
            self._stop_reading()
        return bool(data)

    def _stop_reading(self) -> None:
        if self._is_reading:
            self._loop.remove_reader(self._fd)
            self._is_reading = False
