"""What every back end of the sandbox must do alike: warm workers, and containers of each runtime that is installed."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox_service import (
    ExecutionRequest,
    ExecutionResult,
    SandboxConfig,
    SandboxError,
    SandboxPool,
    SandboxUnavailableError,
)
from sandbox_service.containers.config import RUNTIMES, ContainerConfig
from sandbox_service.containers.pool import ContainerPool
from sandbox_service.pool import Pool

Run = Callable[..., Awaitable[ExecutionResult]]
pytestmark = pytest.mark.asyncio(loop_scope="module")
_serial = itertools.count()


def made(back_end: str, scratch_root: Path) -> Pool:
    limits = SandboxConfig(
        output_kill_bytes=2_000_000, scratch_mib=16, file_mib=8, scratch_root=str(scratch_root)
    )
    if back_end == "warm":
        return SandboxPool(limits)
    if shutil.which(back_end) is None:
        pytest.skip(f"{back_end} is not installed: apt-get install {back_end}")
    return ContainerPool(ContainerConfig(runtime=back_end), limits)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["warm", *RUNTIMES])
async def back_end(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pool]:
    folder = tmp_path_factory.mktemp("p")
    pool = made(request.param, folder)
    try:
        await pool.start()
    except SandboxUnavailableError as error:
        pytest.skip(f"{request.param} runs nothing on this machine: {error}")
    yield pool
    await pool.close()
    assert list(folder.iterdir()) == []


@pytest.fixture
def run_there(back_end: Pool) -> Run:
    async def run_code(code: str, **limits: object) -> ExecutionResult:
        fields = {"timeout_s": 15.0, **limits}
        return await back_end.execute(
            ExecutionRequest(execution_id=f"conform/{next(_serial)}", code=code, **fields)
        )

    return run_code


ENDS = {
    # Code, how it ends, exit code, standard output.
    "end": ("print(6 * 7)", "ok", 0, "42\n"),
    "exit": ("print(1)\nexit()\nprint(2)", "ok", 0, "1\n"),
    "status": ("import sys\nprint(1)\nsys.exit(3)", "error", 3, "1\n"),
    "message": ("raise SystemExit('no luck')", "error", 1, ""),
    "error": ("print('a')\n1 / 0", "error", 1, "a\n"),
    "syntax": ("if x\n", "error", 1, ""),
    "nul": ("print(1)\0", "error", 1, ""),
    "empty": ("", "error", None, ""),
    "no_input": ("input()", "error", 1, ""),
    "half_a_line_then_a_crash": ("print('half', end=' ')\nimport os\nos.abort()", "killed", None, "half "),
    "half_a_line_then_an_end": ("print('half', end=' ')\nimport os\nos._exit(0)", "ok", 0, "half "),
    "kill": ("import os\nos.kill(os.getpid(), 9)", "killed", None, ""),
    "memory": ("x = bytearray(2 << 30)", "memory", 1, ""),
    "surrogate": ("print('\\ud800')", "ok", 0, "\\ud800\n"),
    "bytes": ("import sys\nsys.stdout.buffer.write(b'a\\xffb\\n')", "ok", 0, "a\ufffdb\n"),
    "file_of_its_own": (
        "import os\nprint(os.path.basename(__file__), __name__)",
        "ok",
        0,
        "script.py __main__\n",
    ),
    "late_handlers": (
        "import atexit, threading, time\natexit.register(print, 'c')\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('b'))).start()\nprint('a')",
        "ok",
        0,
        "a\nb\nc\n",
    ),
    "places": (
        "open('/mnt/data/a', 'w').close()\nopen('/tmp/b', 'w').close()\nimport os\nprint(os.listdir('.'))",
        "ok",
        0,
        "['a']\n",
    ),
    "group_and_shell": (
        "import grp, os\nprint(grp.getgrgid(0).gr_name)\nos.system('echo shell')",
        "ok",
        0,
        "root\nshell\n",
    ),
    "own_network": (
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\nc = socket.create_connection(s.getsockname())\n"
        "s.accept()[0].sendall(b'x')\nprint(c.recv(1))",
        "ok",
        0,
        "b'x'\n",
    ),
    "no_other_network": ("import socket\nsocket.create_connection(('192.0.2.1', 80), 2)", "error", 1, ""),
    "nothing_outside": ("import os\nopen(os.__file__, 'a')", "error", 1, ""),
    "processes": (
        "import multiprocessing\nwith multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]))",
        "ok",
        0,
        "[1, 2]\n",
    ),
    "library": ("import numpy\nprint(numpy.arange(4).sum())", "ok", 0, "6\n"),
}


@pytest.mark.parametrize(("code", "termination", "exit_code", "stdout"), ENDS.values(), ids=ENDS.keys())
async def test_it_ends_so(
    run_there: Run, code: str, termination: str, exit_code: int | None, stdout: str
) -> None:
    result = await run_there(code, memory_mib=512)
    assert (result.termination, result.exit_code, result.stdout) == (termination, exit_code, stdout), result


async def test_a_timeout_keeps_what_was_printed(run_there: Run) -> None:
    result = await run_there("print('line')\nprint('half', end=' ')\nwhile True: pass", timeout_s=1)
    assert (result.termination, result.stdout) == ("timeout", "line\nhalf ")
    assert result.message == "still running after 1 s"


async def test_a_flood_is_cut_and_stopped(run_there: Run) -> None:
    result = await run_there("while True: print('x' * 1000)")
    assert (result.termination, result.message) == ("output_limit", "wrote more than 2000000 bytes")
    assert f"\n[... {result.stdout_bytes - 65536} bytes cut ...]\n" in result.stdout


async def test_a_traceback_shows_the_script_s_lines_and_no_folder_of_the_machine(run_there: Run) -> None:
    stderr = (await run_there("import json\ndef f():\n    json.loads('{')\nf()")).stderr
    assert stderr.splitlines()[:3] == [
        "Traceback (most recent call last):",
        '  File "<script>", line 4, in <module>',
        "    f()",
    ]
    assert 'File "json/__init__.py", line ' in stderr
    assert "/lib/python" not in stderr


async def test_a_seed_gives_the_same_numbers(run_there: Run) -> None:
    code = "import random, numpy\nprint(random.random(), numpy.random.rand(), hash('word'))"
    first, again, other = [(await run_there(code, seed=seed)).stdout for seed in (7, 7, 8)]
    assert first == again != other


async def test_one_id_runs_once_and_a_batch_keeps_its_order(back_end: Pool) -> None:
    code = "import os\nprint({}, os.urandom(8).hex())"
    batch = [ExecutionRequest(execution_id=f"batch/{n}", code=code.format(n)) for n in range(4)]
    first = await back_end.run_batch(batch)
    assert [result.stdout.split()[0] for result in first] == ["0", "1", "2", "3"]
    assert await back_end.run_batch(batch) == first


async def test_a_cancelled_script_frees_its_place(back_end: Pool) -> None:
    before = back_end.metrics()
    task = asyncio.create_task(
        back_end.execute(ExecutionRequest(execution_id="cancelled", code="while True: pass"))
    )
    await asyncio.sleep(0.5)
    assert back_end.metrics()["running"] == before["running"] + 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert back_end.metrics()["running"] == before["running"]


async def test_who_cannot_wait_is_told_so(run_there: Run) -> None:
    busy = [asyncio.create_task(run_there("import time; time.sleep(1.5)")) for _ in range(2)]
    await asyncio.sleep(0.2)
    refused = await run_there("1", queue_timeout_s=0.1)
    assert (refused.termination, "free within 0.1 s" in refused.message) == ("infrastructure", True)
    assert [result.termination for result in await asyncio.gather(*busy)] == ["ok", "ok"]


async def test_metrics_have_the_same_names_and_count(back_end: Pool, run_there: Run) -> None:
    before = back_end.metrics()
    await run_there("1 / 0")
    after = back_end.metrics()
    assert after["executions_error"] == before["executions_error"] + 1
    shared = {"queued", "running", "idle_workers", "retries", "worker_restarts"}
    kinds = ("ok", "error", "timeout", "memory", "output_limit", "killed", "infrastructure")
    assert shared | {f"executions_{kind}" for kind in kinds} <= after.keys()


async def test_every_result_names_the_layers_in_force(back_end: Pool, run_there: Run) -> None:
    assert back_end.report is not None
    result = await run_there("1")
    assert result.layers == back_end.report.active
    assert {"private_root", "network_namespace", "no_new_privs"} <= set(result.layers)


async def test_a_closed_pool_runs_nothing(tmp_path: Path) -> None:
    for name in ("warm", *(runtime for runtime in RUNTIMES if shutil.which(runtime))):
        pool = made(name, tmp_path)
        with pytest.raises(SandboxError, match=r"not running: await pool.start\(\) first"):
            await pool.execute(ExecutionRequest(execution_id="early", code="1"))
