"""A pool of warm workers: the front door of the sandbox.

execute -> ledger (same id? wait for it) -> task per execution -> ScriptRunner or Sessions
                                                    -> Admission (queue, breaker) -> Workers -> WorkerClient
"""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import SandboxError, SandboxUnavailableError, WorkerLostError
from sandbox_service.isolation import IsolationReport, probe_layers
from sandbox_service.ledger import ExecutionLedger, run_side_by_side
from sandbox_service.outcome import refusal_result
from sandbox_service.records import ExecutionRequest, ExecutionResult, Termination
from sandbox_service.warm.admission import Admission
from sandbox_service.warm.breaker import CircuitBreaker
from sandbox_service.warm.runner import ScriptRunner
from sandbox_service.warm.sessions import Sessions
from sandbox_service.warm.workers import Workers
from sandbox_service.worker.kernel.layers import PRIVATE_ROOT


@dataclass(frozen=True)
class _Machinery:
    """What exists between start and close."""

    breaker: CircuitBreaker
    admission: Admission
    scripts: ScriptRunner
    sessions: Sessions

    @classmethod
    def built(cls, config: SandboxConfig, report: IsolationReport, folder: str) -> "_Machinery":
        breaker = CircuitBreaker(max_failures=config.breaker_failures, cooldown_s=config.breaker_cooldown_s)
        workers = Workers(config, report.active, folder, num_places=config.num_workers)
        admission = Admission(config, report, workers, breaker)
        # Apart from the others: an open session must not hold up scripts.
        workers = Workers(config, report.active, folder, num_places=config.max_sessions, name="session")
        sessions = Sessions(config, Admission(config, report, workers, breaker))
        return cls(breaker, admission, ScriptRunner(config, admission), sessions)


class SandboxPool:
    """Runs scripts in warm, isolated processes. Lives in the event loop that called `start`.

    Example: `await pool.start(); result = await pool.execute(request); await pool.close()`.
    """

    def __init__(self, config: SandboxConfig | None = None) -> None:
        self.config = config or SandboxConfig()
        self.report: IsolationReport | None = None
        """Which layers are in force; None before the start."""
        self._machinery: _Machinery | None = None
        self._is_open = False
        self._folder = ""
        self._ledger = ExecutionLedger()
        self._counts: Counter[str] = Counter()

    async def start(self) -> None:
        """Probe the layers and warm up the workers. Raises SandboxUnavailableError below the floor."""
        self.report = await asyncio.to_thread(probe_layers, self.config)
        self.report.require(self.config.floor)
        if PRIVATE_ROOT not in self.report.active:
            self._folder = tempfile.mkdtemp(prefix="sandbox-", dir=self.config.scratch_root)
        self._machinery = _Machinery.built(self.config, self.report, self._folder)
        self._is_open = True
        try:
            await self._machinery.admission.workers.start(self.config.first_profile)
        except WorkerLostError as error:
            await self.close()
            raise SandboxUnavailableError(
                f"{error}: check SandboxConfig.preload, or try preload='bare'"
            ) from error

    async def execute(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script, or the next cell of `request.session`. Cancelling kills the script.

        An id under way or ended lately is not run again.
        """
        if self._machinery is None or not self._is_open:
            raise SandboxError("the sandbox pool is not running: await pool.start() first")
        machinery = self._machinery
        return await self._ledger.once(request, lambda asked: self._carried_out(asked, machinery))

    async def run_batch(self, requests: Sequence[ExecutionRequest]) -> list[ExecutionResult]:
        """Run scripts side by side; results in the order of the requests. Never overfills the queue."""
        return await run_side_by_side(requests, self.execute, self.config)

    async def close_session(self, session_id: str) -> bool:
        """End a session with its process, its names and its files; False if there is none of that id."""
        return (
            self._is_open
            and self._machinery is not None
            and await self._machinery.sessions.close_session(session_id)
        )

    async def close(self) -> None:
        """Kill what runs and end every worker and session. No process and no file is left."""
        was_open, self._is_open = self._is_open, False
        await self._ledger.cancel_all()
        if was_open and self._machinery is not None:
            await asyncio.gather(self._machinery.admission.workers.close(), self._machinery.sessions.close())
        if self._folder:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def metrics(self) -> dict[str, float]:
        """Gauges, and counts since the start."""
        numbers = {f"executions_{kind.value}": float(self._counts[kind.value]) for kind in Termination}
        gauges = (
            "queued",
            "running",
            "idle_workers",
            "retries",
            "worker_restarts",
            "sessions",
            "breaker_open",
        )
        numbers |= dict.fromkeys(gauges, 0.0)
        if self._machinery is not None:
            admission, sessions = self._machinery.admission, self._machinery.sessions
            numbers |= {
                "queued": float(admission.num_queued),
                "running": float(admission.num_running + sessions.num_running),
                "idle_workers": float(admission.workers.num_free if self._is_open else 0),
                "retries": float(self._machinery.scripts.num_retries),
                "worker_restarts": float(admission.workers.num_lost + sessions.num_lost),
                "sessions": float(sessions.num_open),
                "breaker_open": self._machinery.breaker.openness(time.monotonic()),
            }
        return numbers

    async def _carried_out(self, request: ExecutionRequest, machinery: _Machinery) -> ExecutionResult:
        refused = refusal_result(request, self.config, num_queued=machinery.admission.num_queued)
        if refused is not None:
            result = refused
        elif request.session is not None:
            result = await machinery.sessions.result(request, request.session)
        else:
            result = await machinery.scripts.result(request)
        self._counts[result.termination.value] += 1
        return result
