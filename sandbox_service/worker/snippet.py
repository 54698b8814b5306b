"""Runs one script in its own process, as `python script.py` would, and ends the process.

Nothing here is trusted afterwards: the script shares this process and may have changed all of it.
"""

import atexit
import gc
import io
import linecache
import os
import random
import sys
import threading
import traceback
from types import ModuleType, TracebackType

FILENAME = "<script>"
_HARNESS_PACKAGE = "worker"


def prepare() -> None:
    """What need not be done in every script's process. Called in the lane, before the first fork."""
    # What scripts import by these names is theirs; the harness's own functions keep their globals alive.
    for name in [name for name in sys.modules if name.partition(".")[0] == _HARNESS_PACKAGE]:
        del sys.modules[name]
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
    linecache.clearcache()


def run(code_fd: int, folder: str) -> None:
    """Read seed and source from `code_fd`, run them, leave with the exit status. Never returns."""
    with open(code_fd, "rb") as file:
        seed, _, source = file.read().partition(b"\n")
    _reset_process(folder)
    _seed(int(seed))
    status = _status_of(source.decode("utf-8", "surrogatepass"))
    _leave(status)


def _reset_process(folder: str) -> None:
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(fd, "w" if fd else "r")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    temporary = os.path.join(os.path.dirname(folder), "tmp")
    os.environ.clear()
    os.environ.update(HOME=folder, TMPDIR=temporary, PATH=os.path.dirname(sys.executable), LANG="C.UTF-8")
    os.environ.update(MPLBACKEND="Agg", MPLCONFIGDIR=temporary, CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1")
    os.environ.update(OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    sys.argv = ["script.py"]
    sys.path.insert(0, folder)
    atexit._clear()
    gc.enable()


def _stream(fd: int, mode: str) -> io.TextIOWrapper:
    # Line buffered, or a script killed at its deadline loses what it had printed.
    raw = io.FileIO(fd, mode, closefd=False)
    buffered = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    errors = "surrogateescape" if mode == "r" else "backslashreplace"
    return io.TextIOWrapper(buffered, "utf-8", errors=errors, line_buffering=mode == "w")


def _seed(seed: int) -> None:
    random.seed(seed)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(seed % 2**32)


def _status_of(source: str) -> int:
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    # No modification time: linecache keeps such an entry although no file stands behind it.
    linecache.cache[FILENAME] = (len(source), None, source.splitlines(keepends=True), FILENAME)
    try:
        exec(compile(source, FILENAME, "exec", dont_inherit=True), main.__dict__)
    except SystemExit as error:
        return _status_of_exit(error.code)
    except BaseException as error:
        _print_error(error)
        return 1
    return 0


def _status_of_exit(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.__stderr__)
    return 1


def _print_error(error: BaseException) -> None:
    frames: TracebackType | None = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != FILENAME:
        frames = frames.tb_next
    stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", errors="backslashreplace")
    traceback.print_exception(type(error), error, frames, file=stderr)
    stderr.flush()


def _leave(status: int) -> None:
    """End as the interpreter would: threads first, then exit handlers, then what is still buffered."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BaseException:
        os._exit(status or 120)
    os._exit(status)
