"""Real servers: `python -m sandbox_service serve` on a free port, asked over real sockets."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import pytest
from source_files import ROOT

_ADDRESS = re.compile(r"Uvicorn running on (http://\S+)")
_WAIT_S = 90.0


class ServerProcess:
    """A server in a process of its own."""

    def __init__(self, *flags: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox_service", "serve", "--port", "0", *flags],
            cwd=ROOT,
            env={**os.environ, **environment},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self._is_told = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        assert self._is_told.wait(_WAIT_S), "the server said nothing"
        found = _ADDRESS.search("".join(self.log))
        assert found is not None, "".join(self.log)
        self.url = found[1]

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if _ADDRESS.search(line):
                self._is_told.set()
        self._is_told.set()

    def family(self) -> list[psutil.Process]:
        mother = psutil.Process(self.process.pid)
        return [mother, *mother.children(recursive=True)]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait: the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(30)
        self._reader.join(30)
        return status


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[..., ServerProcess]]:
    servers: list[ServerProcess] = []

    def start(*flags: str, **environment: str) -> ServerProcess:
        servers.append(ServerProcess(*flags, **environment))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            assert server.stop() == 0


@pytest.fixture(scope="session")
def server(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    # A secret that no script may see.
    return start_server("--workers", "2", R1CI_TEST_SECRET="open-sesame")


@pytest.fixture(scope="session")
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture
def run_code(http: httpx.Client) -> Callable[..., dict[str, Any]]:
    def post(code: str, **fields: Any) -> dict[str, Any]:
        answer = http.post("/run_code", json={"code": code, "language": "python", **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return post
