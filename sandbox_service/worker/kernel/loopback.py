"""The one interface of a network of one's own: leads from the script to itself, and nowhere else."""

import contextlib
import fcntl
import socket
import struct

_SET_FLAGS = 0x8914
_UP_AND_RUNNING = 0x41
_SETTINGS = {
    # A port is free again when its script has ended: the next one must not find it taken by a connection that lingers.
    "net/ipv4/tcp_max_tw_buckets": "0",
    # What the kernel holds for a connection counts against no limit of the script, so there is little of it.
    "net/ipv4/tcp_rmem": "4096 65536 131072",
    "net/ipv4/tcp_wmem": "4096 65536 131072",
    # Tools look at the raw headers of packets with it; ours are of no interest.
    "net/ipv4/ping_group_range": "1 0",
}


def bring_up() -> None:
    """Bring up `lo` in the network namespace of this process. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(any_socket.fileno(), _SET_FLAGS, request)
    for name, value in _SETTINGS.items():
        # A kernel without the setting, or a /proc that is mounted read-only: then as the kernel has it.
        with contextlib.suppress(OSError), open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
            file.write(value)
