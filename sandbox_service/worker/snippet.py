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
STATUS_OF_LOST_OUTPUT = 120
"""What the interpreter exits with when it cannot flush its last output."""
_HARNESS_PACKAGE = "worker"


def prepare(folder: str) -> None:
    """What need not be done in every script's process. Called in the supervisor, before the first fork.

    Each page that a script's process writes to is copied, which costs more than most of what is done here. The search
    path stays as it is: the supervisor must never import from the scratch folder.
    """
    # What scripts import by these names is theirs; the harness's own functions keep their globals alive.
    for name in [name for name in sys.modules if name.partition(".")[0] == _HARNESS_PACKAGE]:
        del sys.modules[name]
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
    linecache.clearcache()
    atexit._clear()
    sys.argv = ["script.py"]
    temporary = os.path.join(os.path.dirname(folder), "tmp")
    os.environ.clear()
    os.environ.update(HOME=folder, TMPDIR=temporary, PATH=os.path.dirname(sys.executable), LANG="C.UTF-8")
    os.environ.update(MPLBACKEND="Agg", MPLCONFIGDIR=temporary, CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1")
    os.environ.update(OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    _open_streams()
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main


def run(code_fd: int, folder: str) -> None:
    """Read seed and source from `code_fd`, run them, leave with the exit status. Never returns."""
    sys.path.insert(0, folder)
    gc.enable()
    leave(status_of(*read_script(code_fd), FILENAME))


def read_script(code_fd: int) -> tuple[int, str]:
    """Seed and source, which only this process reads; closes the descriptor."""
    with open(code_fd, "rb", buffering=0) as file:
        seed, _, source = file.readall().partition(b"\n")
    return int(seed), source.decode("utf-8", "surrogatepass")


def _open_streams() -> None:
    """Standard streams over descriptors 0 to 2, made while 1 and 2 are pipes, as they are for a script."""
    read, write = os.pipe()
    for fd in (1, 2):
        os.dup2(write, fd)
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(fd, "w" if fd else "r")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for fd in (1, 2):
        os.dup2(0, fd)
    os.close(read)
    os.close(write)


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


def status_of(seed: int | None, source: str, filename: str) -> int:
    """Run `source` in the main module: the status that an interpreter would exit with."""
    if seed is not None:
        _seed(seed)
    # No modification time: linecache keeps such an entry although no file stands behind it.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), sys.modules["__main__"].__dict__)
    except SystemExit as error:
        return _status_of_exit(error.code)
    except BaseException as error:
        _print_error(error, filename)
        return 1
    return 0


def _status_of_exit(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.__stderr__)
    return 1


def _print_error(error: BaseException, filename: str) -> None:
    frames: TracebackType | None = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != filename:
        frames = frames.tb_next
    stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", errors="backslashreplace")
    traceback.print_exception(type(error), error, frames, file=stderr)
    stderr.flush()


def leave(status: int) -> None:
    """End as the interpreter would: threads first, then exit handlers, then what is still buffered."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BaseException:
        os._exit(status or STATUS_OF_LOST_OUTPUT)
    os._exit(status)
