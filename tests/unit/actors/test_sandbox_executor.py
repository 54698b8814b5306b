import asyncio
import os
from pathlib import Path

import pytest

from actors.errors import ExecutorRetiredError
from actors.sandbox_executor import SandboxExecutor
from actors.sandbox_pool.scaling_policy import ExecutorLoad
from sandbox_service import ExecutionRequest, SandboxConfig, SandboxUnavailableError


def _config(folder: Path, **changes: object) -> SandboxConfig:
    return SandboxConfig(**{"num_workers": 1, "preload": "bare", "scratch_root": str(folder), **changes})


def _request(name: str, code: str = "print(1 + 1)") -> ExecutionRequest:
    return ExecutionRequest(execution_id=name, code=code, timeout_s=10)


async def test_the_pool_starts_once_with_the_first_of_many_calls_and_leaves_nothing(tmp_path: Path) -> None:
    executor = SandboxExecutor(_config(tmp_path))
    assert (await executor.metrics())["executions_ok"] == 0
    results = await asyncio.gather(*[executor.execute(_request(f"x/{i}")) for i in range(4)])
    assert [r.stdout for r in results] == ["2\n"] * 4
    batch = await executor.run_batch([_request(f"y/{i}", f"print({i})") for i in range(3)])
    assert [r.stdout for r in batch] == ["0\n", "1\n", "2\n"]
    metrics = await executor.metrics()
    assert (metrics["executions_ok"], metrics["worker_restarts"]) == (7, 0)
    await executor.close()
    assert os.listdir(tmp_path) == []  # noqa: PTH208


async def test_a_host_below_the_floor_is_an_error_that_names_the_layer(tmp_path: Path) -> None:
    executor = SandboxExecutor(_config(tmp_path, floor=("seccomp",), without_layers=("seccomp",)))
    with pytest.raises(SandboxUnavailableError, match="seccomp"):
        await executor.execute(_request("z"))
    await executor.close()


async def test_it_counts_its_own_load_and_time_without_work(tmp_path: Path) -> None:
    executor = SandboxExecutor(_config(tmp_path))
    await executor.ready()
    running = [asyncio.ensure_future(executor.execute(_request(f"l/{i}"))) for i in range(3)]
    await asyncio.sleep(0)
    # One worker: of three scripts two wait.
    assert await executor.load() == ExecutorLoad(num_running=1, num_queued=2, idle_s=0.0)
    await asyncio.gather(*running)
    await asyncio.sleep(0.02)
    load = await executor.load()
    assert not load.is_busy
    assert 0.02 <= load.idle_s < 5
    await executor.close()


async def test_it_retires_only_without_work_and_then_refuses_every_script(tmp_path: Path) -> None:
    executor = SandboxExecutor(_config(tmp_path))
    await executor.ready()
    running = asyncio.ensure_future(executor.execute(_request("r/0")))
    await asyncio.sleep(0)
    assert not await executor.retire()
    assert (await running).stdout == "2\n"
    assert await executor.retire()
    for call in (executor.execute(_request("r/1")), executor.run_batch([_request("r/2")])):
        with pytest.raises(ExecutorRetiredError, match="ask another one"):
            await call
    assert await executor.retire()
    await executor.close()
