"""Scripts that share names and files, and what becomes of a session when one of them goes wrong."""

import asyncio
import os
import signal
import time
import uuid
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox_service import ExecutionResult, SandboxPool
from tests.sandbox.conftest import TIERS, config, process_comms, request
from tests.sandbox.test_secrets import PLANTED, SEARCH

pytestmark = pytest.mark.asyncio(loop_scope="session")
LOST = "'a' has ended, its names and files are lost"
AFRESH = "'a' began afresh, without its earlier names and files"


@pytest_asyncio.fixture(loop_scope="session", params=list(TIERS))
async def pool(request: pytest.FixtureRequest, tmp_path: Path):
    limits = {"num_workers": 1, "max_sessions": 2, "preload": "bare"}
    pool = SandboxPool(config(request.param, tmp_path, **limits))
    await pool.start()
    yield pool
    await pool.close()
    assert not any(name for _, folders, files in os.walk(tmp_path) for name in (*folders, *files))


@pytest.fixture
def cell(pool: SandboxPool):
    async def run_cell(code: str, *, session: str = "a", **limits: object) -> ExecutionResult:
        return await pool.execute(request(code, session=session, **limits))

    return run_cell


def children_of_this_process() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def processes_named(name: str) -> list[int]:
    paths = Path("/proc").glob("[0-9]*/comm")
    return [int(path.parent.name) for path in paths if path.read_text().strip() == name]


async def test_names_functions_imports_and_files_are_kept_from_cell_to_cell(cell):
    first = await cell(
        "import math\nx = 20\ndef f(y): return x + y\nopen('note', 'w').write('kept')\nprint('one')"
    )
    second = await cell("x += 1\nprint(f(1), math.floor(2.5), open('note').read())")
    assert (first.stdout, first.termination, first.message) == ("one\n", "ok", "")
    assert (second.stdout, second.termination, second.message) == ("22 2 kept\n", "ok", "")
    assert first.worker == second.worker
    assert first.worker.startswith("session-")


async def test_two_sessions_and_the_scripts_beside_them_share_nothing(cell, pool):
    await cell("secret = 1\nopen('mine', 'w').write('x')", session="a")
    look = "import os\nprint('secret' in globals(), os.listdir('.'))"
    assert (await cell(look, session="b")).stdout == "False []\n"
    assert (await pool.execute(request(look))).stdout == "False []\n"
    assert (await cell(look, session="a")).stdout == "True ['mine']\n"


async def test_each_cell_has_its_own_outputs_and_an_error_ends_only_its_cell(cell):
    failed = await cell("import sys\nx = 1\nprint('out')\nprint('err', file=sys.stderr)\nraise ValueError(x)")
    after = await cell("print('x is', x)")
    assert (failed.termination, failed.stdout, failed.exit_code) == ("error", "out\n", 1)
    assert failed.stderr.startswith("err\nTraceback")
    assert 'File "<cell 1>", line 5, in <module>\n    raise ValueError(x)\n' in failed.stderr
    assert (after.termination, after.stdout, after.stderr) == ("ok", "x is 1\n", "")


async def test_an_exit_ends_its_cell_and_keeps_the_names(cell):
    left = await cell("x = 5\nraise SystemExit(3)")
    assert (left.termination, left.exit_code, left.message) == ("error", 3, "")
    assert (await cell("print(x)")).stdout == "5\n"


async def test_random_numbers_go_on_where_the_last_cell_stopped(cell):
    whole = await cell("import random\nprint(random.random())\nprint(random.random())", session="a", seed=7)
    parts = [await cell("import random\nprint(random.random())", session="b", seed=7) for _ in range(2)]
    assert whole.stdout == "".join(part.stdout for part in parts)


@pytest.mark.parametrize(
    ("code", "termination"),
    [
        ("import time\ntime.sleep(30)", "timeout"),
        ("while True: pass", "timeout"),
        ("import os\nos.kill(os.getpid(), 9)", "killed"),
        ("import os\nos._exit(0)", "ok"),
        ("while True: print('flood' * 1000)", "output_limit"),
    ],
)
async def test_a_cell_that_takes_the_process_with_it_ends_the_session_and_the_next_begins_afresh(
    cell, pool, code, termination
):
    await cell("x = 1")
    ended = await cell(code, timeout_s=1.0)
    assert ended.termination == termination
    assert LOST in ended.message
    assert pool.metrics()["sessions"] == 0
    fresh = await cell("print('x' in globals())")
    assert (fresh.stdout, fresh.termination) == ("False\n", "ok")
    assert AFRESH in fresh.message
    assert f"a cell ended it with {termination}" in fresh.message
    assert (await cell("print(1)")).message == ""
    assert pool.metrics()["worker_restarts"] == 0


async def test_memory_that_names_hold_counts_for_later_cells(cell):
    assert (await cell("kept = bytearray(100 << 20)", memory_mib=192)).termination == "ok"
    refused = await cell("more = bytearray(150 << 20)", memory_mib=192)
    assert refused.termination == "memory"
    assert (await cell("print(len(kept) >> 20)", memory_mib=192)).stdout == "100\n"


async def test_each_cell_has_its_own_time_limit(cell):
    for _ in range(3):
        result = await cell("import time\ntime.sleep(1.5)", timeout_s=4.0)
        assert result.termination == "ok"
        assert 1.4 < result.duration_s < 4.0


async def test_a_session_at_rest_uses_no_processor(cell):
    spin = "import threading, time\ncount = 0\ndef spin():\n    global count\n    while True:\n        count += 1\n"
    await cell(
        f"{spin}threading.Thread(target=spin, daemon=True).start()\ntime.sleep(0.1)\nbefore = time.process_time()"
    )
    await asyncio.sleep(0.7)
    used = await cell("print(time.process_time() - before < 0.4)")
    assert used.stdout == "True\n"


async def test_cells_of_one_session_run_one_after_the_other_in_order(cell):
    results = await asyncio.gather(
        cell("seen = [0]"), *(cell(f"seen.append({number})\nprint(seen)") for number in range(1, 5))
    )
    assert results[-1].stdout == "[0, 1, 2, 3, 4]\n"


async def test_a_closed_session_leaves_no_process_and_its_id_begins_anew_without_a_word(cell, pool):
    name = f"sbx-{uuid.uuid4().hex[:8]}"
    await cell(f"import ctypes\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\nx = 1")
    assert name in process_comms()
    assert await pool.close_session("a") is True
    assert name not in process_comms()
    assert await pool.close_session("a") is False
    assert pool.metrics()["sessions"] == 0
    again = await cell("print('x' in globals())")
    assert (again.stdout, again.message) == ("False\n", "")


async def test_closing_a_session_stops_the_cell_that_runs_in_it(cell, pool):
    running = asyncio.create_task(cell("import time\ntime.sleep(30)", timeout_s=60))
    await asyncio.sleep(0.5)
    started = time.monotonic()
    assert await pool.close_session("a") is True
    assert time.monotonic() - started < 20
    assert (await running).termination == "killed"


async def test_cancelling_a_cell_ends_its_session(cell, pool):
    await cell("x = 1")
    running = asyncio.create_task(cell("import time\ntime.sleep(30)", timeout_s=60))
    await asyncio.sleep(0.2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    fresh = await cell("print('x' in globals())")
    assert (fresh.stdout, "its cell was cancelled" in fresh.message) == ("False\n", True)


async def test_one_session_too_many_is_refused_with_the_number_and_the_key(cell, pool):
    await cell("1", session="a")
    await cell("1", session="b")
    refused = await cell("1", session="c")
    assert refused.termination == "infrastructure"
    assert "2 sessions are open, at most 2 may be" in refused.message
    assert "SandboxConfig.max_sessions" in refused.message
    await pool.close_session("b")
    assert (await cell("1", session="c")).termination == "ok"


async def test_a_cell_that_waits_too_long_for_an_earlier_one_says_so_and_harms_nothing(cell):
    await cell("x = 1")
    slow = asyncio.create_task(cell("import time\ntime.sleep(1)"))
    await asyncio.sleep(0.1)
    late = await cell("print(x)", queue_timeout_s=0.2)
    assert late.termination == "infrastructure"
    assert "session 'a' was busy with an earlier cell for more than 0.2 s" in late.message
    assert (await slow).termination == "ok"
    assert (await cell("print(x)")).stdout == "1\n"


async def test_open_sessions_do_not_hold_up_scripts(cell, pool):
    slow = [asyncio.create_task(cell("import time\ntime.sleep(1)", session=name)) for name in "ab"]
    await asyncio.sleep(0.3)
    assert (await pool.execute(request("print(1)"))).queue_s < 0.5
    assert {result.termination for result in await asyncio.gather(*slow)} == {"ok"}


async def test_a_cell_is_walled_in_as_a_script_is(cell):
    code = """
import os, socket
def refused(action):
    try:
        action()
    except OSError:
        return True
    return False
kernel = lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
print(refused(lambda: open("/etc/shadow")), refused(kernel), refused(lambda: os.listdir("/root")))
print([fd for fd in range(4, 256) if not refused(lambda: os.fstat(fd))])
"""
    for _ in range(2):
        result = await cell(code)
        first, second = result.stdout.splitlines()
        assert first == "True True True", result.stderr
        # One descriptor more than a script has: the channel on which its cells come.
        assert len(eval(second)) <= 1


async def test_a_session_finds_nothing_of_the_one_before_it_on_the_same_worker(cell, pool):
    planted = await cell(f"secret = {PLANTED!r}\nopen('file', 'w').write(secret)\nprint(secret)", session="a")
    await pool.close_session("a")
    searched = await cell(SEARCH, session="b", memory_mib=512)
    assert planted.worker == searched.worker
    assert searched.termination == "ok", searched.stderr
    assert searched.stdout.endswith(" []\n")


async def test_a_session_whose_process_was_killed_at_rest_says_so_and_begins_afresh(cell, pool):
    name = f"sbx-{uuid.uuid4().hex[:8]}"
    await cell(f"import ctypes\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)")
    (pid,) = processes_named(name)
    assert pid > 1
    os.kill(pid, signal.SIGKILL)
    ended = await cell("print(1)")
    assert ended.termination == "killed", ended
    assert LOST in ended.message
    assert AFRESH in (await cell("print(1)")).message
    assert pool.metrics()["worker_restarts"] == 0


@pytest.mark.parametrize(
    "forged",
    [
        "for fd in range(3, 20):\n    try: os.write(fd, b'lies')\n    except OSError: pass\ntime.sleep(5)",
        "os.closerange(3, 256)",
        "for fd in range(3, 20):\n    try: os.dup2(0, fd)\n    except OSError: pass",
    ],
)
async def test_a_cell_that_meddles_with_its_channel_harms_only_its_own_session(cell, pool, forged):
    await cell("x = 1", session="b")
    result = await cell(f"import os, time\n{forged}", timeout_s=2)
    assert LOST in result.message, result
    assert (await cell("print(x)", session="b")).stdout == "1\n"
    assert (await cell("print(2)")).stdout == "2\n"


@pytest.mark.parametrize("tier", list(TIERS))
async def test_a_session_that_nobody_uses_is_closed_and_says_so_later(tmp_path, tier):
    pool = SandboxPool(config(tier, tmp_path, num_workers=1, preload="bare", session_idle_s=0.3))
    await pool.start()
    for _ in range(3):
        await pool.execute(request("x = 1", session="a"))
        await asyncio.sleep(0.15)
    await asyncio.sleep(0.6)
    assert pool.metrics()["sessions"] == 0
    fresh = await pool.execute(request("print('x' in globals())", session="a"))
    await pool.close()
    assert (fresh.stdout, "nobody used it for 0.3 s" in fresh.message) == ("False\n", True)


@pytest.mark.parametrize("tier", list(TIERS))
async def test_closing_the_pool_leaves_no_session_behind(tmp_path, tier):
    before = children_of_this_process()
    name = f"sbx-{uuid.uuid4().hex[:8]}"
    pool = SandboxPool(config(tier, tmp_path, num_workers=1, preload="bare"))
    await pool.start()
    await pool.execute(
        request(f"import ctypes\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)", session="a")
    )
    running = asyncio.create_task(
        pool.execute(request("import time\ntime.sleep(30)", session="b", timeout_s=60))
    )
    await asyncio.sleep(0.5)
    await pool.close()
    assert (await running).termination == "infrastructure"
    assert name not in process_comms()
    assert children_of_this_process() == before
    assert list(tmp_path.iterdir()) == []
