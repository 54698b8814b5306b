"""Makes a process behave as `python script.py` does: built-in names, streams, the main module, errors, the end.

Standard library only, and no sibling: workers import this file, containers mount it, and the HTTP front sends its text
along with a script that brings files. Nothing here is trusted once the script runs.
"""

import atexit
import contextlib
import io
import linecache
import os
import random
import signal
import site
import sys
import threading
import traceback
from types import ModuleType

STATUS_OF_LOST_OUTPUT = 120
"""What the interpreter exits with when it cannot flush its last output."""
FLUSH_SIGNAL = signal.SIGRTMAX
"""Sent to a script whose time is up: its handler writes what streams still hold. Who takes it away loses only that."""
_READS_ITSELF = ("__file__", "argv", "multiprocessing", "futures", "joblib", "runpy", "script.py")
"""A script that names one of these may want its own file to be there: processes that are spawned run it again."""


def add_builtins() -> None:
    """`exit`, `quit`, `help`, `copyright`, `credits` and `license`, which -S leaves out."""
    site.setquit()
    site.setcopyright()
    site.sethelper()


def open_streams() -> None:
    """Standard streams over descriptors 0 to 2. Output is written at once: a script may end at any moment.

    Once a script has threads or processes, output is written by the line instead, or what one `print` writes in pieces
    would mix with what the others write. Half a line is then lost in a crash, though not at a deadline.
    """
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        raw = io.FileIO(fd, "w" if fd else "r", closefd=False)
        raw.name = f"<{name}>"
        stream = io.TextIOWrapper(
            raw if fd else io.BufferedReader(raw),
            "utf-8",
            errors="backslashreplace" if fd else "surrogateescape",
            write_through=bool(fd),
        )
        stream.mode = "w" if fd else "r"  # type: ignore[misc]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    start_thread = threading._start_new_thread  # type: ignore[attr-defined]

    def start_thread_and_write_lines(function, args, *more):  # type: ignore[no-untyped-def]
        _write_lines()
        return start_thread(function, args, *more)

    threading._start_new_thread = start_thread_and_write_lines  # type: ignore[attr-defined]
    signal.signal(FLUSH_SIGNAL, _flush_and_die)


def _write_lines() -> None:
    # The script may have closed or replaced them.
    with contextlib.suppress(Exception):
        for stream in (sys.__stdout__, sys.__stderr__):
            stream.reconfigure(line_buffering=True, write_through=False)  # type: ignore[union-attr]


def _flush_and_die(*_: object) -> None:
    # Its time is up, and nothing of it may go on.
    with contextlib.suppress(BaseException):
        flush_streams()
    os.kill(os.getpid(), signal.SIGKILL)


def new_main_module() -> None:
    """An empty `__main__`."""
    main = ModuleType("__main__")
    main.__dict__.update(__builtins__=sys.modules["builtins"], __annotations__={})
    sys.modules["__main__"] = main


def seed_generators(seed: int) -> None:
    """Seed `random`, and numpy's global generator if numpy is there already."""
    random.seed(seed)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(seed % 2**32)


def run_as_main(source: str, filename: str, path: str = "") -> None:
    """Run `source` in the main module; raises SystemExit alone, after an error with status 1 and the error shown.

    Args:
        source: The script.
        filename: What tracebacks call it.
        path: What `__file__` says; a file is there if the script might look at it. Empty for a cell of a session.
    """
    # Not before: a worker forks the processes of its scripts.
    os.register_at_fork(before=_write_lines)
    main = sys.modules["__main__"].__dict__
    # No modification time: linecache keeps such an entry although no file stands behind it.
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    if path:
        main.update(__file__=path, __cached__=None)
        linecache.cache[path] = (len(source), None, lines, path)
        if any(name in source for name in _READS_ITSELF):
            _write(path, source)
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), main)
    except SystemExit:
        raise
    except BaseException as error:
        show_error(error, filename)
        raise SystemExit(1) from None


def _write(path: str, source: str) -> None:
    try:
        with open(path, "x", encoding="utf-8", errors="surrogatepass") as file:
            file.write(source)
    except OSError:
        # No room, or a file of that name that came with the script.
        return


def show_error(error: BaseException, filename: str) -> None:
    """Show an uncaught error as the interpreter would: from the script's own first frame on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != filename:
        frames = frames.tb_next
    if sys.excepthook is not sys.__excepthook__:
        # If it fails itself, the error is shown as if there were no such hook.
        with contextlib.suppress(BaseException):
            sys.excepthook(type(error), error, frames)
            return
    # Not sys.stderr, which the script may have replaced or closed.
    stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", errors="backslashreplace")
    traceback.print_exception(type(error), error, frames, file=stderr)
    stderr.flush()


def status_of_exit(code: object) -> int:
    """The exit status of a SystemExit with this code; what is neither None nor a number is said on standard error."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.__stderr__)
    return 1


def leave(status: int) -> None:
    """End as the interpreter would: threads first, then exit handlers, then what is still buffered. Never returns."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        flush_streams()
    except BaseException:
        os._exit(status or STATUS_OF_LOST_OUTPUT)
    os._exit(status)


def flush_streams() -> None:
    """Write what is still held back, also in streams that the script has put in place of ours."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
