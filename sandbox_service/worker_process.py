"""Starts the process of a worker: an interpreter of its own, with an empty environment and three descriptors."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

_BOOTSTRAP = (
    "import sys; sys.path.insert(0, sys.argv[3]); from worker import keeper; sys.path.pop(0); "
    "keeper.main(int(sys.argv[1]), int(sys.argv[2]))"
)
_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "LANG": "C.UTF-8",
    # BLAS with threads does not survive a fork; each arena of malloc costs 64 MiB of address space.
    "MALLOC_ARENA_MAX": "2",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # The same script gives the same output on every worker.
    "PYTHONHASHSEED": "0",
}


def start_worker(order: dict[str, Any]) -> tuple[subprocess.Popen[bytes], socket.socket, int]:
    """Start a worker process and give it its order: the process, our ends of its control socket and life line."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    their_life, our_life = os.pipe()
    interpreter = os.path.realpath(sys.executable)
    code_folder = str(Path(__file__).resolve().parent)
    numbers = (theirs.fileno(), their_life)
    process = subprocess.Popen(
        [interpreter, "-s", "-S", "-P", "-c", _BOOTSTRAP, *map(str, numbers), code_folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_ENVIRONMENT,
        cwd="/",
        pass_fds=numbers,
        start_new_session=True,
    )
    theirs.close()
    os.close(their_life)
    ours.send(json.dumps(order).encode())
    return process, ours, our_life


def last_line(stderr: bytes) -> str:
    """The last line of a worker's last words."""
    lines = stderr.decode(errors="replace").rstrip().splitlines()
    return lines[-1] if lines else "it said nothing"
