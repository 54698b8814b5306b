"""Programs that multiply, that try to outlive their run, or to reach other processes.

No kill target is ever computed by walking /proc: it is the parent, asserted not to be process 1, a process the script
started itself, or a number that another script of the same test wrote down.
"""

import asyncio
import signal
import time
import uuid
from pathlib import Path

import pytest

from tests.sandbox.conftest import process_comms

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME_SELF = "import ctypes, os, signal, sys, time\nctypes.CDLL(None).prctl(15, {name!r}.encode(), 0, 0, 0)\n"
FORK = "def leave():\n    if os.fork():\n        os._exit(0)\n"
# What the script's child does to get away; the script itself has ended long before.
ESCAPES = {
    "double_fork": "leave()\nleave()",
    "session": "os.setsid()\nleave()",
    "process_group": "os.setpgid(0, 0)\nleave()",
    "many_generations": "for _ in range(12):\n    leave()",
    "signals_ignored": "for n in (1, 2, 3, 13, 15, 17, 18, 20):\n    signal.signal(n, signal.SIG_IGN)\nleave()",
    "stopped": "os.setsid()\nos.kill(os.getpid(), signal.SIGSTOP)",
    "another_program": "os.setsid()\nos.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)'])",
    "pipes_held_open": "os.setsid()\nos.dup2(1, 100)\nleave()",
    "pipes_flooded": "os.setsid()\nwhile True:\n    os.write(1, b'x' * 10)\n    time.sleep(0.01)",
    "traced_by_nobody": "ctypes.CDLL(None).ptrace(0, 0, 0, 0)\nleave()",
}
MULTIPLICATIONS = {
    "fork": "while True:\n    os.fork()",
    "fork_without_errors": "while True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
    "fork_and_exit": "while True:\n    if os.fork() == 0:\n        os._exit(0)",
    "vfork_past_python": "import ctypes\nlibc = ctypes.CDLL(None)\nwhile True:\n    libc.fork()",
    "sessions": "while True:\n    if os.fork() == 0:\n        os.setsid()",
    "programs": "import subprocess, sys\nwhile True:\n    subprocess.Popen([sys.executable, '-c', 'while True: pass'])",
    "pool": "import multiprocessing\nmultiprocessing.Pool(10_000)",
    "threads": "import _thread, time\nwhile True:\n    _thread.start_new_thread(time.sleep, (60,))",
    "threads_that_multiply": """
import threading
def multiply():
    while True:
        try:
            threading.Thread(target=multiply).start()
        except RuntimeError:
            pass
multiply()
""",
}


def named(code: str) -> tuple[str, str]:
    name = f"sbx-{uuid.uuid4().hex[:8]}"
    return name, NAME_SELF.format(name=name) + code


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES.keys())
async def test_a_child_does_not_get_away_by(run, has_namespaces, escape):
    name, code = named(
        f"{FORK}\nif os.fork() == 0:\n    try:\n"
        + "".join(f"        {line}\n" for line in escape.splitlines())
        + "        time.sleep(60)\n    finally:\n        os._exit(0)\ntime.sleep(0.1)\nprint('parent done')"
    )
    result = await run(code)
    assert result.stdout.strip("x") == ("parent done\n" if has_namespaces else ""), result.stderr
    assert result.duration_s < 20
    assert name not in process_comms()


@pytest.mark.parametrize("code", MULTIPLICATIONS.values(), ids=MULTIPLICATIONS.keys())
async def test_this_multiplication_is_contained(run, code):
    name, code = named(code)
    result = await run(code, timeout_s=1.0, memory_mib=512)
    assert result.termination in ("timeout", "error"), result
    assert name not in process_comms()


async def test_a_script_counts_only_its_own_processes(run, has_namespaces):
    code = "import os\nprint(sorted(int(name) for name in os.listdir('/proc') if name.isdigit()) == [1, os.getpid()])"
    result = await run(code)
    assert result.stdout == "True\n" if has_namespaces else "PermissionError" in result.stderr


@pytest.mark.parametrize("number", ["SIGKILL", "SIGSTOP", "SIGTERM", "SIGSEGV"])
async def test_the_parent_does_not_take_this_signal(run, number):
    code = f"""
import os, signal
parent = os.getppid()
assert parent > 1, "process 1 is never a target"
os.kill(parent, signal.{number})
print("sent")
"""
    result = await run(code)
    # With a pid namespace the parent is process 1 of it, and the script stops at its own assertion.
    assert (result.termination, result.stdout) == ("error", "")
    assert "PermissionError" in result.stderr or "AssertionError" in result.stderr


@pytest.mark.parametrize(
    "way",
    [
        "signal.pidfd_send_signal(os.pidfd_open(parent), signal.SIGKILL)",
        "os.killpg(os.getpgid(parent), signal.SIGKILL)",
        "LIBC.syscall(234, parent, parent, 9) and REFUSED()",
        "LIBC.syscall(200, parent, 9) and REFUSED()",
        "LIBC.syscall(129, parent, 9, bytes(128)) and REFUSED()",
        "LIBC.ptrace(0x4206, parent, 0, 0) and REFUSED()",
        "fcntl.fcntl(1, fcntl.F_SETOWN, parent)",
        "open(f'/proc/{parent}/oom_score_adj', 'w').write('1000')",
        "open(f'/proc/{parent}/mem', 'wb').write(b'x')",
        "open(f'/proc/{parent}/comm', 'w').write('x')",
    ],
    ids=["pidfd", "group", "tgkill", "tkill", "queue", "seize", "descriptor", "score", "memory", "name"],
)
async def test_the_parent_cannot_be_reached_by(run, way):
    code = f"""
import ctypes, fcntl, os, signal
LIBC = ctypes.CDLL(None, use_errno=True)
def REFUSED():
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
parent = os.getppid()
assert parent > 1, "process 1 is never a target"
{way}
print("reached")
"""
    result = await run(code)
    assert (result.termination, result.stdout) == ("error", "")
    refusals = ("PermissionError", "AssertionError", "FileNotFoundError", "ProcessLookupError")
    assert any(refusal in result.stderr for refusal in refusals), result.stderr


@pytest.mark.parametrize(
    "name", ["environ", "mem", "maps", "auxv", "fd", "root", "cwd", "exe", "syscall", "stack"]
)
async def test_this_of_the_parent_cannot_be_read(run, name):
    code = f"""
import os
path = f"/proc/{{os.getppid()}}/{name}"
print(os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(100))
"""
    result = await run(code)
    assert (result.termination, result.stdout) == ("error", "")


async def test_a_signal_to_everyone_reaches_nobody_outside(run):
    # Whoever does not expect this signal ignores it: should it get out, nothing is harmed.
    caught: list[int] = []
    before = signal.signal(signal.SIGURG, lambda number, _: caught.append(number))
    try:
        await run("import os, signal\nos.kill(-1, signal.SIGURG)")
    finally:
        signal.signal(signal.SIGURG, before)
    # What the script is told says nothing: where there are others, the kernel hides that it refused every one.
    assert caught == []


async def test_everyone_in_its_own_namespace_is_the_script_itself(run, has_namespaces):
    code = """
import os, signal, time
assert os.getppid() == 1, "only in a pid namespace of one's own"
child = os.fork() or time.sleep(5)
os.kill(-1, signal.SIGKILL)
print(os.waitpid(child, 0)[1])
"""
    result = await run(code)
    assert result.stdout == "9\n" if has_namespaces else "AssertionError" in result.stderr


async def test_the_script_of_another_worker_cannot_be_killed(run, pool, has_namespaces):
    victim = asyncio.create_task(
        run("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(0.6)")
    )
    # In a namespace of its own it has some low number, which names nobody, or somebody else, in another one.
    targets = list(range(2, 12)) if has_namespaces else [await pid_written_below(pool.config.scratch_root)]
    assert min(targets) > 1
    result = await run(f"""
import os
for target in set({targets}) - {{os.getpid()}}:
    try:
        os.kill(target, 9)
        print("sent")
    except OSError:
        pass
""")
    assert (result.termination, result.stdout) == ("ok", "")
    assert (await victim).termination == "ok"


def texts_written_below(scratch_root: str) -> list[str]:
    return list(
        filter(
            None,
            (path.read_text() for path in Path(scratch_root).glob(str(Path("*", "*", "run", "work", "pid")))),
        )
    )


async def pid_written_below(scratch_root: str) -> int:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if texts := texts_written_below(scratch_root):
            return int(texts[0])
        await asyncio.sleep(0.02)
    raise AssertionError("the other script did not write down its number")


async def test_a_forked_child_that_falls_through_ends_as_a_script_of_its_own(run, has_namespaces):
    result = await run("import os\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\nprint('end')")
    assert result.stdout == ("end\nend\n" if has_namespaces else "")
    assert result.termination == ("ok" if has_namespaces else "error")


async def test_a_child_that_fails_is_not_the_script_that_fails(run, has_namespaces):
    code = "import os\nif os.fork() == 0:\n    raise ValueError('in the child')\nos.wait()\nprint('fine')"
    result = await run(code)
    assert (result.termination, result.stdout) == (("ok", "fine\n") if has_namespaces else ("error", ""))


@pytest.mark.parametrize("number", ["SIGKILL", "SIGABRT", "SIGSEGV", "SIGTERM", "SIGBUS"])
async def test_a_script_can_end_itself_with(run, number):
    result = await run(f"import os, signal\nprint('x')\nos.kill(os.getpid(), signal.{number})")
    assert (result.termination, result.message, result.stdout) == ("killed", f"killed by {number}", "x\n")
