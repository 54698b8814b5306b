"""Programs that do not end."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENDLESS = {
    "sleep": "import time\ntime.sleep(60)",
    "loop": "while True:\n    pass",
    "power_in_c": "7 ** 10 ** 9",
    "sum_in_c": "sum(range(10**12))",
    "regex": "import re\nre.match('(a+)+$', 'a' * 40 + 'b')",
    "maximum_of_an_endless_row": "max(iter(int, 1))",
    "numpy": "import numpy\nx = numpy.eye(1200)\nwhile True:\n    x @ x",
    "every_signal_ignored": """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
""",
    "every_signal_blocked": "import signal\nsignal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))\nsignal.pause()",
    "alarm_swallowed": """
import signal
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
while True:
    pass
""",
    "every_exception_swallowed": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "stopped": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "exit_handler": "import atexit, time\natexit.register(time.sleep, 60)",
    "thread_that_never_ends": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
    "deadlock": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "lock_held_at_exit": """
import threading
lock = threading.Lock()
lock.acquire()
threading.Thread(target=lock.acquire).start()
""",
    "empty_pipe": "import os\nreads, writes = os.pipe()\nos.read(reads, 1)",
    "fifo_of_sockets": "import socket\na, b = socket.socketpair()\na.recv(1)",
    "destructor": "class E:\n    def __del__(self):\n        while True: pass\ne = E()\ndel e",
    "import": "open('slow.py', 'w').write('while True: pass')\nimport slow",
    "asyncio": "import asyncio\nasyncio.run(asyncio.Event().wait())",
    "metaclass": "class M(type):\n    def __call__(cls):\n        while True: pass\nclass C(metaclass=M): pass\nC()",
    "print_to_oneself": "import os\nreads, writes = os.pipe()\nos.write(writes, bytes(1 << 20))",
}


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS.keys())
async def test_this_times_out_and_keeps_what_was_printed(run, code):
    result = await run(f"print('begun')\n{code}", timeout_s=1.0)
    assert (result.termination, result.stdout, result.exit_code) == ("timeout", "begun\n", None), (
        result.stderr
    )
    assert result.message == "still running after 1 s"
    assert 1.0 <= result.duration_s < 20


async def test_two_threads_cannot_have_twice_the_time(run):
    code = (
        "import threading\ndef spin():\n    while True: pass\nthreading.Thread(target=spin).start()\nspin()"
    )
    result = await run(code, timeout_s=1.0)
    assert result.termination == "timeout"
    assert result.cpu_s < 3


async def test_a_daemon_thread_does_not_keep_a_script(run):
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nprint('end')"
    result = await run(code)
    assert (result.termination, result.stdout) == ("ok", "end\n")
    assert result.duration_s < 20


async def test_a_daemon_thread_that_prints_on_and_on_ends_with_its_script(run):
    code = """
import threading, time
def chatter():
    while True:
        print("x")
        time.sleep(0.001)
threading.Thread(target=chatter, daemon=True).start()
time.sleep(0.05)
"""
    result = await run(code)
    assert result.termination == "ok"
    assert set(result.stdout) <= {"x", "\n"}


async def test_what_a_thread_prints_late_is_kept(run):
    code = "import threading, time\nthreading.Timer(0.05, print, ['late']).start()\nprint('early')"
    assert (await run(code)).stdout == "early\nlate\n"


async def test_an_alarm_that_nobody_handles_ends_the_script(run):
    result = await run("import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\ntime.sleep(5)")
    assert (result.termination, result.message) == ("killed", "killed by SIGALRM")
