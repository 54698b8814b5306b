"""The server ends on request and leaves nothing behind."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import psutil
import pytest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_all_scripts(start_server: Callable[..., Any], number: int) -> None:
    server = start_server("--workers", "2", "--preload", "bare")
    answers: list[Any] = []

    def ask() -> None:
        code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
        try:
            fields = {"code": code, "language": "python", "run_timeout": 300}
            answers.append(httpx.post(f"{server.url}/run_code", json=fields, timeout=60))
        except httpx.HTTPError as error:
            answers.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    deadline = time.monotonic() + 20
    while httpx.get(f"{server.url}/healthz").json()["running"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    family = server.family()
    assert len(family) > 3
    started = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - started < 40
    asking.join(30)
    assert answers[0].json()["status"] == "SandboxError"
    assert "the server is stopping" in answers[0].json()["message"]
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert "Traceback" not in "".join(server.log)


def test_killing_the_server_leaves_no_process(start_server: Callable[..., Any]) -> None:
    server = start_server("--workers", "1", "--preload", "bare")
    family = server.family()
    server.process.kill()
    server.process.wait(30)
    _, alive = psutil.wait_procs(family, timeout=15)
    assert alive == []


async def test_idle_connections_do_not_hold_up_the_end(start_server: Callable[..., Any]) -> None:
    server = start_server("--workers", "1", "--preload", "bare")
    async with httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/v1/ping")
        assert await asyncio.to_thread(server.stop) == 0
