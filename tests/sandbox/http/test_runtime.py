"""The same routes with a container per script."""

import shutil
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox_service.containers.config import RUNTIMES


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_containers_answer_as_warm_workers_do(start_server: Callable[..., Any], runtime: str) -> None:
    if shutil.which(runtime) is None:
        pytest.skip(f"{runtime} is not installed: apt-get install {runtime}")
    try:
        server = start_server("--workers", "1", "--runtime", runtime)
    except AssertionError as error:
        if "runs no container here" not in str(error):
            raise
        pytest.skip(f"{runtime} runs no container on this machine")
    asked = {
        "code": "print(input(), open('in').read()); open('out', 'w').write('x' * 500_000); 1 / 0",
        "language": "python",
        "stdin": "hi",
        "files": {"in": "MQ=="},
        "fetch_files": ["out"],
    }
    answer = httpx.post(f"{server.url}/run_code", json=asked, timeout=60).json()
    assert answer["status"] == "Failed"
    assert answer["run_result"]["stdout"] == "hi 1\n"
    assert answer["run_result"]["stderr"].endswith("ZeroDivisionError: division by zero\n")
    assert len(answer["files"]["out"]) > 600_000
    health = httpx.get(f"{server.url}/healthz").json()
    assert health["status"] == "up"
    assert "private_root" in health["layers"]
    assert server.stop() == 0
