"""Where everyone who sends scripts learns which executors there are, and says how many scripts it holds back.

A blackboard between the one process that sizes the pool and the many that use it. It keeps nothing that cannot be lost:
the listing is written anew with every tick of the pool, and senders report with every look.
"""

import time
from collections.abc import Callable
from typing import Any

from actors.frozen import Frozen

_REPORT_S = 10.0
"""A sender that was silent for longer is gone, and what it held back with it."""


class ListedExecutor(Frozen):
    """One executor that takes scripts.

    Example: `ListedExecutor(executor_id="sandbox-3", num_workers=32, address=handle)`.
    """

    executor_id: str
    """Unique in the run."""
    num_workers: int
    """Scripts that it runs at a time."""
    address: Any
    """What a call to it needs: an actor handle."""


class SandboxListing(Frozen):
    """The executors that are ready.

    Example: `SandboxListing(version=3, executors=(executor,))`.
    """

    version: int
    """Grows with every change."""
    executors: tuple[ListedExecutor, ...] = ()
    """Executors that take scripts, the oldest first."""
    broken: str = ""
    """Why there can be none; empty while there are some or some may still come."""


class SandboxDirectory:
    """The newest listing, and the senders' reports."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._listing: SandboxListing | None = None
        self._reports: dict[str, tuple[float, int]] = {}

    def publish(self, listing: SandboxListing) -> int:
        """Replace the listing; how many scripts all senders together hold back."""
        self._listing = listing
        oldest = self._clock() - _REPORT_S
        self._reports = {name: report for name, report in self._reports.items() if report[0] >= oldest}
        return sum(num_waiting for _, num_waiting in self._reports.values())

    def look(self, sender: str, num_waiting: int, known_version: int) -> SandboxListing | None:
        """Report and read.

        Args:
            sender: who looks.
            num_waiting: scripts it holds back.
            known_version: of the listing it has; -1 for none.

        Returns:
            The listing, or None if the sender has it already or nothing was published yet.
        """
        self._reports[sender] = (self._clock(), num_waiting)
        if self._listing is None or self._listing.version == known_version:
            return None
        return self._listing
