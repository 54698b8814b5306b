"""First program in a container: reads the script, takes on its limits, runs it as `python script.py` would.

Mounted read-only and started with `python -I -S`, so it imports nothing of ours.
"""
# Plain calls of os: pathlib would cost every script its import.
# ruff: noqa: PTH102, PTH109, PTH123

import ctypes
import json
import linecache
import os
import random
import resource
import sys
import threading
import traceback
from types import ModuleType

_FILENAME = "<script>"
_PR_SET_DUMPABLE = 4
_KILLED = 137


def main(order_path: str) -> None:
    """Run the script of an order; leaves with its exit status, or with 128 + the signal that killed it."""
    pid = os.fork()
    if pid:
        _await(pid)
    # Descriptor 0 is the life line of process 1.
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    with open(order_path, encoding="utf-8") as file:
        order = json.load(file)
    for name in ("work", "tmp"):
        os.mkdir(f"{order['scratch']}/{name}")
    os.chdir(f"{order['scratch']}/work")
    sys.path[:0] = [os.getcwd()]
    sys.path += order["import_paths"]
    sys.argv = ["script.py"]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    random.seed(order["seed"])
    if "numpy" in order["code"]:
        _seed_numpy(order["seed"])
    _set_limits(order["memory_bytes"])
    _run(order["code"])


def _await(pid: int) -> None:
    """Be process 1: signals do nothing to it, orphans come to it, and its end takes the whole container along."""
    # No script may reach into this process, although they have the same user.
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    threading.Thread(target=_end_with_the_pool, daemon=True).start()
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _end_with_the_pool() -> None:
    """Nothing is ever written to the life line; it closes when the pool dies, however it dies."""
    os.read(0, 1)
    os._exit(_KILLED)


def _seed_numpy(seed: int) -> None:
    try:
        import numpy as np  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return
    np.random.seed(seed % 2**32)


def _set_limits(memory_bytes: int) -> None:
    with open("/proc/self/statm", encoding="ascii") as statm:
        baseline = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (baseline + memory_bytes,) * 2)


def _run(source: str) -> None:
    main_module = ModuleType("__main__")
    main_module.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main_module
    linecache.cache[_FILENAME] = (len(source), None, source.splitlines(keepends=True), _FILENAME)
    try:
        exec(compile(source, _FILENAME, "exec", dont_inherit=True), main_module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename != _FILENAME:
            frames = frames.tb_next
        with open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False) as stderr:
            traceback.print_exception(type(error), error, frames, file=stderr)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
