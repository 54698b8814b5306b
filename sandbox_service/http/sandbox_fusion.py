"""SandboxFusion's wire format for `/run_code`: its records, its defaults, and how our results map onto them.

Field names, types and defaults are theirs, and so is the rule for the status: our own fault is `SandboxError`, a
passed deadline or a non-zero return code `Failed`, all else `Success`. What they have no field for is under `x`.
"""

import base64
import os
import re
import signal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox_service.frozen import Frozen
from sandbox_service.records import ExecutionResult, Termination

PYTHON = "python"
Language = Literal[
    "python",
    "cpp",
    "nodejs",
    "go",
    "go_test",
    "java",
    "php",
    "csharp",
    "bash",
    "typescript",
    "sql",
    "rust",
    "cuda",
    "lua",
    "R",
    "perl",
    "D_ut",
    "ruby",
    "scala",
    "julia",
    "pytest",
    "junit",
    "kotlin_script",
    "jest",
    "verilog",
    "python_gpu",
    "lean",
    "swift",
    "racket",
    # Known to the client package 0.3.7 only.
    "python2",
    "gtest",
    "react",
]
_KILLED = re.compile(r"killed by (?P<name>SIG\w+)|killed by signal (?P<number>\d+)")


class RunCodeRequest(BaseModel):
    """What a client posts to `/run_code`.

    Example: `{"code": "print(1 + 1)", "language": "python"}`.
    """

    # As theirs: a client of a later version may send more fields than we know.
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    compile_timeout: float = 10
    """Not used: Python is not compiled beforehand."""
    run_timeout: float = 10
    """Seconds the script may run."""
    memory_limit_MB: int = -1  # noqa: N815
    """MiB the script may take; -1 for this server's default."""
    code: str = Field(examples=['print("hello")'])
    """The script to run."""
    stdin: str | None = None
    """What the script can read from standard input."""
    language: Language = Field(examples=["python"])
    """Only `python` is run here."""
    files: dict[str, str | None] = Field(default_factory=dict)
    """Base64 content by relative path, written before the script starts; null is skipped."""
    fetch_files: list[str] = Field(default_factory=list)
    """Relative paths to be read after the script's end."""


class CommandRunResult(Frozen):
    r"""How one command ended.

    Example: `CommandRunResult(status="Finished", return_code=0, stdout="2\n", stderr="", execution_time=0.01)`.
    """

    status: Literal["Finished", "Error", "TimeLimitExceeded"]
    """Ended by itself or killed, not run through our own fault, or passed its deadline."""
    execution_time: float | None = None
    """Wall time in seconds, waiting for a worker not counted."""
    return_code: int | None = None
    """Exit status, or 128 + signal if it was killed; None after a passed deadline."""
    stdout: str | None = None
    """Standard output, also what came before a passed deadline."""
    stderr: str | None = None
    """Standard error; why we stopped the script, if we did, stands at its end."""


class Extras(Frozen):
    """What SandboxFusion has no field for.

    Example: `Extras(execution_id="run_code/1", termination="ok", layers=("seccomp",), ...)`.
    """

    execution_id: str
    """Names this execution in our records."""
    termination: Termination
    """How it ended, in our words."""
    layers: tuple[str, ...]
    """Isolation layers in force."""
    stdout_bytes: int
    """Bytes written to stdout, before any cut."""
    stderr_bytes: int
    """Bytes written to stderr, before any cut."""
    stdout_truncated: bool
    """Whether the middle of standard output was cut out."""
    stderr_truncated: bool
    """Whether the middle of standard error was cut out."""
    queue_s: float
    """Time spent waiting for a worker."""
    cpu_s: float
    """CPU time of the script."""
    peak_memory_mib: float
    """Peak resident memory of the script's process."""
    worker: str
    """Which worker ran it."""
    unfetched: dict[str, str] = Field(default_factory=dict)
    """Files that were asked for and are not in the answer, with the reason."""


class RunCodeResponse(Frozen):
    """What `/run_code` answers.

    Example: `RunCodeResponse(status="Success", message="", run_result=CommandRunResult(status="Finished"))`.
    """

    status: Literal["Success", "Failed", "SandboxError"]
    """The rule is in the module's docstring."""
    message: str
    """What went wrong on our side, or which files could not be fetched; else empty."""
    compile_result: CommandRunResult | None = None
    """Always None: nothing is compiled."""
    run_result: CommandRunResult | None = None
    """How the script ended; None for a request that is refused."""
    executor_pod_name: str | None = None
    """Environment variable MY_POD_NAME of the server."""
    files: dict[str, str] = Field(default_factory=dict)
    """Base64 content of the fetched files by path."""
    x: Extras | None = None
    """Ours, not theirs; their client ignores it."""


def refusal(message: str) -> RunCodeResponse:
    """Their answer to what a server cannot do."""
    return RunCodeResponse(
        status="SandboxError", message=message, executor_pod_name=os.environ.get("MY_POD_NAME")
    )


def run_code_response(
    result: ExecutionResult, files: dict[str, bytes], unfetched: dict[str, str], *, output_bytes: int
) -> RunCodeResponse:
    """Our result in their words. `output_bytes` is what is kept of each stream."""
    run = command_run_result(result)
    if run.status == "Error":
        status, message = "SandboxError", result.message
    else:
        status = "Success" if run.status == "Finished" and run.return_code == 0 else "Failed"
        message = "; ".join(f"{path} was not fetched: {reason}" for path, reason in unfetched.items())
    common = result.model_dump(
        include={"execution_id", "termination", "layers", "stdout_bytes", "stderr_bytes"}
        | {"queue_s", "cpu_s", "peak_memory_mib", "worker"}
    )
    return RunCodeResponse(
        status=status,  # type: ignore[arg-type]
        message=message,
        run_result=run,
        executor_pod_name=os.environ.get("MY_POD_NAME"),
        files={path: base64.b64encode(content).decode() for path, content in files.items()},
        x=Extras(
            **common,
            stdout_truncated=result.stdout_bytes > output_bytes,
            stderr_truncated=result.stderr_bytes > output_bytes,
            unfetched=unfetched,
        ),
    )


def command_run_result(result: ExecutionResult) -> CommandRunResult:
    """How a script ended, in their words; why we stopped it is added to its standard error."""
    if result.termination is Termination.INFRASTRUCTURE:
        return CommandRunResult(status="Error", stderr=result.message)
    is_late = result.termination is Termination.TIMEOUT
    return CommandRunResult(
        status="TimeLimitExceeded" if is_late else "Finished",
        execution_time=result.duration_s,
        return_code=None if is_late else _return_code(result),
        stdout=result.stdout,
        stderr=_with_reason(result.stderr, "" if is_late else result.message),
    )


def _return_code(result: ExecutionResult) -> int:
    if result.exit_code is not None:
        # A script that leaves with 0 as it passes a limit has failed all the same.
        is_stopped = result.exit_code == 0 and result.termination is not Termination.OK
        return 128 + signal.SIGKILL if is_stopped else result.exit_code
    if result.termination is Termination.ERROR:
        # Never run: not even Python can read it.
        return 1
    killed = _KILLED.fullmatch(result.message)
    if killed is None:
        return 128 + signal.SIGKILL
    return 128 + (int(killed["number"]) if killed["number"] else signal.Signals[killed["name"]])


def _with_reason(stderr: str, reason: str) -> str:
    if not reason or reason in stderr:
        return stderr
    separator = "" if not stderr or stderr.endswith("\n") else "\n"
    return f"{stderr}{separator}[sandbox] {reason}\n"
