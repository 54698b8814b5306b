"""What goes into the sandbox and what comes out of it."""

from enum import StrEnum

from pydantic import Field

from sandbox_service.frozen import Frozen

MAX_CODE_BYTES = 1_000_000
"""Longest script, unless a pool is configured otherwise."""


def code_refusal(code: str, max_code_bytes: int = MAX_CODE_BYTES) -> str:
    """Why `code` is not run at all; empty if it is."""
    if not code:
        return "there is no code: 0 bytes, at least 1 is needed"
    num_bytes = len(code.encode("utf-8", "surrogatepass"))
    if num_bytes > max_code_bytes:
        return f"the code has {num_bytes} bytes: at most {max_code_bytes} are run"
    return ""


class Termination(StrEnum):
    """How an execution ended. All but `infrastructure` are the guest's doing and are shown to the model."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    KILLED = "killed"
    INFRASTRUCTURE = "infrastructure"


class ExecutionRequest(Frozen):
    """One script to run.

    Example: `ExecutionRequest(execution_id="run/7/0", code="print(1 + 1)", timeout_s=10.0)`.
    """

    execution_id: str = Field(min_length=1, max_length=200)
    """Names this execution; the same id is never counted twice, however often it is retried."""
    code: str
    """Python source. Empty or too long, it is answered with `error`: a model may have written it."""
    timeout_s: float = Field(default=60.0, gt=0, le=600, allow_inf_nan=False)
    """Wall-clock limit for the script itself; waiting for a worker does not count."""
    memory_mib: int = Field(default=1024, ge=16, le=65536)
    """Memory the script may take beyond the warm interpreter. In a session the first cell sets it for all."""
    seed: int = 0
    """Seed of `random` and of numpy's global generator. In a session the first cell sets it for all."""
    queue_timeout_s: float | None = Field(default=None, gt=0, le=86400, allow_inf_nan=False)
    """How long it may wait for a worker before it is answered with `infrastructure`; None for as long as it takes."""
    session: str | None = Field(default=None, min_length=1, max_length=200)
    """Session whose names and files the script shares, opened by its first cell; None for a process of its own."""


class ExecutionResult(Frozen):
    r"""What became of one script.

    Example: `ExecutionResult(execution_id="run/7/0", termination="ok", stdout="2\n", ...)`.
    """

    execution_id: str
    """Copied from the request."""
    termination: Termination
    """How the script ended, seen from outside."""
    stdout: str
    """Standard output, head and tail kept, the cut marked."""
    stderr: str
    """Standard error; for an uncaught exception the traceback of the script's own lines."""
    exit_code: int | None
    """Exit status; None when it was killed by a signal or never ran."""
    stdout_bytes: int
    """Bytes written to stdout, before any cut."""
    stderr_bytes: int
    """Bytes written to stderr, before any cut."""
    duration_s: float
    """Wall time of the script."""
    cpu_s: float
    """CPU time of the script."""
    peak_memory_mib: float
    """Peak resident memory of the script's process."""
    queue_s: float
    """Time spent waiting for a worker."""
    worker: str
    """Which worker ran it."""
    layers: tuple[str, ...]
    """Isolation layers in force."""
    refused_layers: tuple[str, ...] = ()
    """Isolation layers that are not in force: the kernel or the configuration refused them."""
    profile: str = ""
    """What its worker had imported beforehand: `bare`, `maths`, `science` or `custom`."""
    message: str = ""
    """For `infrastructure`: what failed on our side. For the rest: why it was stopped, if it was."""
