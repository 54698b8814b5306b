"""Spaces requests evenly: the n-th may go no sooner than n intervals after the first."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_MINUTE_S = 60.0


class RateLimiter:
    """Lets so many through in a minute, one after the other, in the order of asking. Lives in one event loop."""

    def __init__(
        self,
        per_minute: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval_s = _MINUTE_S / per_minute if per_minute else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next_at = float("-inf")

    async def wait(self) -> None:
        """Return once it is this caller's turn; what a stalled caller left unused is not caught up with."""
        now = self._clock()
        turn_at = max(now, self._next_at)
        self._next_at = turn_at + self._interval_s
        if turn_at > now:
            await self._sleep(turn_at - now)
