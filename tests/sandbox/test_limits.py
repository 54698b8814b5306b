"""Programs that take more time, memory or room than they may."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_endless_loop_times_out_and_keeps_what_it_printed(run):
    result = await run("print('begun')\nwhile True:\n    pass", timeout_s=1.0)
    assert (result.termination, result.stdout, result.exit_code) == ("timeout", "begun\n", None)
    assert result.message == "still running after 1 s"
    assert 1.0 <= result.duration_s < 20


async def test_endless_recursion_is_an_error(run):
    result = await run("def f():\n    f()\nf()")
    assert result.termination == "error"
    assert "RecursionError" in result.stderr


async def test_recursion_past_the_stack_is_killed_or_an_error(run):
    result = await run(
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(x):\n    return [f([x])]\nf(0)", memory_mib=64
    )
    assert result.termination in ("killed", "error", "memory")


async def test_a_full_scratch_folder_refuses_more_or_ends_the_script(run, has_namespaces):
    code = """
import time
for i in range(8):
    with open(str(i), 'wb') as f:
        f.write(bytes(4 << 20))
time.sleep(5)
"""
    result = await run(code)
    if has_namespaces:
        assert "No space left on device" in result.stderr
    else:
        assert (result.termination, result.message) == (
            "killed",
            "filled its scratch folder: more than 16 MiB, or too many or too deep files",
        )


async def test_deleted_files_that_are_still_open_take_room_too(run, has_namespaces):
    code = """
import os, time
kept = [open(str(i), 'wb') for i in range(8)]
for i, file in enumerate(kept):
    os.unlink(str(i))
    file.write(bytes(4 << 20))
    file.flush()
time.sleep(5)
"""
    assert (await run(code)).termination == ("error" if has_namespaces else "killed")


async def test_many_processes_may_not_take_more_together_than_one(run, has_namespaces):
    code = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        break
x = bytearray(40 << 20)
time.sleep(5)
"""
    result = await run(code, memory_mib=128)
    assert result.termination == ("memory" if has_namespaces else "error")


async def test_a_fork_bomb_is_contained_and_the_next_script_is_served(run):
    code = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    assert (await run(code, timeout_s=1.0)).termination == "timeout"
    assert (await run("print('fine')")).stdout == "fine\n"


async def test_a_thread_bomb_is_contained(run):
    code = """
import threading, time
try:
    for _ in range(100_000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except RuntimeError as error:
    print(error)
"""
    result = await run(code, memory_mib=512)
    assert (result.termination, result.stdout) == ("ok", "can't start new thread\n")


async def test_more_time_and_memory_than_the_pool_allows_is_cut_to_what_it_allows(run):
    assert (await run("print(1)", timeout_s=600, memory_mib=65536)).termination == "ok"
