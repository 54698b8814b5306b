"""Runs one script in its own process, as `python script.py` would, and ends the process.

Nothing here is trusted afterwards: the script shares this process and may have changed all of it.
"""

import atexit
import gc
import linecache
import os
import sys

from . import interpreter, shared_memory

FILENAME = "<script>"
_NAME = "script.py"
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
    sys.argv = [_NAME]
    temporary = os.path.join(os.path.dirname(folder), "tmp")
    os.environ.clear()
    os.environ.update(HOME=folder, TMPDIR=temporary, LANG="C.UTF-8")
    os.environ.update(PATH=f"{os.path.dirname(sys.executable)}:/usr/bin:/bin")
    os.environ.update(MPLBACKEND="Agg", MPLCONFIGDIR=temporary, CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1")
    os.environ.update(OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    shared_memory.serve_from_files()
    interpreter.add_builtins()
    _open_streams_over_pipes()
    interpreter.new_main_module()


def run(code_fd: int, folder: str) -> None:
    """Read seed and source from `code_fd`, run them, leave with the exit status. Never returns."""
    sys.path.insert(0, folder)
    gc.enable()
    seed, source = read_script(code_fd)
    interpreter.leave(status_of(seed, source, FILENAME, f"{folder}/{_NAME}"))


def read_script(code_fd: int) -> tuple[int, str]:
    """Seed and source, which only this process reads; closes the descriptor."""
    with open(code_fd, "rb", buffering=0) as file:
        seed, _, source = file.readall().partition(b"\n")
    return int(seed), source.decode("utf-8", "surrogatepass")


def _open_streams_over_pipes() -> None:
    """The streams, made while 1 and 2 are pipes, as they are for a script."""
    read, write = os.pipe()
    for fd in (1, 2):
        os.dup2(write, fd)
    interpreter.open_streams()
    for fd in (1, 2):
        os.dup2(0, fd)
    os.close(read)
    os.close(write)


def status_of(seed: int | None, source: str, filename: str, path: str = "") -> int:
    """Run `source` in the main module: the status that an interpreter would exit with."""
    if seed is not None:
        interpreter.seed_generators(seed)
    try:
        interpreter.run_as_main(source, filename, path)
    except SystemExit as error:
        return interpreter.status_of_exit(error.code)
    return 0
