"""Judges a run by what the supervisor saw: exit status, signal, deadline, byte counts.

Nothing that a script says of itself counts, but for the last line of an uncaught MemoryError.
"""

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox_service.config import SandboxConfig
from sandbox_service.output import CappedOutput, without_host_folders
from sandbox_service.records import ExecutionRequest, ExecutionResult, Termination, code_refusal
from sandbox_service.worker.stop import Stop

_KIB_PER_MIB = 1024
_OUT_OF_MEMORY = re.compile(r"^(?:\w+\.)*(?:MemoryError|_ArrayMemoryError)\b")


@dataclass
class ObservedRun:
    """Facts about one run, from the supervisor and from the pool's end of the pipes."""

    stdout: CappedOutput
    stderr: CappedOutput
    exit_code: int | None = None
    signal: int = 0
    stopped: Stop = Stop.NONE
    """Why the supervisor stopped it, if it did."""
    duration_s: float = 0.0
    cpu_s: float = 0.0
    peak_kib: int = 0
    alive: bool = False
    """Whether its process lives on for the next cell of its session."""


def judged(run: ObservedRun, request: ExecutionRequest, config: SandboxConfig) -> tuple[Termination, str]:
    """How the run ended, and why it was stopped if it was."""
    timeout_s = min(request.timeout_s, config.timeout_s)
    written = run.stdout.num_bytes + run.stderr.num_bytes
    if written > config.output_kill_bytes:
        return Termination.OUTPUT_LIMIT, f"wrote more than {config.output_kill_bytes} bytes"
    if run.stopped is Stop.TIMEOUT or run.signal == signal.SIGXCPU:
        return Termination.TIMEOUT, f"still running after {timeout_s:g} s"
    if run.stopped is Stop.SCRATCH:
        return (
            Termination.KILLED,
            f"filled its scratch folder: more than {config.scratch_mib} MiB, or too many or too deep files",
        )
    if run.stopped is Stop.SOCKETS:
        return Termination.KILLED, "opened too many sockets: more than 1024 at a time"
    if run.stopped is Stop.CHANNEL:
        return Termination.KILLED, "took over the channel of its session"
    if run.stopped is Stop.MEMORY or (run.exit_code == 1 and _ran_out_of_memory(run.stderr.text())):
        return Termination.MEMORY, f"asked for more than {min(request.memory_mib, config.memory_mib)} MiB"
    if run.exit_code is None:
        return Termination.KILLED, f"killed by {_signal_name(run.signal)}"
    return (Termination.OK, "") if run.exit_code == 0 else (Termination.ERROR, "")


def execution_result(
    run: ObservedRun,
    request: ExecutionRequest,
    config: SandboxConfig,
    *,
    queue_s: float,
    worker: str,
    layers: tuple[str, ...],
    refused_layers: tuple[str, ...] = (),
    profile: str = "",
) -> ExecutionResult:
    """The record of a run that took place."""
    termination, message = judged(run, request, config)
    return ExecutionResult(
        execution_id=request.execution_id,
        termination=termination,
        stdout=without_host_folders(run.stdout.text()),
        stderr=without_host_folders(run.stderr.text()),
        exit_code=run.exit_code,
        stdout_bytes=run.stdout.num_bytes,
        stderr_bytes=run.stderr.num_bytes,
        duration_s=run.duration_s,
        cpu_s=run.cpu_s,
        peak_memory_mib=run.peak_kib / _KIB_PER_MIB,
        queue_s=queue_s,
        worker=worker,
        layers=layers,
        refused_layers=refused_layers,
        profile=profile,
        message=message,
    )


def refusal_result(
    request: ExecutionRequest, config: SandboxConfig, *, num_queued: int
) -> ExecutionResult | None:
    """The record of a request that no back end takes, for its code or for want of room; None if it is taken."""
    if reason := code_refusal(request.code, config.max_code_bytes):
        return refused_result(request, reason)
    if num_queued >= config.queue_size:
        cure = "send fewer at a time or raise SandboxConfig.queue_size"
        return infrastructure_result(request, f"{num_queued} requests wait already: {cure}", queue_s=0.0)
    return None


def given_up_result(request: ExecutionRequest, failures: Sequence[str], *, queue_s: float) -> ExecutionResult:
    """The record of a request that failed through our own fault as often as it is tried."""
    message = f"gave up after {len(failures)} attempts: {'; '.join(failures)}"
    return infrastructure_result(request, message, queue_s=queue_s)


def infrastructure_result(request: ExecutionRequest, message: str, *, queue_s: float) -> ExecutionResult:
    """The record of a run that did not take place, or of which nothing is known, through our own fault."""
    return _without_run(request, Termination.INFRASTRUCTURE, message, queue_s=queue_s)


def refused_result(request: ExecutionRequest, message: str) -> ExecutionResult:
    """The record of a script that is not run, through its own fault; it reads as if Python had said so."""
    return _without_run(request, Termination.ERROR, message, stderr=f"{message}\n")


def _without_run(
    request: ExecutionRequest,
    termination: Termination,
    message: str,
    *,
    queue_s: float = 0.0,
    stderr: str = "",
) -> ExecutionResult:
    return ExecutionResult(
        execution_id=request.execution_id,
        termination=termination,
        stdout="",
        stderr=stderr,
        exit_code=None,
        stdout_bytes=0,
        stderr_bytes=len(stderr.encode()),
        duration_s=0.0,
        cpu_s=0.0,
        peak_memory_mib=0.0,
        queue_s=queue_s,
        worker="",
        layers=(),
        message=message,
    )


def _ran_out_of_memory(stderr: str) -> bool:
    lines = stderr.rstrip().splitlines()
    return bool(lines) and _OUT_OF_MEMORY.match(lines[-1]) is not None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
