"""What the pool does when its own workers fail, when requests repeat, and when callers go away."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox_service import (
    ExecutionRequest,
    SandboxConfig,
    SandboxError,
    SandboxPool,
    SandboxUnavailableError,
)
from tests.sandbox.conftest import TIERS, config, process_comms, request

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", params=list(TIERS))
async def bare_pool(request: pytest.FixtureRequest, tmp_path: Path):
    pool = SandboxPool(config(request.param, tmp_path, preload="bare", num_workers=2))
    await pool.start()
    yield pool
    await pool.close()
    assert not any(name for _, folders, files in os.walk(tmp_path) for name in (*folders, *files))


def children_of_this_process() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def family_of(pid: int) -> set[int]:
    pids = {pid}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pids |= family_of(int(child))
    return pids


def alive(pids: set[int]) -> list[int]:
    # A zombie is dead; how soon process 1 buries it is not ours to say.
    stats = [(pid, Path(f"/proc/{pid}/stat")) for pid in pids]
    return [
        pid for pid, stat in stats if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
    ]


async def started(name: str) -> None:
    deadline = time.monotonic() + 5
    while name not in process_comms():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def named_sleeper() -> tuple[str, str]:
    name = f"sbx-{uuid.uuid4().hex[:8]}"
    return name, f"import ctypes, time\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\ntime.sleep(30)"


async def test_an_innocent_request_is_run_again_when_its_worker_is_killed(tmp_path):
    before = set(children_of_this_process())
    pool = SandboxPool(config("namespaces", tmp_path, preload="bare", num_workers=1))
    await pool.start()
    (keeper,) = set(children_of_this_process()) - before
    running = asyncio.create_task(pool.execute(request("import time\ntime.sleep(0.4)\nprint('survived')")))
    await asyncio.sleep(0.2)
    family = family_of(keeper)
    assert len(family) == 3
    assert 1 not in family
    os.kill(keeper, signal.SIGKILL)
    result = await running
    assert (result.termination, result.stdout) == ("ok", "survived\n")
    assert pool.metrics()["retries"] == 1
    assert pool.metrics()["worker_restarts"] == 1
    assert alive(family) == []
    await pool.close()


async def test_a_worker_that_dies_idle_is_replaced(tmp_path):
    before = set(children_of_this_process())
    pool = SandboxPool(config("namespaces", tmp_path, preload="bare", num_workers=1))
    await pool.start()
    (keeper,) = set(children_of_this_process()) - before
    assert keeper > 1
    os.kill(keeper, signal.SIGKILL)
    assert (await pool.execute(request("print(1)"))).termination == "ok"
    assert pool.metrics()["worker_restarts"] == 1
    await pool.close()


async def test_a_process_that_dies_while_it_waits_for_its_script_costs_one_retry(tmp_path):
    before = set(children_of_this_process())
    pool = SandboxPool(config("namespaces", tmp_path, preload="bare", num_workers=1))
    await pool.start()
    (keeper,) = set(children_of_this_process()) - before
    await asyncio.sleep(0.3)
    assert len(family_of(keeper)) == 3
    # Keeper, supervisor, and the process made for the next script, born last.
    waiting = max(family_of(keeper) - {keeper})
    assert waiting > 1
    os.kill(waiting, signal.SIGKILL)
    result = await pool.execute(request("print('survived')"))
    assert (result.termination, result.stdout) == ("ok", "survived\n")
    assert pool.metrics()["retries"] == 1
    await pool.close()


async def test_after_the_retries_are_exhausted_the_result_says_infrastructure(tmp_path):
    before = set(children_of_this_process())
    pool = SandboxPool(config("namespaces", tmp_path, preload="bare", num_workers=1, retries=1))
    await pool.start()
    running = asyncio.create_task(pool.execute(request("import time\ntime.sleep(30)", timeout_s=60)))
    for _ in range(2):
        await asyncio.sleep(0.5)
        (keeper,) = set(children_of_this_process()) - before
        assert keeper > 1
        os.kill(keeper, signal.SIGKILL)
    result = await running
    assert result.termination == "infrastructure"
    assert "gave up after 2 attempts" in result.message
    await pool.close()


async def test_the_same_id_is_run_once_and_awaited_by_all(bare_pool):
    one = request("import os, time\ntime.sleep(0.2)\nprint(os.urandom(8).hex())")
    results = await asyncio.gather(*(bare_pool.execute(one) for _ in range(5)))
    later = await bare_pool.execute(one)
    assert len({result.stdout for result in [*results, later]}) == 1
    assert bare_pool.metrics()["executions_ok"] == 1


async def test_a_batch_comes_back_in_order(bare_pool):
    results = await bare_pool.run_batch([request(f"print({number})") for number in range(40)])
    assert [result.stdout for result in results] == [f"{number}\n" for number in range(40)]


async def test_waiting_for_a_worker_does_not_count_as_run_time(bare_pool):
    slow = [request("import time\ntime.sleep(0.8)", timeout_s=3.0) for _ in range(10)]
    results = await bare_pool.run_batch(slow)
    assert {result.termination for result in results} == {"ok"}
    # Ten of 0.8 s on two workers: the last begin after 3.2 s.
    assert max(result.queue_s for result in results) > 3.0
    assert max(result.duration_s for result in results) < 3.0


async def test_cancelling_the_caller_kills_the_script(bare_pool):
    name, code = named_sleeper()
    running = asyncio.create_task(bare_pool.execute(request(code, timeout_s=60)))
    await started(name)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert name not in process_comms()
    assert (await bare_pool.execute(request("print(1)"))).termination == "ok"


async def test_cancelling_one_of_two_callers_leaves_the_script_running(bare_pool):
    one = request("import time\ntime.sleep(0.5)\nprint('kept')", timeout_s=60)
    first, second = (asyncio.create_task(bare_pool.execute(one)) for _ in range(2))
    await asyncio.sleep(0.1)
    first.cancel()
    assert (await second).stdout == "kept\n"


async def test_a_full_queue_answers_at_once(tmp_path):
    pool = SandboxPool(config("namespaces", tmp_path, preload="bare", num_workers=1, queue_size=2))
    await pool.start()
    tasks = [asyncio.create_task(pool.execute(request("import time\ntime.sleep(0.2)"))) for _ in range(6)]
    terminations = [result.termination for result in await asyncio.gather(*tasks)]
    assert terminations.count("ok") in (2, 3)
    assert terminations.count("infrastructure") == 6 - terminations.count("ok")
    batch = await pool.run_batch([request("print(1)") for _ in range(20)])
    assert {result.termination for result in batch} == {"ok"}
    await pool.close()


async def test_closing_ends_what_runs_and_leaves_no_process(tmp_path):
    before = set(children_of_this_process())
    for tier in TIERS:
        name, code = named_sleeper()
        pool = SandboxPool(config(tier, tmp_path, preload="bare"))
        await pool.start()
        running = asyncio.create_task(pool.execute(request(code, timeout_s=60)))
        await started(name)
        await pool.close()
        assert (await running).termination == "infrastructure"
        assert name not in process_comms()
    assert set(children_of_this_process()) == before
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SandboxError, match="not running"):
        await pool.execute(request("print(1)"))


@pytest.mark.parametrize("tier", list(TIERS))
async def test_nothing_outlives_a_pool_that_is_killed(tmp_path, tier):
    name, code = named_sleeper()
    program = f"""
import asyncio
from sandbox_service import ExecutionRequest, SandboxConfig, SandboxPool
async def main():
    pool = SandboxPool(SandboxConfig(preload="bare", scratch_root={str(tmp_path)!r}, without_layers={TIERS[tier]!r}))
    await pool.start()
    await pool.execute(ExecutionRequest(execution_id="x", code={code!r}))
asyncio.run(main())
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    victim = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environment)
    await started(name)
    family = family_of(victim.pid) - {victim.pid}
    assert len(family) > 2
    victim.kill()
    await victim.wait()
    deadline = time.monotonic() + 5
    while alive(family):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_below_the_floor_the_pool_refuses_to_start(tmp_path):
    poor = SandboxConfig(without_layers=("user_namespace", "landlock"), scratch_root=str(tmp_path))
    with pytest.raises(
        SandboxUnavailableError, match=r"requires landlock\|private_root, .*SandboxConfig.floor"
    ):
        await SandboxPool(poor).start()
    assert list(tmp_path.iterdir()) == []


async def test_a_preload_that_fails_is_reported_with_its_cause(tmp_path):
    wrong = SandboxConfig(preload=("no_such_module",), scratch_root=str(tmp_path))
    with pytest.raises(SandboxUnavailableError, match="No module named 'no_such_module'"):
        await SandboxPool(wrong).start()
    assert list(tmp_path.iterdir()) == []


async def test_without_scopes_of_landlock_the_filter_keeps_signals_in(tmp_path):
    code = """
import os, signal
assert os.getppid() > 1
try:
    os.kill(os.getppid(), signal.SIGKILL)
except PermissionError:
    os.kill(os.getpid(), signal.SIGTERM)
"""
    old_kernel = ("user_namespace", "landlock_scopes")
    pool = SandboxPool(
        config("namespaces", tmp_path, preload="bare", num_workers=1, without_layers=old_kernel)
    )
    await pool.start()
    result = await pool.execute(request(code))
    await pool.close()
    assert (result.termination, result.message) == ("killed", "killed by SIGTERM")
    assert pool.metrics()["retries"] == 0


async def test_no_signal_handler_is_installed_and_the_loop_is_not_blocked(bare_pool):
    handlers = {
        number: signal.getsignal(number) for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
    }
    longest = 0.0
    running = asyncio.create_task(bare_pool.execute(request("import time\ntime.sleep(3)")))
    while not running.done():
        before = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
    assert longest < 2
    assert handlers == {number: signal.getsignal(number) for number in handlers}


async def test_it_runs_from_the_command_line(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("print('from a file')")
    command = [sys.executable, "-m", "sandbox_service", "run", str(script), "--preload", "bare"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert '"stdout": "from a file\\n"' in output.decode()


async def test_errors_survive_pickling():
    error = pickle.loads(pickle.dumps(SandboxUnavailableError("message")))
    assert (type(error), str(error)) == (SandboxUnavailableError, "message")
    assert ExecutionRequest(execution_id="x", code="") == pickle.loads(
        pickle.dumps(ExecutionRequest(execution_id="x", code=""))
    )
