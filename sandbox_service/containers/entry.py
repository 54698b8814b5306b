"""First program in a container: reads the script, takes on its limits, runs it as `python script.py` would.

Mounted read-only and started with `python -s -S -P`; of ours it has only `worker/script/interpreter.py`, beside it.
"""
# Plain calls of os: pathlib would cost every script its import.
# ruff: noqa: PTH102, PTH123

import ctypes
import json
import os
import resource
import sys
import threading
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
    folder = f"{order['scratch']}/work"
    os.chdir(folder)
    interpreter = _loaded(order["interpreter"])
    sys.path[:0] = [folder]
    sys.path += order["import_paths"]
    sys.argv = ["script.py"]
    if "numpy" in order["code"]:
        _import_numpy()
    interpreter.seed_generators(order["seed"])
    interpreter.add_builtins()
    interpreter.open_streams()
    interpreter.new_main_module()
    _set_limits(order["memory_bytes"])
    try:
        interpreter.run_as_main(order["code"], _FILENAME, f"{folder}/script.py")
    except SystemExit as error:
        interpreter.leave(interpreter.status_of_exit(error.code))
    interpreter.leave(0)


def _loaded(path: str) -> ModuleType:
    """The module in a file, which no script finds under that name."""
    module = ModuleType("interpreter")
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), module.__dict__)
    return module


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


def _import_numpy() -> None:
    """So that its global generator is there to be seeded."""
    try:
        import numpy.random  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError:
        return


def _set_limits(memory_bytes: int) -> None:
    with open("/proc/self/statm", encoding="ascii") as statm:
        baseline = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (baseline + memory_bytes,) * 2)


if __name__ == "__main__":
    main(sys.argv[1])
