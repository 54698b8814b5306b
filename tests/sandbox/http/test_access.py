"""Who is let in, what happens when too many come, and when one leaves early."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from source_files import ROOT

OPEN = ("/healthz", "/v1/ping")
CLOSED = ("/metrics", "/openapi.json", "/docs", "/no/such/path")


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("token") / "token"
    path.write_text("let-me-in\n")
    return path


@pytest.fixture(scope="module")
def guarded(start_server: Callable[..., Any], token_file: Path) -> Any:
    """One worker, one place in the queue, and a token."""
    flags = ("--workers", "1", "--queue-size", "1", "--preload", "bare", "--token-file", str(token_file))
    return start_server(*flags)


@pytest.fixture
def known(guarded: Any) -> dict[str, Any]:
    return {"base_url": guarded.url, "headers": {"Authorization": "Bearer let-me-in"}, "timeout": 60}


def test_without_a_token_only_health_and_ping_are_open(guarded: Any) -> None:
    with httpx.Client(base_url=guarded.url) as client:
        assert [client.get(path).status_code for path in OPEN] == [200, 200]
        assert [client.get(path).status_code for path in CLOSED] == [401] * len(CLOSED)
        answer = client.post("/run_code", json={"code": "print(1)", "language": "python"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    ["Bearer let-me-out", "Bearer let-me-in2", "Bearer", "let-me-in", "Basic let-me-in", "Bearer \u00fc"],
)
def test_a_wrong_token_is_refused(guarded: Any, header: str) -> None:
    headers = {"Authorization": header.encode()}
    assert httpx.get(f"{guarded.url}/metrics", headers=headers).status_code == 401


def test_with_the_token_everything_is_open(known: dict[str, Any]) -> None:
    with httpx.Client(**known) as client:
        assert [client.get(path).status_code for path in (*OPEN, "/metrics", "/openapi.json")] == [200] * 4
        answer = client.post("/run_code", json={"code": "print(1)", "language": "python"})
    assert answer.json()["run_result"]["stdout"] == "1\n"


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--host", "0.0.0.0"], "give --token-file PATH, or keep --host 127.0.0.1"),
        (["--host", "sandbox.example"], "give --token-file PATH"),
        (["--token-file", "/no/such/file"], "check --token-file"),
        (["--workers", "0"], "greater than or equal to 1"),
    ],
)
def test_an_unsafe_or_impossible_setting_is_refused_at_start(flags: list[str], says: str) -> None:
    command = [sys.executable, "-m", "sandbox_service", "serve", "--port", "0", *flags]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert says in done.stderr.splitlines()[-1]


def test_a_sandbox_that_cannot_start_says_why_and_leaves() -> None:
    flags = ["--port", "0", "--runtime", "crun"]
    command = [sys.executable, "-m", "sandbox_service", "serve", *flags]
    done = subprocess.run(
        command, cwd=ROOT, env={"PATH": "/nowhere"}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "the sandbox did not start: the container runtime 'crun' is not installed" in done.stderr
    assert "Traceback" not in done.stderr


async def _until_running(client: httpx.AsyncClient, **expected: int) -> None:
    async with asyncio.timeout(20):
        while True:
            health = (await client.get("/healthz")).json()
            if {name: health[name] for name in expected} == expected:
                return
            await asyncio.sleep(0.02)


async def test_a_client_that_hangs_up_kills_its_script(known: dict[str, Any]) -> None:
    async with httpx.AsyncClient(**known) as client, httpx.AsyncClient(**known) as leaver:
        for path, body in (
            ("/run_code", {"code": "while True: pass", "language": "python", "run_timeout": 60}),
            ("/run_code", {"code": "while True: pass", "language": "python", "run_timeout": 60, "stdin": ""}),
            ("/v1/execute", {"execution_id": "left", "code": "while True: pass"}),
            ("/v1/execute_batch", [{"execution_id": "left too", "code": "while True: pass"}]),
        ):
            call = asyncio.create_task(leaver.post(path, json=body))
            await _until_running(client, running=1, queued=0)
            call.cancel()
            started = time.monotonic()
            await _until_running(client, running=0, queued=0, idle_workers=1)
            assert time.monotonic() - started < 30
        answer = await client.post("/run_code", json={"code": "print(1)", "language": "python"})
        assert answer.json()["run_result"]["stdout"] == "1\n"


async def test_too_many_requests_are_told_so_at_once(known: dict[str, Any]) -> None:
    sleeper = {"code": "import time; time.sleep(60)", "language": "python", "run_timeout": 60}
    async with httpx.AsyncClient(**known) as client, httpx.AsyncClient(**known) as other:
        calls = [asyncio.create_task(other.post("/run_code", json=sleeper)) for _ in range(2)]
        await _until_running(client, running=1, queued=1)
        started = time.monotonic()
        theirs = await client.post("/run_code", json={"code": "1", "language": "python"})
        ours = await client.post("/v1/execute", json={"execution_id": "late", "code": "1"})
        batch = await client.post("/v1/execute_batch", json=[{"execution_id": "later", "code": "1"}])
        assert time.monotonic() - started < 30
        for call in calls:
            call.cancel()
        await _until_running(client, running=0, queued=0)
    assert theirs.status_code == 200
    assert theirs.json()["status"] == "SandboxError"
    assert "2 of 2 places are taken" in theirs.json()["message"]
    for answer in (ours, batch):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert "--queue-size" in answer.json()["detail"]
