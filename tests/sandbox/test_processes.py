"""Programs that try to outlive their run or to reach other processes.

No kill target is ever computed by walking /proc: only `os.getppid()` after asserting that it is not process 1, and the
script's own processes.
"""

import asyncio
import uuid

import pytest

from tests.sandbox.conftest import process_comms

pytestmark = pytest.mark.asyncio(loop_scope="session")

_NAME_SELF = """
import ctypes, os, sys, time
def name_self():
    ctypes.CDLL(None).prctl(15, MARKER.encode(), 0, 0, 0)
"""


def marked(code: str) -> tuple[str, str]:
    marker = f"sbx-{uuid.uuid4().hex[:8]}"
    return marker, f"MARKER = {marker!r}\n{_NAME_SELF}\n{code}"


async def test_the_marker_can_be_seen_while_a_script_runs(run):
    marker, code = marked("name_self()\ntime.sleep(0.5)")
    running = asyncio.create_task(run(code))
    await asyncio.sleep(0.3)
    assert marker in process_comms()
    await running
    assert marker not in process_comms()


async def test_a_double_fork_does_not_outlive_its_script(run, has_namespaces):
    marker, code = marked("""
if os.fork() == 0:
    if os.fork() == 0:
        name_self()
        time.sleep(60)
    os._exit(0)
os.wait()
time.sleep(0.1)
print("parent done")
""")
    result = await run(code)
    assert result.termination == ("ok" if has_namespaces else "error")
    assert marker not in process_comms()


async def test_a_daemon_in_a_session_of_its_own_that_holds_the_pipes_does_not_outlive_its_script(run):
    marker, code = marked("""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        name_self()
        while True:
            time.sleep(1)
            print("still here")
    os._exit(0)
os.wait()
""")
    result = await run(code)
    assert result.duration_s < 20
    assert marker not in process_comms()


async def test_children_die_with_a_script_that_times_out(run):
    marker, code = marked("""
import signal
name_self()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(5):
    try:
        if os.fork() == 0:
            break
    except OSError:
        pass
while True:
    pass
""")
    assert (await run(code, timeout_s=1.0)).termination == "timeout"
    assert marker not in process_comms()


async def test_a_child_that_outlives_the_script_does_not_keep_the_run_waiting(run, has_namespaces):
    code = "import os, time\nif os.fork() == 0:\n    time.sleep(60)\nprint('done')"
    result = await run(code)
    assert result.duration_s < 20
    assert result.termination == ("ok" if has_namespaces else "error")


async def test_subprocesses_work_where_they_can_be_contained_and_are_refused_elsewhere(run, has_namespaces):
    code = "import subprocess, sys\nprint(subprocess.check_output([sys.executable, '-c', 'print(6 * 7)'], text=True))"
    result = await run(code)
    if has_namespaces:
        assert result.stdout == "42\n\n", result.stderr
    else:
        assert "Operation not permitted" in result.stderr


async def test_the_parent_cannot_be_killed_or_stopped(run, pool):
    restarts = pool.metrics()["worker_restarts"]
    code = """
import os, signal
parent = os.getppid()
assert parent > 1, "refused by design: process 1 is never a target"
for number in (signal.SIGKILL, signal.SIGSTOP):
    try:
        os.kill(parent, number)
        print("sent")
    except OSError as error:
        print(error.errno)
"""
    result = await run(code)
    # With a pid namespace the parent is process 1 of it, and the script stops at its own assertion.
    assert result.termination == "error" or result.stdout == "1\n1\n"
    assert (await run("print('fine')")).stdout == "fine\n"
    assert pool.metrics()["worker_restarts"] == restarts
