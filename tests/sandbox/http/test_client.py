"""SandboxFusion's own client package against our server."""

import base64
from typing import Any

import pytest
import sandbox_fusion
from sandbox_fusion import CommandRunStatus, RunCodeRequest, RunStatus, SummaryMapping


@pytest.fixture(autouse=True)
def _endpoint(server: Any) -> None:
    sandbox_fusion.set_sandbox_endpoint(server.url)


def request(code: str, **fields: object) -> RunCodeRequest:
    return RunCodeRequest(code=code, language="python", **fields)


def test_their_client_reads_a_success() -> None:
    answer = sandbox_fusion.run_code(request("print(input())", stdin="hi"))
    assert answer.status is RunStatus.Success
    assert answer.run_result.status is CommandRunStatus.Finished
    assert (answer.run_result.stdout, answer.run_result.return_code) == ("hi\n", 0)
    assert sandbox_fusion.summary_run_code_result(answer, SummaryMapping()) == RunStatus.Success


def test_their_client_reads_a_failure_and_a_timeout() -> None:
    answer = sandbox_fusion.run_code(request("1 / 0"))
    assert answer.status is RunStatus.Failed
    assert "ZeroDivisionError" in answer.run_result.stderr
    late = sandbox_fusion.run_code(request("print('a')\nwhile True: pass", run_timeout=1.0))
    assert late.run_result.status is CommandRunStatus.TimeLimitExceeded
    assert late.run_result.stdout == "a\n"
    mapping = SummaryMapping(RunTimeout="late")
    assert sandbox_fusion.summary_run_code_result(late, mapping) == "late"


def test_their_client_sends_and_fetches_files() -> None:
    content = base64.b64encode(b"1,2,3").decode()
    code = "print(sum(map(int, open('in.csv').read().split(',')))); open('out', 'w').write('done')"
    answer = sandbox_fusion.run_code(request(code, files={"in.csv": content}, fetch_files=["out"]))
    assert answer.run_result.stdout == "6\n"
    assert answer.files == {"out": base64.b64encode(b"done").decode()}


def test_their_client_raises_what_is_a_sandbox_error() -> None:
    bash = RunCodeRequest(code="echo 1", language="bash")
    with pytest.raises(Exception, match="'bash' is not run here"):
        sandbox_fusion.run_code(bash, max_attempts=1)


def test_their_client_runs_many_at_a_time() -> None:
    requests = [[request(f"print({n} ** 2)")] for n in range(40)]
    answers = sandbox_fusion.run_concurrent(sandbox_fusion.run_code, args=requests, concurrency=20)
    assert [answer.run_result.stdout for answer in answers] == [f"{n**2}\n" for n in range(40)]


async def test_their_async_client_works_too(server: Any) -> None:
    answer = await sandbox_fusion.run_code_async(request("print(1)"), endpoint=server.url)
    assert answer.run_result.stdout == "1\n"
