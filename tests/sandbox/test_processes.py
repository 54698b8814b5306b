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
    assert result.duration_s < 5
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
    assert (await run(code, timeout_s=0.7)).termination == "timeout"
    assert marker not in process_comms()


async def test_a_child_that_outlives_the_script_does_not_keep_the_run_waiting(run, has_namespaces):
    code = "import os, time\nif os.fork() == 0:\n    time.sleep(60)\nprint('done')"
    result = await run(code)
    assert result.duration_s < 5
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


async def test_the_parent_cannot_be_traced(run):
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE = 0x4206
assert libc.ptrace(PTRACE_SEIZE, os.getppid(), 0, 0) == -1
print(ctypes.get_errno())
"""
    assert (await run(code)).stdout == "1\n"


async def test_the_parent_cannot_be_slowed_down_or_limited(run):
    code = """
import os, resource
changes = [
    lambda pid: resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0)),
    lambda pid: os.sched_setaffinity(pid, {0}),
    lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 19),
]
for change in changes:
    try:
        change(os.getppid())
        print("changed")
    except OSError:
        pass
"""
    assert (await run(code)).stdout == ""


async def test_the_memory_and_environment_of_the_parent_cannot_be_read(run):
    code = """
import os
for name in ("environ", "mem", "maps", "auxv"):
    try:
        print(len(open(f"/proc/{os.getppid()}/{name}", "rb").read(100)))
    except OSError as error:
        print(type(error).__name__)
"""
    for line in (await run(code)).stdout.split():
        assert line in ("PermissionError", "FileNotFoundError")


async def test_dangerous_system_calls_are_refused(run):
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
calls = {"unshare": (272, 0x10000000), "mount": (165, 0, 0, 0, 0, 0), "bpf": (321, 0, 0, 0), "ptrace": (101, 0, 0),
         "userfaultfd": (323, 0), "perf_event_open": (298, 0, 0, -1, -1, 0), "keyctl": (250, 0, -3, 0),
         "setns": (308, 0, 0), "io_uring_setup": (425, 1, 0), "clone3": (435, 0, 0), "chroot": (161, b"."),
         "process_vm_readv": (310, 1, 0, 0, 0, 0, 0), "clone_newuser": (56, 0x10000000 | 17, 0, 0, 0, 0)}
for name, words in calls.items():
    if libc.syscall(*words) != -1 or ctypes.get_errno() not in (1, 38):
        print("allowed:", name, ctypes.get_errno())
"""
    result = await run(code)
    assert (result.termination, result.stdout) == ("ok", "")


async def test_a_foreign_instruction_set_kills_the_script(run):
    code = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")  # mov eax, 20 (getpid); int 0x80; ret
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
"""
    result = await run(code)
    assert result.termination == "killed", result.stdout


async def test_root_is_out_of_reach(run):
    code = """
import os
for user in (0, 1, 60001):
    try:
        os.setuid(user)
        print("became", user)
    except OSError:
        pass
print(open("/proc/self/status").read().split("CapEff:")[1].split()[0] if os.path.exists("/proc/self") else "0" * 16)
"""
    result = await run(code)
    assert "became" not in result.stdout.replace("became 0\n", "") or result.termination == "error"
