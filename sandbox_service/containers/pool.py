"""The container back end: the same methods as SandboxPool, a fresh container for every script."""

import asyncio
import itertools
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sandbox_service.config import SandboxConfig
from sandbox_service.containers.bundle import Layout, write_bundle
from sandbox_service.containers.config import ContainerConfig
from sandbox_service.containers.container import Container
from sandbox_service.errors import SandboxError, SandboxUnavailableError, WorkerLostError
from sandbox_service.isolation import IsolationReport, worker_spec
from sandbox_service.ledger import ExecutionLedger, run_side_by_side
from sandbox_service.outcome import (
    ObservedRun,
    execution_result,
    given_up_result,
    infrastructure_result,
    refusal_result,
)
from sandbox_service.records import ExecutionRequest, ExecutionResult, Termination
from sandbox_service.worker.kernel import layers

_ALWAYS = (
    *(layers.PRIVATE_ROOT, layers.PID_NAMESPACE, layers.FRESH_PROC, layers.NETWORK_NAMESPACE),
    *(layers.IPC_NAMESPACE, layers.UTS_NAMESPACE, layers.SEPARATE_USER, layers.NO_NEW_PRIVS, layers.RLIMITS),
)
_MIN_START_ALLOWANCE_S = 0.5
# gVisor's kernel lives in the container's group, with many threads and one process more per process of the script.
_OWN_NEEDS: dict[str, dict[str, int]] = {
    "runsc": {"own_processes": 256, "own_mib": 256},
    "crun": {},
    "runc": {},
}


class ContainerPool:
    """Runs each script in a container of its own. Lives in the event loop that called `start`.

    Example: `pool = ContainerPool(ContainerConfig(runtime="runsc")); await pool.start()`.
    """

    def __init__(self, config: ContainerConfig | None = None, limits: SandboxConfig | None = None) -> None:
        self.config = config or ContainerConfig()
        self.limits = limits or SandboxConfig()
        self.report: IsolationReport | None = None
        """Which layers are in force; None before the start."""
        self._places = asyncio.Semaphore(self.limits.num_workers)
        self._ledger = ExecutionLedger()
        self._counts: Counter[str] = Counter()
        self._serial = itertools.count()
        self._folder = Path()
        self._layout = Layout((), (), has_cgroups=False)
        self._start_allowance_s = _MIN_START_ALLOWANCE_S
        self._num_queued = 0
        self._num_running = 0

    async def start(self) -> None:
        """Find what the runtime can do here, by trying. Raises SandboxUnavailableError."""
        if shutil.which(self.config.runtime) is None:
            raise SandboxUnavailableError(
                f"the container runtime {self.config.runtime!r} is not installed: install it or choose another"
            )
        # Short: runtimes put sockets into it, whose paths may have 107 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="oci-", dir=self.limits.scratch_root))
        try:
            self.report = await self._probed()
            self.report.require(self.limits.floor)
        except SandboxError:
            await self.close()
            raise

    async def execute(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script. An id under way or ended lately is not run again. Cancelling kills the container."""
        if self.report is None:
            raise SandboxError("the container pool is not running: await pool.start() first")
        return await self._ledger.once(request, self._carried_out)

    async def run_batch(self, requests: Sequence[ExecutionRequest]) -> list[ExecutionResult]:
        """Run scripts side by side; results in the order of the requests. Never overfills the queue."""
        return await run_side_by_side(requests, self.execute, self.limits)

    async def close(self) -> None:
        """Kill every container. No process and no file is left."""
        self.report = None
        await self._ledger.cancel_all()
        folder, self._folder = self._folder, Path()
        if folder != Path():
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def metrics(self) -> dict[str, float]:
        """Gauges, and counts since the start."""
        ended = {f"executions_{kind.value}": float(self._counts[kind.value]) for kind in Termination}
        return ended | {
            "queued": float(self._num_queued),
            "running": float(self._num_running),
            "idle_workers": float(self.limits.num_workers - self._num_running if self.report else 0),
            "retries": float(self._counts["retries"]),
            "worker_restarts": 0.0,
        }

    async def _probed(self) -> IsolationReport:
        """Run an empty script, with cgroups if it can be; the layers that this showed to work."""
        spec = worker_spec(self.limits, (), "")
        refused: dict[str, str] = {}
        for has_cgroups in (True, False) if self.config.cgroups == "auto" else (False,):
            self._layout = Layout(
                spec.read_paths, spec.import_paths, has_cgroups=has_cgroups, **_OWN_NEEDS[self.config.runtime]
            )
            canary = ExecutionRequest(execution_id="canary", code="print('ready', end='')", timeout_s=1)
            try:
                run = await self._run(canary, deadline_s=self.config.start_timeout_s)
            except WorkerLostError as error:
                refused[layers.CGROUP if has_cgroups else "containers"] = str(error)
                continue
            if run.stdout.text() == "ready" and run.exit_code == 0:
                self._start_allowance_s = max(_MIN_START_ALLOWANCE_S, 2 * run.duration_s)
                return IsolationReport(self._layers(has_cgroups=has_cgroups), refused)
            refused[layers.CGROUP if has_cgroups else "containers"] = run.stopped or run.stderr.text()[-300:]
        raise SandboxUnavailableError(
            f"{self.config.runtime} runs no container here ({refused}): run it as root outside of other "
            "containers, try another runtime, or use warm workers"
        )

    def _layers(self, *, has_cgroups: bool) -> tuple[str, ...]:
        # gVisor answers system calls itself, which filters them better than a list; it leaves our list unread.
        kernel = "own_kernel" if self.config.runtime == "runsc" else layers.SECCOMP
        counted = (layers.PROCESS_LIMIT, layers.CGROUP) if has_cgroups else ()
        return (*_ALWAYS, kernel, *counted)

    async def _run(self, request: ExecutionRequest, *, deadline_s: float) -> ObservedRun:
        name = f"c{next(self._serial)}-{self._folder.name[-6:]}"
        folder = self._folder / name
        await asyncio.to_thread(write_bundle, folder, request, self._layout, self.limits)
        container = Container(name, folder, self.config, self.limits, has_cgroups=self._layout.has_cgroups)
        try:
            return await container.run(deadline_s=deadline_s)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _carried_out(self, request: ExecutionRequest) -> ExecutionResult:
        refused = refusal_result(request, self.limits, num_queued=self._num_queued)
        if refused is not None:
            result = refused
        elif request.session is not None:
            message = "containers keep no sessions: leave out ExecutionRequest.session or use warm workers"
            result = infrastructure_result(request, message, queue_s=0.0)
        else:
            result = await self._first_result(request)
        self._counts[result.termination.value] += 1
        return result

    async def _first_result(self, request: ExecutionRequest) -> ExecutionResult:
        waiting_since = time.monotonic()
        self._num_queued += 1
        try:
            async with asyncio.timeout(request.queue_timeout_s):
                await self._places.acquire()
        except TimeoutError:
            message = f"no container was free within {request.queue_timeout_s:g} s: send fewer at a time"
            return infrastructure_result(request, message, queue_s=time.monotonic() - waiting_since)
        finally:
            self._num_queued -= 1
        queue_s = time.monotonic() - waiting_since
        self._num_running += 1
        try:
            return await self._repeated(request, queue_s)
        finally:
            self._num_running -= 1
            self._places.release()

    async def _repeated(self, request: ExecutionRequest, queue_s: float) -> ExecutionResult:
        deadline_s = min(request.timeout_s, self.limits.timeout_s) + self._start_allowance_s
        failures: list[str] = []
        while len(failures) <= self.limits.retries:
            self._counts["retries"] += bool(failures)
            try:
                run = await self._run(request, deadline_s=deadline_s)
            except WorkerLostError as error:
                failures.append(str(error))
                continue
            report = self.report or IsolationReport((), {})
            return execution_result(
                run,
                request,
                self.limits,
                queue_s=queue_s,
                worker=self.config.runtime,
                layers=report.active,
                refused_layers=tuple(report.refused),
            )
        return given_up_result(request, failures, queue_s=queue_s)
