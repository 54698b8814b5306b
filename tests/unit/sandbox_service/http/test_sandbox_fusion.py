"""How our results read in SandboxFusion's words."""

import json

import pytest

from sandbox_service import ExecutionResult, Termination
from sandbox_service.http.sandbox_fusion import RunCodeRequest, command_run_result, run_code_response


def result(termination: Termination, **fields: object) -> ExecutionResult:
    common = {
        "execution_id": "e",
        "termination": termination,
        "stdout": "out",
        "stderr": "err",
        "exit_code": None,
        "stdout_bytes": 3,
        "stderr_bytes": 3,
        "duration_s": 0.25,
        "cpu_s": 0.1,
        "peak_memory_mib": 9.0,
        "queue_s": 0.0,
        "worker": "worker-0",
        "layers": ("seccomp",),
    }
    return ExecutionResult(**{**common, **fields})


def test_a_request_has_their_defaults() -> None:
    request = RunCodeRequest.model_validate({"code": "1", "language": "python"})
    assert request.model_dump() == {
        "compile_timeout": 10,
        "run_timeout": 10,
        "memory_limit_MB": -1,
        "code": "1",
        "stdin": None,
        "language": "python",
        "files": {},
        "fetch_files": [],
    }


@pytest.mark.parametrize(
    ("termination", "fields", "status", "run_status", "return_code"),
    [
        (Termination.OK, {"exit_code": 0}, "Success", "Finished", 0),
        (Termination.ERROR, {"exit_code": 3}, "Failed", "Finished", 3),
        (Termination.ERROR, {"message": "no code"}, "Failed", "Finished", 1),
        (Termination.TIMEOUT, {"message": "late"}, "Failed", "TimeLimitExceeded", None),
        (Termination.TIMEOUT, {"exit_code": 0}, "Failed", "TimeLimitExceeded", None),
        (Termination.MEMORY, {"exit_code": 1, "message": "much"}, "Failed", "Finished", 1),
        (Termination.MEMORY, {"message": "much"}, "Failed", "Finished", 137),
        (Termination.OUTPUT_LIMIT, {"message": "wrote"}, "Failed", "Finished", 137),
        (Termination.OUTPUT_LIMIT, {"exit_code": 0, "message": "wrote"}, "Failed", "Finished", 137),
        (Termination.KILLED, {"message": "killed by SIGSEGV"}, "Failed", "Finished", 139),
        (Termination.KILLED, {"message": "killed by signal 40"}, "Failed", "Finished", 168),
        (Termination.KILLED, {"message": "filled its scratch folder"}, "Failed", "Finished", 137),
        (Termination.INFRASTRUCTURE, {"message": "broken"}, "SandboxError", "Error", None),
    ],
)
def test_every_ending_has_a_status(
    termination: Termination, fields: dict[str, object], status: str, run_status: str, return_code: int | None
) -> None:
    answer = run_code_response(result(termination, **fields), {}, {}, output_bytes=100)
    assert answer.run_result is not None
    assert (answer.status, answer.run_result.status, answer.run_result.return_code) == (
        status,
        run_status,
        return_code,
    )


def test_every_termination_is_covered_by_a_status() -> None:
    for termination in Termination:
        assert command_run_result(result(termination)).status in {"Finished", "Error", "TimeLimitExceeded"}


def test_a_late_script_keeps_its_output_as_it_was() -> None:
    run = command_run_result(result(Termination.TIMEOUT, message="still running after 1 s"))
    assert (run.stdout, run.stderr, run.execution_time) == ("out", "err", 0.25)


def test_the_reason_stands_at_the_end_of_standard_error() -> None:
    run = command_run_result(result(Termination.KILLED, message="killed by SIGABRT"))
    assert run.stderr == "err\n[sandbox] killed by SIGABRT\n"


def test_our_own_fault_is_told_in_the_message() -> None:
    answer = run_code_response(result(Termination.INFRASTRUCTURE, message="lost"), {}, {}, output_bytes=9)
    assert answer.message == "lost"
    assert answer.run_result is not None
    assert (answer.run_result.stdout, answer.run_result.stderr) == (None, "lost")


def test_files_travel_in_base64_and_missing_ones_are_named() -> None:
    answer = run_code_response(
        result(Termination.OK, exit_code=0), {"a": b"\xff"}, {"b": "gone"}, output_bytes=2
    )
    assert answer.files == {"a": "/w=="}
    assert answer.message == "b was not fetched: gone"
    assert answer.x is not None
    assert answer.x.stdout_truncated
    assert json.loads(answer.model_dump_json())["x"]["unfetched"] == {"b": "gone"}


def test_the_name_of_the_pod_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_POD_NAME", "pod-7")
    answer = run_code_response(result(Termination.OK, exit_code=0), {}, {}, output_bytes=9)
    assert answer.executor_pod_name == "pod-7"
