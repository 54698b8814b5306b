"""What every back end of the sandbox gives: warm workers (`warm/`) and containers (`containers/`) both meet it."""

from collections.abc import Sequence
from typing import Protocol

from sandbox_service.isolation import IsolationReport
from sandbox_service.records import ExecutionRequest, ExecutionResult


class Pool(Protocol):
    """Runs scripts; `tests/sandbox/test_conformance.py` says what each back end must do alike.

    Example: `await pool.start(); result = await pool.execute(request); await pool.close()`.
    """

    @property
    def report(self) -> IsolationReport | None:
        """Which layers are in force; None before the start."""

    async def start(self) -> None:
        """Make the pool ready. Raises SandboxUnavailableError below the floor."""

    async def execute(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script to its end; an id under way or ended lately is not run again. Cancelling kills the script.

        Raises:
            SandboxError: The pool is not running.
        """

    async def run_batch(self, requests: Sequence[ExecutionRequest]) -> list[ExecutionResult]:
        """Run scripts side by side; results in the order of the requests. Never overfills the queue."""

    async def close(self) -> None:
        """Kill what runs and end everything that was started. No process and no file is left."""

    def metrics(self) -> dict[str, float]:
        """Gauges, and counts since the start."""
