"""What goes into the sandbox and what comes out of it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

MAX_CODE_BYTES = 1_000_000


class Termination(StrEnum):
    """How an execution ended. All but `infrastructure` are the guest's doing and are shown to the model."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    KILLED = "killed"
    INFRASTRUCTURE = "infrastructure"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ExecutionRequest(_Record):
    """One script to run.

    Example: `ExecutionRequest(execution_id="run/7/0", code="print(1 + 1)", timeout_s=10.0)`.
    """

    execution_id: str = Field(min_length=1, max_length=200)
    """Names this execution; the same id is never counted twice, however often it is retried."""
    code: str
    """Python source."""
    timeout_s: float = Field(default=60.0, gt=0, le=600)
    """Wall-clock limit for the script itself; waiting for a worker does not count."""
    memory_mib: int = Field(default=1024, ge=16, le=65536)
    """Memory the script may take beyond the warm interpreter."""
    seed: int = 0
    """Seed of `random` and of numpy's global generator."""


class ExecutionResult(_Record):
    r"""What became of one script.

    Example: `ExecutionResult(execution_id="run/7/0", termination="ok", stdout="2\n", ...)`.
    """

    execution_id: str
    """Copied from the request."""
    termination: Termination
    """How it ended."""
    stdout: str
    """Standard output, head and tail kept, the cut marked."""
    stderr: str
    """Standard error; for an uncaught exception the traceback of the script's own lines."""
    exit_code: int | None
    """Exit status; None when it was killed by a signal or never ran."""
    stdout_bytes: int
    """Bytes written, before any cut."""
    stderr_bytes: int
    """Bytes written, before any cut."""
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
    message: str = ""
    """For `infrastructure`: what failed on our side. For the rest: why it was stopped, if it was."""
