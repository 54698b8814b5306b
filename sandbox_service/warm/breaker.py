"""Keeps requests away from a node whose workers keep failing, instead of making every one of them wait for failures.

    closed --`max_failures` in a window, no success between--> open --cool-down--> half-open (one probe goes through)
      ^                                                         ^                     |
      +------------------------ a success ----------------------+------ a failure ----+

Times come from outside, so that it can be checked by hand.
"""

from collections import deque

WINDOW_S = 60.0
"""Failures further apart than this are accidents, not a state of the node."""


class CircuitBreaker:
    """Takes in failures and successes of workers; says whether the next request may go through."""

    def __init__(self, *, max_failures: int, cooldown_s: float, window_s: float = WINDOW_S) -> None:
        self._max_failures = max_failures
        self._cooldown_s = cooldown_s
        self._window_s = window_s
        self._failed_at: deque[float] = deque()
        self._retry_at: float | None = None
        self._last_reason = ""
        self._num_failures = 0

    def refusal(self, now: float) -> str:
        """Why a request must not go through now; empty if it may."""
        if self._retry_at is None or now >= self._retry_at:
            return ""
        return (
            f"{self._num_failures} workers in a row failed on this node (last: {self._last_reason}): the next "
            f"attempt is in {self._retry_at - now:.1f} s; check the node's memory, disk and process limits, or set "
            "SandboxConfig.breaker_failures and breaker_cooldown_s otherwise"
        )

    def let_through(self, now: float) -> None:
        """A request that was not refused goes through: if half-open it is the probe, and the next one is refused."""
        if self._retry_at is not None:
            # A probe may be cancelled or run for long: another follows after the same time.
            self._retry_at = now + self._cooldown_s

    def observe_success(self) -> None:
        """A worker carried out what it was given."""
        self._retry_at = None
        self._num_failures = 0
        self._failed_at.clear()

    def observe_failure(self, reason: str, now: float) -> None:
        """A worker did not start, or was lost."""
        self._last_reason = reason
        self._num_failures += 1
        self._failed_at.append(now)
        while self._failed_at[0] < now - self._window_s:
            self._failed_at.popleft()
        if self._retry_at is not None or len(self._failed_at) >= self._max_failures:
            self._retry_at = now + self._cooldown_s

    def openness(self, now: float) -> float:
        """For metrics: 0 closed, 1 open, 0.5 half-open."""
        if self._retry_at is None:
            return 0.0
        return 1.0 if now < self._retry_at else 0.5
