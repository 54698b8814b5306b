"""SandboxFusion's wire format: fields, defaults, and how endings are told."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

RunCode = Callable[..., dict[str, Any]]
THEIR_FIELDS = ["status", "message", "compile_result", "run_result", "executor_pod_name", "files"]


def test_an_answer_has_their_fields_in_their_order_and_one_of_ours(run_code: RunCode) -> None:
    answer = run_code("print(1 + 1)")
    assert list(answer) == [*THEIR_FIELDS, "x"]
    assert list(answer["run_result"]) == ["status", "execution_time", "return_code", "stdout", "stderr"]
    assert answer["run_result"].pop("execution_time") > 0
    assert answer["run_result"] == {"status": "Finished", "return_code": 0, "stdout": "2\n", "stderr": ""}
    answer.pop("x")
    answer.pop("run_result")
    assert answer == {
        "status": "Success",
        "message": "",
        "compile_result": None,
        "executor_pod_name": None,
        "files": {},
    }


def test_a_call_as_verl_makes_it_is_answered_as_verl_reads_it(http: httpx.Client) -> None:
    payload = {
        "compile_timeout": 10,
        "run_timeout": 10,
        "code": "print(int(input()) * 2)",
        "stdin": "21\n",
        "memory_limit_MB": 1024,
        "language": "python",
        "files": {},
        "fetch_files": [],
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    answer = http.post("/run_code", json=payload, headers=headers)
    assert answer.status_code == 200
    said = answer.json()
    assert said.get("status") == "Success"
    assert (said.get("compile_result") or {}).get("status") is None
    run = said.get("run_result")
    read = {name: run.get(name) for name in ("status", "stdout", "stderr", "return_code")}
    assert read == {"status": "Finished", "stdout": "42\n", "stderr": "", "return_code": 0}
    assert run.get("execution_time") < 10


@pytest.mark.parametrize("code", ["", " ", "# nothing"])
def test_an_empty_script_ends_well(run_code: RunCode, code: str) -> None:
    assert run_code(code)["status"] == "Success"


def test_an_uncaught_exception_is_a_failure_with_a_traceback(run_code: RunCode) -> None:
    answer = run_code("x = 1\n1 / 0")
    assert answer["status"] == "Failed"
    assert answer["run_result"]["status"] == "Finished"
    assert answer["run_result"]["return_code"] == 1
    assert "line 2" in answer["run_result"]["stderr"]
    assert answer["run_result"]["stderr"].endswith("ZeroDivisionError: division by zero\n")


def test_an_exit_status_is_the_return_code(run_code: RunCode) -> None:
    assert run_code("import sys; sys.exit(3)")["run_result"]["return_code"] == 3


def test_a_passed_deadline_keeps_what_was_printed_before(run_code: RunCode) -> None:
    answer = run_code("import time; print('so far'); time.sleep(60)", run_timeout=1.0)
    assert answer["status"] == "Failed"
    run = answer["run_result"]
    assert (run["status"], run["return_code"], run["stdout"]) == ("TimeLimitExceeded", None, "so far\n")
    assert 0.5 <= run["execution_time"] < 5
    assert answer["x"]["termination"] == "timeout"


def test_a_signal_is_told_as_a_shell_does(run_code: RunCode) -> None:
    run = run_code("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")["run_result"]
    assert (run["status"], run["return_code"]) == ("Finished", 139)
    assert run["stderr"] == "[sandbox] killed by SIGSEGV\n"


def test_a_memory_limit_is_a_failure_that_says_so(run_code: RunCode) -> None:
    answer = run_code("x = bytearray(600 << 20)", memory_limit_MB=256)
    assert answer["status"] == "Failed"
    assert answer["run_result"]["return_code"] != 0
    assert answer["run_result"]["stderr"].endswith("[sandbox] asked for more than 256 MiB\n")
    assert answer["x"]["termination"] == "memory"


def test_endless_output_is_a_failure_that_says_so(run_code: RunCode) -> None:
    answer = run_code("while True: print('x' * 10_000)")
    assert answer["status"] == "Failed"
    assert answer["run_result"]["status"] == "Finished"
    assert answer["run_result"]["return_code"] == 137
    assert "[sandbox] wrote more than" in answer["run_result"]["stderr"]


def test_another_language_of_theirs_is_refused_in_their_words(http: httpx.Client) -> None:
    answer = http.post("/run_code", json={"code": "echo 1", "language": "bash"})
    assert answer.status_code == 200
    assert answer.json()["status"] == "SandboxError"
    assert "'bash' is not run here" in answer.json()["message"]


def test_a_field_that_we_do_not_know_is_ignored(run_code: RunCode) -> None:
    assert run_code("print(1)", from_a_later_version=True)["status"] == "Success"


@pytest.mark.parametrize(
    ("fields", "where", "limit"),
    [
        ({"run_timeout": -1}, "run_timeout", "at most 600"),
        ({"run_timeout": 0}, "run_timeout", "more than 0"),
        ({"run_timeout": 1e9}, "run_timeout", "at most 600"),
        ({"memory_limit_MB": -2}, "memory_limit_MB", "to 4096"),
        ({"memory_limit_MB": 10**9}, "memory_limit_MB", "to 4096"),
        ({"code": "#" * 1_000_001}, "code", "at most 1000000"),
        ({"language": "brainfuck"}, "language", "'python'"),
        ({"files": {f"f{n}": "" for n in range(65)}}, "files", "at most 64"),
        ({"files": {"a": "no base64!"}}, "files", "not base64"),
        ({"code": None}, "code", "valid string"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_what_is_beyond_a_limit_is_refused_with_the_limit(
    http: httpx.Client, fields: dict[str, Any], where: str, limit: str
) -> None:
    answer = http.post("/run_code", json={"code": "print(1)", "language": "python", **fields})
    assert answer.status_code == 422
    [fault] = answer.json()["detail"]
    assert fault["loc"] == ["body", where]
    assert limit in fault["msg"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": "1", "language": "python", "run_timeout": NaN}',
        b'{"code": "1", "language": "python", "run_timeout": Infinity}',
        b'{"code": "1", "language": "python", "fetch_files": ["\\ud800"]}',
        b'{"code": "1", "language": "python", "files": {"\\ud800": ""}}',
        b'{"code": "1", "language": "python"',
        b"[]",
        b"\xff",
        b"",
    ],
)
def test_a_strange_body_is_no_failure_of_the_server(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/run_code", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert "detail" in answer.json()


def test_code_that_is_no_text_fails_as_a_script_does(http: httpx.Client) -> None:
    body = b'{"code": "\\ud800", "stdin": "\\ud800", "language": "python"}'
    answer = http.post("/run_code", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["status"] == "Failed"


def test_a_body_that_is_too_large_is_not_read(http: httpx.Client) -> None:
    huge = b"x" * (17 << 20)
    assert http.post("/run_code", content=huge).status_code == 413

    def pieces() -> Any:
        for _ in range(17):
            yield b"x" * (1 << 20)

    answer = http.post("/run_code", content=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "16777216 bytes" in answer.json()["detail"]
