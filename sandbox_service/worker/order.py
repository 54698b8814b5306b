"""What the supervisor tells a script's own process: an order, with the descriptors of its code and of both outputs."""

import os
import socket
from dataclasses import dataclass

from .jail import Limits

READY = b"ready"
MAX_MESSAGE_BYTES = 4096
NUM_FDS = 3


@dataclass(frozen=True)
class Order:
    """What one script may use, and whether its process lives on for the next cell of its session."""

    limits: Limits
    is_session: bool

    def encode(self) -> bytes:
        """As it crosses to the script's process. Words, not JSON: every page that decoding touches is copied."""
        return f"{self.limits.timeout_s!r} {self.limits.memory_mib} {self.is_session:d}".encode()

    @classmethod
    def decode(cls, message: bytes) -> "Order":
        """The order of such a message."""
        timeout_s, memory_mib, is_session = message.split()
        return cls(Limits(float(timeout_s), int(memory_mib)), is_session == b"1")


def received(channel: socket.socket) -> tuple[Order, int] | None:
    """The next order and the code's descriptor, the outputs in place; None once the supervisor has hung up."""
    message, fds, _, _ = socket.recv_fds(channel, MAX_MESSAGE_BYTES, NUM_FDS)
    if not message:
        return None
    code_fd, stdout_fd, stderr_fd = fds
    for fd, number in ((stdout_fd, 1), (stderr_fd, 2)):
        os.dup2(fd, number)
        os.close(fd)
    return Order.decode(message), code_fd
