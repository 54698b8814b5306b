"""What a script had written of its last line is there, however it ends."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRITTEN = {
    "print": "print('half', end=' ')",
    "pieces": "print('ha', end='')\nprint('lf', end=' ')",
    "write": "import sys\nsys.stdout.write('half ')",
    "bytes": "import sys\nsys.stdout.buffer.write(b'half ')",
    "raw_descriptor": "import os\nos.write(1, b'half ')",
    "writelines": "import sys\nsys.stdout.writelines(['ha', 'lf '])",
    "prompt": "try:\n    input('half ')\nexcept EOFError:\n    pass",
}
ENDS = {
    "endless_loop": ("while True: pass", "timeout"),
    "sleep": ("import time\ntime.sleep(60)", "timeout"),
    "one_long_operation": ("7 ** 10 ** 9", "timeout"),
    "ignored_signals": ("import signal\nsignal.signal(15, signal.SIG_IGN)\nwhile True: pass", "timeout"),
    "memory": ("x = bytearray(4 << 30)", "memory"),
    "crash": ("import ctypes\nctypes.string_at(0)", "killed"),
    "abort": ("import os\nos.abort()", "killed"),
    "kill": ("import os\nos.kill(os.getpid(), 9)", "killed"),
    "left_at_once": ("import os\nos._exit(3)", "error"),
    "exception": ("1 / 0", "error"),
    "exit": ("exit(2)", "error"),
    "flood": ("while True: print('x' * 999, file=__import__('sys').stderr)", "output_limit"),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize(("end", "termination"), ENDS.values(), ids=ENDS.keys())
async def test_half_a_line_is_shown(run, written, end, termination):
    result = await run(f"{written}\n{end}", timeout_s=1.0)
    assert (result.termination, result.stdout) == (termination, "half "), result.stderr


@pytest.mark.parametrize(
    "written",
    [
        "print('half', end=' ', file=sys.stderr)",
        "sys.stderr.write('half ')",
        "sys.stderr.buffer.write(b'half ')",
    ],
)
@pytest.mark.parametrize("end", ["while True: pass", "import os; os.kill(os.getpid(), 9)"])
async def test_half_a_line_of_standard_error_is_shown(run, written, end):
    assert (await run(f"import sys\n{written}\n{end}", timeout_s=1.0)).stderr == "half "


AT_THE_DEADLINE = {
    "beside_a_thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    "print('half', end=' ')\ntime.sleep(60)",
    "from_a_thread": "import threading, time\ndef f():\n    time.sleep(0.1)\n    print('half', end=' ')\n"
    "    time.sleep(60)\nt = threading.Thread(target=f)\nt.start()\nt.join()",
    "stream_of_its_own": "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'utf-8')\n"
    "print('half', end=' ')\nwhile True: pass",
}


@pytest.mark.parametrize("code", AT_THE_DEADLINE.values(), ids=AT_THE_DEADLINE.keys())
async def test_half_a_line_that_was_held_back_is_shown_at_the_deadline(run, code):
    result = await run(code, timeout_s=1.0)
    assert (result.termination, result.stdout, result.exit_code) == ("timeout", "half ", None)


async def test_half_a_line_of_a_child_is_shown_at_the_deadline(run, has_namespaces):
    if not has_namespaces:
        pytest.skip("without namespaces there are no processes")
    code = "import os, time\nif os.fork() == 0:\n    print('half', end=' ')\ntime.sleep(60)"
    assert (await run(code, timeout_s=1.0)).stdout == "half "
    # A line that is not whole when a process is forked is not written twice.
    assert (await run("import os\nprint('half', end=' ')\nif os.fork(): os.wait()")).stdout == "half "


async def test_lines_of_threads_are_whole(run):
    code = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda i: print("abc", i, "xyz"), range(800)))
"""
    lines = (await run(code)).stdout.splitlines()
    assert sorted(lines) == sorted(f"abc {i} xyz" for i in range(800))


async def test_lines_of_processes_are_whole(run, has_namespaces):
    if not has_namespaces:
        pytest.skip("without namespaces there are no processes")
    code = """
import multiprocessing
def say(i): print("abc", i, "xyz")
with multiprocessing.Pool(4) as pool:
    pool.map(say, range(400), chunksize=1)
"""
    lines = (await run(code)).stdout.splitlines()
    assert sorted(lines) == sorted(f"abc {i} xyz" for i in range(400))


async def test_half_a_line_of_a_session_s_cell_is_shown(pool, request):
    from tests.sandbox.conftest import request as made

    cell = made("print('half', end=' ')\nwhile True: pass", timeout_s=1.0, session="half a line")
    assert (await pool.execute(cell)).stdout == "half "
