"""The application around a pool of paper: who gets in, what failures look like."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from source_files import ROOT

from sandbox_service import ExecutionRequest, ExecutionResult, IsolationReport, SandboxConfig, SandboxError
from sandbox_service.http.app import create_app
from sandbox_service.http.config import HttpConfig
from sandbox_service.http.files import handover_bytes
from sandbox_service.http.front import pool_config
from sandbox_service.outcome import infrastructure_result


class PaperPool:
    """Ends every script as a failure of its own, after `gate` opens."""

    def __init__(self) -> None:
        self.report: IsolationReport | None = None
        self.gate = asyncio.Event()
        self.is_closed = False
        self.breaker_open = 0.0
        self.fault: Exception | None = None

    async def start(self) -> None:
        if self.fault is not None:
            raise self.fault
        self.report = IsolationReport(("seccomp",), {"landlock": "ENOSYS"})

    async def execute(self, request: ExecutionRequest) -> ExecutionResult:
        await self.gate.wait()
        return infrastructure_result(request, "made of paper", queue_s=0.0)

    async def run_batch(self, requests: Sequence[ExecutionRequest]) -> list[ExecutionResult]:
        return [await self.execute(request) for request in requests]

    async def close(self) -> None:
        self.is_closed = True

    def metrics(self) -> dict[str, float]:
        return {
            "breaker_open": self.breaker_open,
            "executions_ok": 2.0,
            "retries": 1.0,
            "queued": 3.0,
            "a_new_one": 4.0,
        }


class Served:
    """An application over a paper pool, with its client."""

    def __init__(self, config: HttpConfig) -> None:
        self.pool = PaperPool()
        self.app = create_app(config, self.pool)
        transport = httpx.ASGITransport(self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test")


def small(**fields: object) -> HttpConfig:
    return HttpConfig(sandbox=SandboxConfig(num_workers=1, queue_size=1), **fields)


async def test_before_its_start_and_after_its_end_health_is_503() -> None:
    served = Served(small())
    down = await served.client.get("/healthz")
    assert (down.status_code, down.json()["status"], down.json()["layers"]) == (503, "down", [])
    assert (
        await served.client.post("/v1/execute", json={"execution_id": "e", "code": ""})
    ).status_code == 503
    async with served.app.router.lifespan_context(served.app):
        up = (await served.client.get("/healthz")).json()
        assert (up["status"], up["layers"], up["refused"]) == ("up", ["seccomp"], {"landlock": "ENOSYS"})
    assert served.pool.is_closed
    assert (await served.client.get("/healthz")).status_code == 503
    assert (await served.client.get("/v1/ping")).json() == "pong"


async def test_a_pool_that_does_not_start_is_remembered_with_its_reason() -> None:
    served = Served(small())
    served.pool.fault = SandboxError("no walls")
    with pytest.raises(SandboxError, match="no walls"):
        async with served.app.router.lifespan_context(served.app):
            pass
    assert served.app.state.front.failure is served.pool.fault


async def test_our_own_fault_is_a_sandbox_error_there_and_a_record_here() -> None:
    served = Served(small())
    served.pool.gate.set()
    async with served.app.router.lifespan_context(served.app):
        theirs = await served.client.post("/run_code", json={"code": "1", "language": "python"})
        ours = await served.client.post("/v1/execute", json={"execution_id": "e", "code": "1"})
    assert (theirs.status_code, theirs.json()["status"]) == (200, "SandboxError")
    assert theirs.json()["message"] == "made of paper"
    assert (ours.status_code, ours.json()["termination"]) == (200, "infrastructure")


async def test_a_full_house_is_told_apart_from_a_fault() -> None:
    served = Served(small())
    request = {"code": "1", "language": "python"}
    async with served.app.router.lifespan_context(served.app):
        inside = [asyncio.create_task(served.client.post("/run_code", json=request)) for _ in range(2)]
        await asyncio.sleep(0.05)
        ours = await served.client.post("/v1/execute", json={"execution_id": "e", "code": "1"})
        theirs = await served.client.post("/run_code", json=request)
        served.pool.gate.set()
        await asyncio.gather(*inside)
        later = await served.client.post("/v1/execute", json={"execution_id": "e", "code": "1"})
    assert (ours.status_code, ours.headers["Retry-After"]) == (503, "1")
    assert "2 of 2 places are taken" in theirs.json()["message"]
    assert later.status_code == 200


async def test_an_end_of_the_server_is_told_to_who_waits() -> None:
    served = Served(small())
    async with served.app.router.lifespan_context(served.app):
        asking = asyncio.create_task(
            served.client.post("/run_code", json={"code": "1", "language": "python"})
        )
        await asyncio.sleep(0.05)
        asking.cancel()
        assert "the server is stopping" in (await asking).json()["message"]


async def test_workers_that_keep_failing_are_told_by_health() -> None:
    served = Served(small())
    async with served.app.router.lifespan_context(served.app):
        served.pool.breaker_open = 1.0
        assert (await served.client.get("/healthz")).status_code == 503
        served.pool.breaker_open = 0.0
        assert (await served.client.get("/healthz")).status_code == 200


async def test_every_number_of_the_pool_is_a_metric() -> None:
    text = (await Served(small()).client.get("/metrics")).text
    assert 'sandbox_executions_total{termination="ok"} 2.0' in text
    assert "sandbox_retries_total 1.0" in text
    assert "sandbox_queued 3.0" in text
    assert "sandbox_a_new_one 4.0" in text


async def test_the_token_is_read_from_its_file(tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("  s3cret\n")
    served = Served(small(token_file=str(token_file), host="0.0.0.0"))
    assert (await served.client.get("/metrics")).status_code == 401
    headers = {"Authorization": "bearer s3cret"}
    assert (await served.client.get("/metrics", headers=headers)).status_code == 200
    token_file.write_text("\n")
    with pytest.raises(ValueError, match="is empty: write the token into it"):
        create_app(small(token_file=str(token_file)), PaperPool())


@pytest.mark.parametrize(("host", "is_loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True)])
def test_a_loopback_address_needs_no_token(host: str, is_loopback: bool) -> None:
    assert HttpConfig(host=host).is_loopback is is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "sandbox.local", ""])
def test_any_other_address_does(host: str) -> None:
    with pytest.raises(ValidationError, match="give --token-file PATH"):
        HttpConfig(host=host)


def test_the_tail_that_the_pool_keeps_holds_all_fetched_files() -> None:
    config = HttpConfig(fetch_kib=8)
    kept = pool_config(config)
    assert kept.output_bytes // 4 >= handover_bytes(8 * 1024)
    assert kept.output_kill_bytes - config.sandbox.output_kill_bytes >= handover_bytes(8 * 1024)


def test_the_sandbox_itself_needs_no_web_framework() -> None:
    heavy = ["fastapi", "starlette", "uvicorn", "prometheus_client"]
    code = f"import sys, sandbox_service, sandbox_service.__main__; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
