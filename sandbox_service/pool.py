"""A pool of warm workers: queues requests, runs a request again after a failure of ours.

execute -> ledger (same id? wait for it) -> task per execution -> idle lane -> judged result
                                                 ^ LaneLostError: another lane, up to `retries` times
"""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import LaneLostError, SandboxError, SandboxUnavailableError
from sandbox_service.isolation import IsolationReport, probe_layers
from sandbox_service.ledger import Execution, ExecutionLedger
from sandbox_service.outcome import execution_result, infrastructure_result
from sandbox_service.protocol import ExecutionRequest, ExecutionResult, Termination
from sandbox_service.roster import LaneRoster
from sandbox_service.worker.layers import PRIVATE_ROOT


class SandboxPool:
    """Runs scripts in warm, isolated processes. Lives in the event loop that called `start`.

    Example: `await pool.start(); result = await pool.execute(request); await pool.close()`.
    """

    def __init__(self, config: SandboxConfig | None = None) -> None:
        self.config = config or SandboxConfig()
        self.report: IsolationReport | None = None
        """Which layers are in force; None before the start."""
        self._roster: LaneRoster | None = None
        self._folder = ""
        self._ledger = ExecutionLedger()
        self._counts: Counter[str] = Counter()
        self._num_queued = 0
        self._num_running = 0

    async def start(self) -> None:
        """Probe the layers and warm up the workers. Raises SandboxUnavailableError below the floor."""
        self.report = await asyncio.to_thread(probe_layers, self.config)
        self.report.require(self.config.floor)
        if PRIVATE_ROOT not in self.report.active:
            self._folder = tempfile.mkdtemp(prefix="sandbox-", dir=self.config.scratch_root)
        self._roster = LaneRoster(self.config, self.report.active, self._folder)
        try:
            await self._roster.start()
        except LaneLostError as error:
            await self.close()
            raise SandboxUnavailableError(
                f"{error}: check SandboxConfig.preload, or try preload='bare'"
            ) from error

    async def execute(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script. An id under way or ended lately is not run again. Cancelling kills the script."""
        if self._roster is None:
            raise SandboxError("the sandbox pool is not running: await pool.start() first")
        finished = self._ledger.finished(request.execution_id)
        if finished is not None:
            return finished
        execution = self._ledger.running(request.execution_id) or self._begun(request, self._roster)
        execution.num_waiting += 1
        try:
            return await asyncio.shield(execution.task)
        except asyncio.CancelledError:
            return await self._cancelled(execution)
        finally:
            execution.num_waiting -= 1

    async def run_batch(self, requests: Sequence[ExecutionRequest]) -> list[ExecutionResult]:
        """Run scripts side by side; results in the order of the requests. Never overfills the queue."""
        places = asyncio.Semaphore(self.config.num_workers + self.config.queue_size // 2)

        async def run(request: ExecutionRequest) -> ExecutionResult:
            async with places:
                return await self.execute(request)

        return list(await asyncio.gather(*(run(request) for request in requests)))

    async def close(self) -> None:
        """Kill what runs and end every worker. No process and no file is left."""
        roster, self._roster = self._roster, None
        tasks = self._ledger.tasks()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if roster is not None:
            await roster.close()
        if self._folder:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def metrics(self) -> dict[str, float]:
        """Gauges, and counts since the start."""
        ended = {f"executions_{kind.value}": float(self._counts[kind.value]) for kind in Termination}
        return ended | {
            "queued": float(self._num_queued),
            "running": float(self._num_running),
            "idle_workers": float(self._roster.num_idle if self._roster else 0),
            "retries": float(self._counts["retries"]),
            "worker_restarts": float(self._roster.num_restarts if self._roster else 0),
        }

    def _begun(self, request: ExecutionRequest, roster: LaneRoster) -> Execution:
        execution = Execution(request, asyncio.create_task(self._carried_out(request, roster)))
        self._ledger.begin(execution)
        return execution

    async def _cancelled(self, execution: Execution) -> ExecutionResult:
        """Cancelled from outside: kill the script unless someone else waits for it. By `close`: say so."""
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            return infrastructure_result(execution.request, "the pool was closed", queue_s=0.0)
        if execution.num_waiting == 1:
            self._ledger.forget(execution)
            execution.task.cancel()
            await asyncio.wait([execution.task])
        raise asyncio.CancelledError

    async def _carried_out(self, request: ExecutionRequest, roster: LaneRoster) -> ExecutionResult:
        if self._num_queued >= self.config.queue_size:
            cure = "send fewer at a time or raise SandboxConfig.queue_size"
            result = infrastructure_result(
                request, f"{self._num_queued} requests wait already: {cure}", queue_s=0.0
            )
        else:
            result = await self._first_result(request, roster)
        self._counts[result.termination.value] += 1
        return result

    async def _first_result(self, request: ExecutionRequest, roster: LaneRoster) -> ExecutionResult:
        queue_s = 0.0
        failures: list[str] = []
        while len(failures) <= self.config.retries:
            self._counts["retries"] += bool(failures)
            waiting_since = time.monotonic()
            self._num_queued += 1
            try:
                lane = await roster.take()
            finally:
                self._num_queued -= 1
            queue_s += time.monotonic() - waiting_since
            self._num_running += 1
            try:
                run = await lane.run(request)
            except LaneLostError as error:
                failures.append(str(error))
                continue
            finally:
                self._num_running -= 1
                roster.give_back(lane)
            layers = self.report.active if self.report else ()
            return execution_result(
                run, request, self.config, queue_s=queue_s, worker=lane.name, layers=layers
            )
        message = f"gave up after {len(failures)} attempts: {'; '.join(failures)}"
        return infrastructure_result(request, message, queue_s=queue_s)
