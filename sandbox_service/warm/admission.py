"""Where a request gets its worker: waits for a free one, not longer than it may, and not at all on a bad node."""

import asyncio
import time

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import NotAdmittedError, WorkerLostError
from sandbox_service.isolation import IsolationReport
from sandbox_service.outcome import ObservedRun, execution_result
from sandbox_service.records import ExecutionRequest, ExecutionResult
from sandbox_service.warm.breaker import CircuitBreaker
from sandbox_service.warm.worker_client import WorkerClient
from sandbox_service.warm.workers import Workers


class Admission:
    """Hands out workers and tells the breaker how they fare."""

    def __init__(
        self, config: SandboxConfig, report: IsolationReport, workers: Workers, breaker: CircuitBreaker
    ) -> None:
        self._config = config
        self._active = report.active
        self._refused = tuple(report.refused)
        self._breaker = breaker
        self.workers = workers
        self.num_queued = 0
        """Requests that wait for a worker."""
        self.num_running = 0
        """Scripts that run."""

    async def take(self, request: ExecutionRequest, profile: str, *, waited_s: float = 0.0) -> WorkerClient:
        """A worker for a request, which has waited before. Raises NotAdmittedError and WorkerLostError."""
        self._require_closed_breaker()
        limit_s = request.queue_timeout_s
        self.num_queued += 1
        try:
            async with asyncio.timeout(None if limit_s is None else max(0.0, limit_s - waited_s)):
                return await self._next_worker(profile)
        except TimeoutError:
            raise NotAdmittedError(
                f"no worker was free within {limit_s:g} s: {self.num_queued} requests wait and {self.num_running} "
                f"scripts run on {self._config.num_workers} workers; send fewer at a time, raise "
                "SandboxConfig.num_workers, or raise ExecutionRequest.queue_timeout_s"
            ) from None
        except WorkerLostError as error:
            self._breaker.observe_failure(str(error), time.monotonic())
            raise
        finally:
            self.num_queued -= 1

    async def run(self, worker: WorkerClient, request: ExecutionRequest) -> ObservedRun:
        """Run a script or a cell on a worker that was taken. Raises WorkerLostError."""
        self.num_running += 1
        try:
            run = await worker.run(request)
        except WorkerLostError as error:
            self._breaker.observe_failure(str(error), time.monotonic())
            raise
        finally:
            self.num_running -= 1
        self._breaker.observe_success()
        return run

    def result(
        self, run: ObservedRun, request: ExecutionRequest, worker: WorkerClient, *, queue_s: float
    ) -> ExecutionResult:
        """The record of a run, with where and within which walls it took place."""
        return execution_result(
            run,
            request,
            self._config,
            queue_s=queue_s,
            worker=worker.name,
            layers=self._active,
            refused_layers=self._refused,
            profile=worker.profile,
        )

    async def _next_worker(self, profile: str) -> WorkerClient:
        await self.workers.wait_for_place()
        try:
            # Again: it may have opened while this request stood in line.
            self._require_closed_breaker()
            self._breaker.let_through(time.monotonic())
            return await self.workers.in_place(profile)
        except BaseException:
            self.workers.free_place()
            raise

    def _require_closed_breaker(self) -> None:
        if refusal := self._breaker.refusal(time.monotonic()):
            raise NotAdmittedError(refusal)
