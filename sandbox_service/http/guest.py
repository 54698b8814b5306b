"""Goes into the sandbox in front of a script with files or input: `worker/script/interpreter.py`, this, and a call.

Untrusted once the script runs, since they share a process. Nothing is lost by that: the script could write into
the fetched files whatever it could forge here, and the front accepts only the names that were asked for.
"""
# Plain calls of os: pathlib would cost every script its import.
# ruff: noqa: PTH103, PTH108, PTH109, PTH118, PTH120, PTH123

import atexit
import base64
import contextlib
import fcntl
import json
import os
import stat
import sys
import tempfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    # At run time it is there already: both texts are executed in one namespace.
    from sandbox_service.worker.script.interpreter import run_as_main

_FIRST_FREE_FD = 64


def run_with_files(order_json: str) -> None:
    """Write the files, point descriptor 0 at the input, see to the fetching at the end, run the script."""
    order = json.loads(order_json)
    folder = os.getcwd()
    _remove_wrapper()
    try:
        for path, content in order["files"].items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(base64.b64decode(content))
        if order["stdin"] is not None:
            _become_stdin(order["stdin"])
    except OSError as error:
        sys.exit(f"[sandbox] the request's files or input could not be written: {error}")
    if order["fetch"]:
        # Registered first, so run last: after the script's own threads and exit handlers.
        atexit.register(_hand_over, folder, order, os.getpid(), fcntl.fcntl(1, fcntl.F_DUPFD, _FIRST_FREE_FD))
    run_as_main(order["code"], order["filename"], f"{folder}/{order['filename']}")


def _remove_wrapper() -> None:
    # The main module's file is so far this wrapper, in the script's own folder.
    with contextlib.suppress(OSError):
        os.unlink(sys.modules["__main__"].__dict__.get("__file__", ""))


def _become_stdin(text: str) -> None:
    # A file and not only another sys.stdin: open(0), os.read(0, n) and child processes read it too.
    with tempfile.TemporaryFile() as file:
        file.write(text.encode("utf-8", "surrogatepass"))
        file.seek(0)
        os.dup2(file.fileno(), 0)


def _hand_over(folder: str, order: dict, pid: int, stdout_fd: int) -> None:  # type: ignore[type-arg]
    """Write the asked-for files to standard output, between two marks."""
    if os.getpid() != pid:
        return
    files, unfetched = {}, {}
    limit = room = order["fetch_bytes"]
    for path in order["fetch"]:
        try:
            content = _content(folder, path, room)
            if len(content) > room:
                raise ValueError(f"the fetched files may have {limit} bytes together")
        except (OSError, ValueError) as error:
            unfetched[path] = str(error)[:200]
        else:
            files[path] = base64.b64encode(content).decode()
            room -= len(content)
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None and not stream.closed:
            stream.flush()
    said = order["mark"] + json.dumps({"files": files, "unfetched": unfetched}) + order["mark"]
    unwritten = memoryview(said.encode())
    while unwritten:
        unwritten = unwritten[os.write(stdout_fd, unwritten) :]


def _content(folder: str, path: str, room: int) -> bytes:
    """What the file holds, or one byte more than there is room for."""
    place = os.path.join(folder, path)
    if not os.path.realpath(place).startswith(os.path.realpath(folder) + os.sep):
        raise ValueError("it leads out of the script's folder")
    if not os.path.lexists(place):
        raise ValueError("there is no such file")
    # Without waiting: a pipe with no writer must not hold up the end of the script.
    with open(os.open(place, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        return file.read(room + 1)
