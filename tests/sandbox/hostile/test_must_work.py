"""What honest programs do and no limit may break."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

HONEST = {
    "threads": """
import threading
total = []
threads = [threading.Thread(target=total.append, args=(i,)) for i in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert sorted(total) == list(range(8))
""",
    "thread_pool": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    assert list(pool.map(abs, range(-5, 0))) == [5, 4, 3, 2, 1]
""",
    "asyncio": """
import asyncio
async def main():
    await asyncio.sleep(0.01)
    return await asyncio.gather(*(asyncio.to_thread(abs, -i) for i in range(3)))
assert asyncio.run(main()) == [0, 1, 2]
""",
    "sqlite": """
import sqlite3
for name in (":memory:", "file.db"):
    base = sqlite3.connect(name)
    base.execute("pragma journal_mode=wal")
    base.execute("create table t (x)")
    base.executemany("insert into t values (?)", [(1,), (2,)])
    base.commit()
    assert base.execute("select sum(x) from t").fetchone() == (3,)
""",
    "temporary_files": """
import os, tempfile
with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("w+") as file:
    open(os.path.join(folder, "x"), "w").write("x")
    file.write("y")
    file.seek(0)
    assert file.read() == "y"
assert tempfile.TemporaryFile().write(b"z") == 1
""",
    "copies_with_modes_and_times": """
import os, shutil
open("a", "w").write("x")
os.mkdir("d")
shutil.copy2("a", "d/b")
shutil.copytree("d", "e")
shutil.make_archive("packed", "zip", "e")
shutil.move("e", "f")
shutil.rmtree("d")
assert sorted(os.listdir(".")) == ["a", "f", "packed.zip"]
""",
    "pickled_classes_of_the_script": """
import copy, pickle
class Point:
    def __init__(self, x): self.x = x
assert pickle.loads(pickle.dumps(Point(3))).x == copy.deepcopy(Point(3)).x == 3
""",
    "dataclasses_and_types": """
import dataclasses, enum, typing
@dataclasses.dataclass(frozen=True)
class P:
    x: "int"
assert typing.get_type_hints(P) == {"x": int} and dataclasses.asdict(P(1)) == {"x": 1}
class E(enum.Enum): A = 1
assert E.A.__module__ == "__main__"
""",
    "alarm": """
import signal
def late(*_): raise TimeoutError
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    while True: sum(range(9))
except TimeoutError:
    pass
signal.alarm(5)
assert signal.alarm(0) == 5
""",
    "signals_to_oneself": """
import os, signal
got = []
signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
os.kill(os.getpid(), signal.SIGUSR1)
signal.raise_signal(signal.SIGUSR1)
assert got == [1, 1]
""",
    "linear_algebra": """
import numpy
x = numpy.random.rand(120, 120)
assert numpy.allclose(x @ numpy.linalg.inv(x), numpy.eye(120))
numpy.linalg.svd(x), numpy.linalg.eig(x), numpy.fft.fft(x)
""",
    "numpy_files": """
import numpy
numpy.save("x.npy", numpy.arange(9))
assert numpy.load("x.npy", mmap_mode="r").sum() == 36
""",
    "sympy": "import sympy\nx = sympy.Symbol('x')\nassert sympy.integrate(sympy.sin(x), (x, 0, sympy.pi)) == 2",
    "file_mapping": """
import mmap
with open("x", "wb+") as file:
    file.write(bytes(8192))
    file.flush()
    view = mmap.mmap(file.fileno(), 0)
    view[0] = 7
    view.flush()
assert open("x", "rb").read(1) == b"\\7"
""",
    "private_memory_mapping": """
import mmap
view = mmap.mmap(-1, 8192, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
view.write(b"x")
""",
    "compression": """
import bz2, gzip, lzma, tarfile, zlib
for kind in (bz2, gzip, lzma, zlib):
    assert kind.decompress(kind.compress(b"x" * 9999)) == b"x" * 9999
open("a", "w").write("x")
with tarfile.open("t.tar.gz", "w:gz") as archive:
    archive.add("a")
tarfile.open("t.tar.gz").extractall("out")
""",
    "own_modules": "open('mine.py', 'w').write('answer = 42')\nimport mine\nassert mine.answer == 42",
    "introspection": """
import inspect, traceback
def f(): return 1
assert inspect.getsource(f).startswith("def f")
try:
    f(1)
except TypeError:
    assert "f(1)" in traceback.format_exc()
""",
    "randomness": """
import os, random, secrets, uuid
assert len(os.urandom(8)) == len(secrets.token_bytes(8)) == 8
assert uuid.uuid4() != uuid.uuid4() and uuid.uuid1()
assert random.SystemRandom().random() < 1
""",
    "time": """
import datetime, time
start = time.perf_counter()
time.sleep(0.01)
assert 0.005 < time.perf_counter() - start < 5
assert datetime.datetime.now().year > 2000 and time.process_time() > 0
""",
    "questions_about_the_machine": """
import multiprocessing, os, platform, shutil, sys
assert os.cpu_count() and os.sched_getaffinity(0) and multiprocessing.cpu_count()
assert platform.system() == "Linux" and platform.platform() and os.uname()
assert shutil.disk_usage(".").total and os.getpid() and not sys.stdout.isatty()
""",
    "queues_between_threads": """
import queue, threading
line = queue.Queue()
threading.Thread(target=lambda: [line.put(i) for i in range(5)]).start()
assert [line.get() for _ in range(5)] == list(range(5))
""",
    "waiting_on_pipes": """
import os, select, selectors
reads, writes = os.pipe()
os.write(writes, b"x")
assert select.select([reads], [], [], 1)[0] == [reads]
with selectors.DefaultSelector() as selector:
    selector.register(reads, selectors.EVENT_READ)
    assert selector.select(1)
""",
    "locks_on_files": """
import fcntl
with open("lock", "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
""",
    "logging": """
import logging
logging.basicConfig(filename="log")
logging.warning("x")
assert "x" in open("log").read()
""",
    "unit_tests": """
import unittest
class T(unittest.TestCase):
    def test_it(self): self.assertEqual(1, 1)
assert unittest.main(exit=False, argv=["x"]).result.wasSuccessful()
""",
    "deep_recursion_within_the_limit": """
import sys
sys.setrecursionlimit(5000)
def f(n): return n and f(n - 1)
f(4000)
""",
    "arithmetic_with_huge_numbers": """
import math
assert math.factorial(3000) % 10**9 == 0
assert len(str(2**9999)) == 3010
""",
    "foreign_functions": "import ctypes\nassert ctypes.CDLL(None).abs(-3) == 3",
    "fault_handler": "import faulthandler, sys\nfaulthandler.enable(sys.__stderr__)",
    "lowering_a_limit": "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
}
WITH_PROCESSES = {
    "subprocess": """
import subprocess, sys
assert subprocess.check_output([sys.executable, "-c", "print(6 * 7)"], text=True).strip() == "42"
assert subprocess.run([sys.executable, "-c", "import sys; sys.exit(3)"], start_new_session=True).returncode == 3
""",
    "multiprocessing_pool": """
import multiprocessing
with multiprocessing.Pool(2) as pool:
    assert pool.map(abs, [-1, -2, -3]) == [1, 2, 3]
""",
    "multiprocessing_queue_and_lock": """
import multiprocessing
line, lock = multiprocessing.Queue(), multiprocessing.Lock()
with lock:
    child = multiprocessing.Process(target=line.put, args=(5,))
    child.start()
    assert line.get(timeout=2) == 5
    child.join()
""",
    "multiprocessing_shared_values": """
import multiprocessing
from multiprocessing import shared_memory
value = multiprocessing.Value("i", 1)
def change(): value.value = 7
child = multiprocessing.Process(target=change)
child.start()
child.join()
block = shared_memory.SharedMemory(create=True, size=64)
block.buf[0] = value.value
assert block.buf[0] == 7
block.close()
block.unlink()
""",
    "multiprocessing_pipe_that_sends_descriptors": """
import multiprocessing, os
ours, theirs = multiprocessing.Pipe()
from multiprocessing.reduction import recv_handle, send_handle
if os.fork() == 0:
    send_handle(theirs, os.open("/dev/null", os.O_RDONLY), os.getppid())
    os._exit(0)
assert os.read(recv_handle(ours), 1) == b""
os.wait()
""",
    "process_pool": """
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(2) as pool:
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
""",
    "asyncio_subprocess": """
import asyncio, sys
async def main():
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(1)", stdout=asyncio.subprocess.PIPE)
    return (await child.communicate())[0].strip()
assert asyncio.run(main()) == b"1"
""",
    "fork_and_wait": """
import os
child = os.fork()
if child == 0:
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
""",
}


@pytest.mark.parametrize("code", HONEST.values(), ids=HONEST.keys())
async def test_this_works(run, code):
    result = await run(f"{code}\nprint('done')")
    assert (result.termination, result.stdout) == ("ok", "done\n"), result.stderr


@pytest.mark.parametrize("code", WITH_PROCESSES.values(), ids=WITH_PROCESSES.keys())
async def test_this_works_where_processes_are_contained_and_is_refused_elsewhere(run, has_namespaces, code):
    result = await run(f"{code}\nprint('done')")
    if has_namespaces:
        assert (result.termination, result.stdout) == ("ok", "done\n"), result.stderr
    else:
        assert (result.termination, "done" in result.stdout) == ("error", False)


async def test_a_figure_is_drawn(run):
    pytest.importorskip("matplotlib")
    code = """
import matplotlib.pyplot as plt
plt.plot([1, 2, 4])
plt.savefig("figure.png")
print(open("figure.png", "rb").read(4))
"""
    assert (await run(code, timeout_s=20)).stdout == "b'\\x89PNG'\n"


async def test_a_thread_can_be_named_and_seen_by_that_name(run):
    code = "import ctypes\nctypes.CDLL(None).prctl(15, b'named', 0, 0, 0)\nprint('done')"
    assert (await run(code)).stdout == "done\n"
