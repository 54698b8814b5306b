"""Hostile programs against containers, for every OCI runtime that is installed and runs here."""

import asyncio
import itertools
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from source_files import ROOT

from sandbox_service import (
    ExecutionRequest,
    ExecutionResult,
    SandboxConfig,
    SandboxUnavailableError,
    Termination,
)
from sandbox_service.containers.config import RUNTIMES, ContainerConfig
from sandbox_service.containers.pool import ContainerPool

Run = Callable[..., Awaitable[ExecutionResult]]
LIMITS = {
    "num_workers": 2,
    "output_kill_bytes": 2_000_000,
    "max_processes": 32,
    "scratch_mib": 16,
    "file_mib": 8,
}
_serial = itertools.count()


async def started(runtime: str, **limits: object) -> ContainerPool:
    if shutil.which(runtime) is None:
        pytest.skip(f"{runtime} is not installed: apt-get install {runtime}")
    pool = ContainerPool(ContainerConfig(runtime=runtime), SandboxConfig(**{**LIMITS, **limits}))
    try:
        await pool.start()
    except SandboxUnavailableError as error:
        pytest.skip(f"{runtime} runs no container on this machine: {error}")
    return pool


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=RUNTIMES)
async def containers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ContainerPool]:
    folder = tmp_path_factory.mktemp("c")
    pool = await started(request.param, scratch_root=str(folder))
    yield pool
    await pool.close()
    assert list(folder.iterdir()) == []
    assert [p for p in psutil.process_iter() if str(folder) in " ".join(_command(p))] == []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture
def run(containers: ContainerPool) -> Run:
    async def run_code(code: str, **limits: object) -> ExecutionResult:
        fields = {"timeout_s": 10.0, **limits}
        return await containers.execute(
            ExecutionRequest(execution_id=f"c/{next(_serial)}", code=code, **fields)
        )

    return run_code


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_script_prints_and_ends_well(run: Run) -> None:
    result = await run("print(6 * 7)")
    assert (result.termination, result.stdout, result.exit_code) == (Termination.OK, "42\n", 0)
    assert "private_root" in result.layers


async def test_an_error_shows_the_lines_of_the_script_alone(run: Run) -> None:
    result = await run("def f():\n    1 / 0\nf()")
    assert (result.termination, result.exit_code) == (Termination.ERROR, 1)
    assert result.stderr.splitlines()[1:3] == ['  File "<script>", line 3, in <module>', "    f()"]
    assert result.stderr.endswith("ZeroDivisionError: division by zero\n")


async def test_a_library_works_and_is_seeded(run: Run) -> None:
    code = "import numpy, random; print(numpy.random.rand(), random.random())"
    first, second = await run(code, seed=7), await run(code, seed=7)
    assert first.termination is Termination.OK, first.stderr
    assert first.stdout == second.stdout
    assert (await run(code, seed=8)).stdout != first.stdout


async def test_an_endless_loop_is_a_timeout_that_keeps_its_output(run: Run) -> None:
    started_at = time.monotonic()
    result = await run("print('so far')\nwhile True: pass", timeout_s=1)
    assert (result.termination, result.stdout) == (Termination.TIMEOUT, "so far\n")
    assert time.monotonic() - started_at < 20


async def test_ignored_signals_do_not_help(run: Run) -> None:
    code = "import signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: pass"
    assert (await run(code, timeout_s=1)).termination is Termination.TIMEOUT


async def test_too_much_memory_is_a_memory_limit(run: Run) -> None:
    assert (await run("x = bytearray(2 << 30)", memory_mib=128)).termination is Termination.MEMORY


async def test_endless_output_is_an_output_limit(run: Run) -> None:
    result = await run("while True: print('x' * 1000)")
    assert result.termination is Termination.OUTPUT_LIMIT
    assert len(result.stdout) < 70_000


async def test_a_script_that_kills_itself_was_killed(run: Run) -> None:
    result = await run("import os; os.kill(os.getpid(), 9)")
    assert (result.termination, result.message) == (Termination.KILLED, "killed by SIGKILL")


async def test_the_disk_is_bounded(run: Run) -> None:
    code = "for n in range(10): open(str(n), 'wb').write(b'x' * 5_000_000)"
    assert "No space left" in (await run(code)).stderr


async def test_nothing_can_be_written_outside(run: Run) -> None:
    for path in ("/etc/x", "/usr/lib/x", "/sandbox/entry.py", "/x", os.__file__):
        assert (await run(f"open({path!r}, 'a')")).termination is Termination.ERROR


async def test_no_secret_is_in_sight(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1CI_TEST_SECRET", "open-sesame")
    code = (
        "import glob, os\nprint(dict(os.environ), os.getuid(), os.listdir('/'))\n"
        "for path in glob.glob('/proc/*/environ'): print(open(path).read())"
    )
    result = await run(code)
    assert "'HOME'" in result.stdout
    assert "open-sesame" not in result.stdout
    assert "'home'" not in result.stdout


async def test_there_is_no_network(run: Run) -> None:
    result = await run("import socket; socket.create_connection(('192.0.2.1', 80), 2); print('reached')")
    assert (result.termination, result.stdout) == (Termination.ERROR, "")


async def test_no_right_is_left(run: Run) -> None:
    code = "print([l for l in open('/proc/self/status') if l.startswith(('CapEff', 'CapBnd', 'NoNewPrivs'))])"
    assert (await run(code)).stdout.count("\\t0000000000000000") == 2
    assert (await run("import os; os.setuid(0)")).termination is Termination.ERROR


async def test_a_daemon_does_not_outlive_its_script(run: Run, containers: ContainerPool) -> None:
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.close(1); os.close(2)\n    time.sleep(300)"
    started_at = time.monotonic()
    assert (await run(code)).termination is Termination.OK
    assert time.monotonic() - started_at < 20
    folder = str(containers.limits.scratch_root)
    assert [p for p in psutil.process_iter() if folder in " ".join(_command(p))] == []


async def test_a_fork_bomb_ends_with_its_container(run: Run, containers: ContainerPool) -> None:
    assert containers.report is not None
    if "process_limit" not in containers.report.active:
        pytest.skip("this runtime limits no processes here: no cgroups")
    code = (
        "import os\nn = 0\nwhile True:\n    try:\n        if os.fork() == 0: n = 0\n    except OSError: pass"
    )
    # gVisor's own kernel may give up at the limit, and takes the container with it.
    assert (await run(code, timeout_s=2)).termination in {Termination.TIMEOUT, Termination.ERROR}
    assert (await run("print('next')")).stdout == "next\n"


async def test_a_cancelled_script_is_gone(containers: ContainerPool) -> None:
    request = ExecutionRequest(execution_id="cancelled", code="while True: pass", timeout_s=60)
    task = asyncio.create_task(containers.execute(request))
    await asyncio.sleep(1)
    assert containers.metrics()["running"] == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert containers.metrics()["running"] == 0
    folder = str(containers.limits.scratch_root)
    assert [p for p in psutil.process_iter() if folder in " ".join(_command(p))] == []


async def test_containers_end_with_the_process_of_their_pool(
    containers: ContainerPool, tmp_path: Path
) -> None:
    code = (
        "import asyncio, sys\n"
        "from sandbox_service import ExecutionRequest, SandboxConfig\n"
        "from sandbox_service.containers.config import ContainerConfig\n"
        "from sandbox_service.containers.pool import ContainerPool\n"
        "async def main(runtime, folder):\n"
        "    pool = ContainerPool(ContainerConfig(runtime=runtime), SandboxConfig(scratch_root=folder))\n"
        "    await pool.start()\n"
        "    script = 'import time; time.sleep(300)'\n"
        "    run = asyncio.create_task(pool.execute(ExecutionRequest(execution_id='e', code=script)))\n"
        "    await asyncio.sleep(2)\n"
        "    print('running', flush=True)\n"
        "    await run\n"
        "asyncio.run(main(*sys.argv[1:]))"
    )
    arguments = (sys.executable, "-c", code, containers.config.runtime, str(tmp_path))
    mother = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert mother.stdout is not None
    assert await mother.stdout.readline() == b"running\n"
    family = psutil.Process(mother.pid).children(recursive=True)
    mother.kill()
    await mother.wait()
    await asyncio.to_thread(psutil.wait_procs, family, timeout=10)
    assert [p for p in psutil.process_iter() if str(tmp_path) in " ".join(_command(p))] == []


async def test_a_script_cannot_reach_into_process_1(run: Run) -> None:
    result = await run("open('/proc/1/mem', 'r+b')")
    assert result.termination is Termination.ERROR
    assert "mem" in result.stderr


async def test_a_script_has_no_input(run: Run) -> None:
    assert "EOFError" in (await run("input()")).stderr


async def test_a_batch_keeps_its_order_and_one_id_runs_once(containers: ContainerPool) -> None:
    code = "import os; print({}, os.urandom(8).hex())"
    batch = [ExecutionRequest(execution_id=f"batch/{n}", code=code.format(n)) for n in range(4)]
    first = await containers.run_batch(batch)
    assert [result.stdout.split()[0] for result in first] == ["0", "1", "2", "3"]
    assert await containers.run_batch(batch) == first


async def test_what_a_container_cannot_do_is_said(run: Run) -> None:
    result = await run("1", session="s")
    assert result.termination is Termination.INFRASTRUCTURE
    assert "containers keep no sessions" in result.message
    assert (await run("")).termination is Termination.ERROR


async def test_who_cannot_wait_is_told_so(run: Run) -> None:
    busy = [asyncio.create_task(run("import time; time.sleep(1.5)")) for _ in range(2)]
    await asyncio.sleep(0.1)
    assert "no container was free within 0.1 s" in (await run("1", queue_timeout_s=0.1)).message
    assert [result.termination for result in await asyncio.gather(*busy)] == [Termination.OK] * 2


async def test_a_floor_that_is_not_met_refuses_the_start(containers: ContainerPool, tmp_path: Path) -> None:
    limits = SandboxConfig(floor=("landlock",), scratch_root=str(tmp_path))
    with pytest.raises(SandboxUnavailableError, match="landlock"):
        await ContainerPool(containers.config, limits).start()
    assert not any(os.scandir(tmp_path))
