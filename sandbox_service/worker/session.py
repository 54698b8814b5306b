"""Runs the cells of one session in one namespace, in a process that is jailed as any script's.

The channel is within the script's reach: what is said on it is a claim, as an exit status is, and can end nothing but
this session's own cells.
"""

import gc
import os
import socket
import sys

from .order import received
from .script import interpreter, snippet


def run(channel: socket.socket, code_fd: int, folder: str) -> None:
    """Run the cell whose code waits on its descriptor, say how it ended, wait for the next. Never returns."""
    sys.path.insert(0, folder)
    gc.enable()
    number = 1
    try:
        while True:
            seed, source = snippet.read_script(code_fd)
            # Later cells go on in the sequence of random numbers that the first one began.
            status = snippet.status_of(seed if number == 1 else None, source, f"<cell {number}>")
            flushed = _status_of_flush()
            channel.send(b"%d" % (status or flushed))
            message = received(channel)
            if message is None:
                os._exit(0)
            _, code_fd = message
            number += 1
    except BaseException:
        # The script closed the channel, or put something else in its place.
        os._exit(1)


def _status_of_flush() -> int:
    try:
        interpreter.flush_streams()
    except BaseException:
        return interpreter.STATUS_OF_LOST_OUTPUT
    return 0
