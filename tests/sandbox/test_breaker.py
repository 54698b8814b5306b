"""A node whose workers keep failing answers at once, and a queue that is too long says so."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from sandbox_service import SandboxPool
from tests.sandbox.conftest import config, request

pytestmark = pytest.mark.asyncio(loop_scope="session")


def children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


class BreakableNode:
    """A pool with one worker whose folder can be taken away, so that no worker starts until it is given back."""

    def __init__(self, scratch_root: Path, **changes: object) -> None:
        fields = {"num_workers": 1, "preload": "bare", "retries": 0, **changes}
        self.pool = SandboxPool(config("no_namespaces", scratch_root, **fields))
        self._before = children()
        self._root = scratch_root
        self._aside = scratch_root.with_name(f"{scratch_root.name}-aside")

    async def start(self) -> None:
        await self.pool.start()
        (self._folder,) = self._root.iterdir()

    async def break_down(self) -> None:
        (keeper,) = children() - self._before
        assert keeper > 1
        # The worker may still be making its folder for the next script.
        await asyncio.sleep(0.5)
        self._folder.rename(self._aside)
        os.kill(keeper, signal.SIGKILL)
        await asyncio.sleep(0.2)

    def repair(self) -> None:
        self._aside.rename(self._folder)


async def test_so_many_lost_workers_make_it_answer_at_once_until_a_probe_succeeds(tmp_path):
    node = BreakableNode(tmp_path, breaker_failures=2, breaker_cooldown_s=1.5)
    await node.start()
    assert (await node.pool.execute(request("print(1)"))).termination == "ok"
    await node.break_down()
    for _ in range(2):
        assert "gave up after 1 attempts" in (await node.pool.execute(request("print(1)"))).message
    started = time.monotonic()
    refused = await asyncio.gather(*(node.pool.execute(request("print(1)")) for _ in range(20)))
    # A worker that is waited for takes its pauses and its start for each of twenty requests.
    assert time.monotonic() - started < 20
    assert {result.termination for result in refused} == {"infrastructure"}
    assert "2 workers in a row failed on this node" in refused[0].message
    assert "SandboxConfig.breaker_failures" in refused[0].message
    assert node.pool.metrics()["breaker_open"] == 1.0
    node.repair()
    await asyncio.sleep(1.6)
    assert node.pool.metrics()["breaker_open"] == 0.5
    results = await asyncio.gather(*(node.pool.execute(request("print(1)")) for _ in range(3)))
    assert sorted(result.termination for result in results) == ["infrastructure", "infrastructure", "ok"]
    assert node.pool.metrics()["breaker_open"] == 0.0
    assert (await node.pool.execute(request("print(1)"))).termination == "ok"
    await node.pool.close()


async def test_a_probe_that_fails_costs_one_request_and_opens_it_again(tmp_path):
    node = BreakableNode(tmp_path, breaker_failures=1, breaker_cooldown_s=0.5)
    await node.start()
    await node.break_down()
    await node.pool.execute(request("print(1)"))
    await asyncio.sleep(0.6)
    probe, other = await asyncio.gather(*(node.pool.execute(request("print(1)")) for _ in range(2)))
    assert "gave up after 1 attempts" in probe.message
    assert "workers in a row failed" in other.message
    assert node.pool.metrics()["breaker_open"] == 1.0
    node.repair()
    await node.pool.close()


async def test_workers_that_do_not_start_are_tried_ever_more_slowly(tmp_path):
    node = BreakableNode(tmp_path, breaker_failures=100, retries=4)
    await node.start()
    await node.break_down()
    started = time.monotonic()
    result = await node.pool.execute(request("print(1)"))
    # Pauses of 0.1, 0.2, 0.4 and 0.8 s between five attempts.
    assert time.monotonic() - started > 1.5
    assert "gave up after 5 attempts" in result.message
    assert "FileNotFoundError" in result.message
    node.repair()
    assert (await node.pool.execute(request("print(1)"))).termination == "ok"
    await node.pool.close()


async def test_failing_scripts_never_open_it(tmp_path):
    pool = SandboxPool(config("namespaces", tmp_path, preload="bare", breaker_failures=1))
    await pool.start()
    for code in ("1 / 0", "import os\nos.kill(os.getpid(), 9)", "while True: pass", "x = bytearray(1 << 40)"):
        assert (await pool.execute(request(code, timeout_s=0.5))).termination != "infrastructure"
    assert pool.metrics()["breaker_open"] == 0.0
    await pool.close()


async def test_waiting_too_long_for_a_worker_is_ours_and_names_backlog_and_key(tmp_path):
    pool = SandboxPool(config("namespaces", tmp_path, preload="bare", num_workers=1))
    await pool.start()
    slow = asyncio.create_task(pool.execute(request("import time\ntime.sleep(1.5)")))
    await asyncio.sleep(0.2)
    patient = asyncio.create_task(pool.execute(request("print(2)")))
    late = request("print(3)", queue_timeout_s=0.3)
    result = await pool.execute(late)
    assert result.termination == "infrastructure"
    assert "no worker was free within 0.3 s: 2 requests wait and 1 scripts run on 1 workers" in result.message
    assert "SandboxConfig.num_workers" in result.message
    assert "ExecutionRequest.queue_timeout_s" in result.message
    assert 0.2 < result.queue_s < 1.0
    assert result.duration_s == 0.0
    assert [(await slow).termination, (await patient).stdout] == ["ok", "2\n"]
    # Asking again tries again; the script itself never ran, so nothing was timed out.
    assert (await pool.execute(late)).stdout == "3\n"
    assert pool.metrics()["executions_timeout"] == 0
    await pool.close()


async def test_a_worker_that_warms_up_too_slowly_for_one_request_is_there_for_the_next(tmp_path):
    pool = SandboxPool(config("namespaces", tmp_path, num_workers=1))
    await pool.start()
    impatient = await pool.execute(request("import sympy\nprint(1)", queue_timeout_s=0.05))
    assert impatient.termination == "infrastructure"
    await asyncio.sleep(4)
    warm = await pool.execute(request("import sympy\nprint(1)", queue_timeout_s=0.5))
    assert (warm.termination, warm.profile) == ("ok", "maths")
    assert pool.metrics()["idle_workers"] == 1
    await pool.close()
