"""How much processor time a call takes: what else the machine does is not counted."""

import time
from collections.abc import Callable


def least_cpu_s(call: Callable[[], object], tries: int = 3) -> float:
    """The least processor time of this thread over a few tries, in seconds.

    A claim such as "junk is refused at once" is meant against growth without bound: the limits it is held against
    lie far above what the call takes, and the least of a few tries leaves out what caches and the kernel add.
    """

    def once() -> float:
        began = time.thread_time()
        call()
        return time.thread_time() - began

    return min(once() for _ in range(tries))
