"""Where the learner's ranks meet. Rank 0 keeps the port it has named until they do, so no other process can take it."""

import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from actors.errors import LearnerError

if TYPE_CHECKING:
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

_ANYWHERE = ("8.8.8.8", 80)
_SHORTEST_WAIT = timedelta(minutes=10)
_SLOW_DISK = 20e6
"""Bytes a second at which a model is read or written where it takes longest."""


class Rendezvous:
    """One rank's part in it: `host, port = rank_0.address()`, then `rank.store(host, port, ...)` on every one."""

    def __init__(self) -> None:
        self._listening: socket.socket | None = None

    def address(self) -> tuple[str, int]:
        """This machine's address and a free port, which is taken from now on."""
        self.close()
        self._listening = socket.socket()
        self._listening.bind(("", 0))
        # Ranks that come before rank 0's store wait in the queue.
        self._listening.listen(1024)
        return _own_host(), self._listening.getsockname()[1]

    def store(self, host: str, port: int, rank: int, world_size: int, timeout: timedelta) -> "TCPStore":
        """The store through which the ranks find each other.

        Raises:
            LearnerError: rank 0 is given a port that it does not hold and another process does.
        """
        from torch.distributed import DistNetworkError, TCPStore  # type: ignore[attr-defined]

        is_meeting_place = rank == 0
        held = self._held(port) if is_meeting_place else None
        try:
            if held is not None:
                return TCPStore(host, port, world_size, True, timeout=timeout, master_listen_fd=held.detach())
            return TCPStore(host, port, world_size, is_meeting_place, timeout=timeout)
        except DistNetworkError as error:
            if is_meeting_place and world_size == 1:
                # Nobody else was told of the port.
                return self.store(*self.address(), rank, world_size, timeout)
            raise LearnerError(
                f"rank {rank} of {world_size} could not meet the others at {host}:{port} ({error}): "
                "is the port open between the learner's nodes? rank 0's address() names one that it holds"
            ) from error

    def close(self) -> None:
        """Give the port back."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def _held(self, port: int) -> socket.socket | None:
        if self._listening is None or self._listening.getsockname()[1] != port:
            return None
        held, self._listening = self._listening, None
        return held


def longest_wait(model_path: str | Path) -> timedelta:
    """How long the ranks may wait for one that reads or writes the whole model: 10 minutes, and its files at 20 MB/s.

    A model of 14.8 billion parameters in bfloat16 has 35 minutes; NCCL's own 10 would be over below 49 MB/s.
    """
    num_bytes = sum(file.stat().st_size for file in Path(model_path).glob("*.safetensors"))
    return _SHORTEST_WAIT + timedelta(seconds=num_bytes / _SLOW_DISK)


def _own_host() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing: only asks which address the route to elsewhere starts from.
            probe.connect(_ANYWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
