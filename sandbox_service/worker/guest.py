"""The script's own process before the script: closes its jail, waits for its order, narrows its limits.

Born before its request is known, so with the widest limits of the pool.
"""

import math
import os
import resource
import socket

from . import session
from .jail import Jail, Limits
from .kernel import layers
from .order import READY, Order, received
from .script import snippet

_END_OF_FDS = 128
_MIB = 1 << 20


def run(channel: socket.socket, jail: Jail, active: tuple[str, ...], widest: Limits) -> None:
    """Be a script's process, or a session's. Never returns."""
    # A scratch folder on the host holds nothing between two runs, so there the jail, which fills it, closes later.
    closes_early = layers.PRIVATE_ROOT in active
    try:
        folder = jail.close_on_self(widest) if closes_early else ""
        message = received(channel)
        if message is None:
            os._exit(0)
        order, code_fd = message
        folder = folder or jail.close_on_self(widest)
        if layers.RLIMITS in active:
            _narrow(order, widest)
        channel.send(READY)
        if not order.is_session:
            channel.close()
        _close_all_but(code_fd, channel.fileno())
    except Exception as error:
        channel.send(f"{type(error).__name__}: {error}"[:1000].encode())
        os._exit(1)
    if order.is_session:
        session.run(channel, code_fd, folder)
    snippet.run(code_fd, folder)


def _close_all_but(*kept: int) -> None:
    first = 3
    for fd in sorted(fd for fd in kept if fd >= first):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, _END_OF_FDS)


def _narrow(order: Order, widest: Limits) -> None:
    spare_bytes = (widest.memory_mib - order.limits.memory_mib) * _MIB
    _set_limit(resource.RLIMIT_AS, resource.getrlimit(resource.RLIMIT_AS)[0] - spare_bytes)
    # Processor time adds up over the cells of a session, so that only the widest limit fits all of them.
    if not order.is_session:
        num_cpus = (resource.getrlimit(resource.RLIMIT_CPU)[0] - 1) // math.ceil(widest.timeout_s)
        _set_limit(resource.RLIMIT_CPU, math.ceil(order.limits.timeout_s) * num_cpus + 1)


def _set_limit(limit: int, value: int) -> None:
    resource.setrlimit(limit, (value, value))
