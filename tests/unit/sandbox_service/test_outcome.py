import signal

import pytest

from sandbox_service.config import SandboxConfig
from sandbox_service.outcome import (
    ObservedRun,
    execution_result,
    infrastructure_result,
    judged,
    refused_result,
)
from sandbox_service.output import CappedOutput
from sandbox_service.records import ExecutionRequest
from sandbox_service.worker.stop import Stop

REQUEST = ExecutionRequest(execution_id="x", code="", timeout_s=2, memory_mib=64)
CONFIG = SandboxConfig(output_kill_bytes=2048)


def run(*, stdout: bytes = b"", stderr: bytes = b"", **facts: object) -> ObservedRun:
    observed = ObservedRun(CappedOutput(4096), CappedOutput(4096), **facts)
    observed.stdout.feed(stdout)
    observed.stderr.feed(stderr)
    return observed


@pytest.mark.parametrize(
    ("facts", "termination", "message"),
    [
        ({"exit_code": 0}, "ok", ""),
        ({"exit_code": 3}, "error", ""),
        ({"signal": signal.SIGSEGV}, "killed", "killed by SIGSEGV"),
        ({"signal": 63}, "killed", "killed by signal 63"),
        ({"signal": signal.SIGKILL, "stopped": Stop.TIMEOUT}, "timeout", "still running after 2 s"),
        ({"signal": signal.SIGXCPU}, "timeout", "still running after 2 s"),
        ({"signal": signal.SIGKILL, "stopped": Stop.MEMORY}, "memory", "asked for more than 64 MiB"),
        ({"exit_code": 1, "stderr": b"Traceback ...\nMemoryError\n"}, "memory", "asked for more than 64 MiB"),
        ({"exit_code": 0, "stderr": b"MemoryError\n"}, "ok", ""),
        ({"exit_code": 1, "stderr": b"MemoryErrors are fun\n"}, "error", ""),
        (
            {"exit_code": 0, "stdout": b"x" * 2000, "stderr": b"x" * 49},
            "output_limit",
            "wrote more than 2048 bytes",
        ),
    ],
)
def test_a_run_is_judged_by_what_the_supervisor_saw(facts, termination, message):
    assert judged(run(**facts), REQUEST, CONFIG) == (termination, message)


def test_the_memory_error_of_numpy_counts_as_one():
    last = b"numpy._core._exceptions._ArrayMemoryError: Unable to allocate 8 GiB\n"
    assert judged(run(exit_code=1, stderr=last), REQUEST, CONFIG)[0] == "memory"


def test_the_limits_named_are_those_in_force():
    strict = SandboxConfig(timeout_s=0.5)
    assert judged(run(stopped=Stop.TIMEOUT), REQUEST, strict)[1] == "still running after 0.5 s"


def test_the_record_carries_the_facts():
    observed = run(stdout=b"hi", exit_code=0, duration_s=0.5, cpu_s=0.25, peak_kib=2048)
    result = execution_result(observed, REQUEST, CONFIG, queue_s=0.1, worker="worker-1", layers=("seccomp",))
    assert (result.stdout, result.stdout_bytes, result.exit_code) == ("hi", 2, 0)
    assert (result.duration_s, result.cpu_s, result.peak_memory_mib, result.queue_s) == (0.5, 0.25, 2.0, 0.1)
    assert (result.worker, result.layers) == ("worker-1", ("seccomp",))


def test_a_failure_of_ours_names_itself():
    result = infrastructure_result(REQUEST, "no worker", queue_s=1.5)
    assert (result.termination, result.message, result.exit_code) == ("infrastructure", "no worker", None)


def test_a_script_that_is_not_run_reads_as_an_error_of_its_own():
    result = refused_result(REQUEST, "there is no code")
    assert (result.termination, result.exit_code, result.message) == ("error", None, "there is no code")
    assert (result.stderr, result.stderr_bytes) == ("there is no code\n", 17)
