"""Serves the page of a run with uvicorn until Ctrl-C. On loopback unless another address is asked for."""

import contextlib
import ipaddress
import secrets
import socket
from pathlib import Path

import uvicorn
from rich.console import Console

from driver.errors import RunFolderError
from driver.viewer.app import create_app
from driver.viewer.guard import LOOPBACK_NAMES
from driver.viewer.run_reader import RunReader

_TOKEN_BYTES = 18


def serve_page(folder: Path, host: str, port: int) -> None:
    """Serve the run in `folder` until the process is told to stop, and say where.

    Args:
        folder: a run folder, of a run that goes on or is over.
        host: address to listen on; any but loopback puts a token into the address.
        port: 0 takes a free one.

    Raises:
        RunFolderError: there is no such folder, or nothing can listen at that address.
    """
    reader = RunReader(folder)
    is_local = is_loopback(host)
    token = None if is_local else secrets.token_urlsafe(_TOKEN_BYTES)
    app = create_app(reader, token=token, names=LOOPBACK_NAMES if is_local else None)
    with _listener(host, port) as listener:
        _say_where(reader.name, host, listener.getsockname()[1], token)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        # Ctrl-C is how it is meant to end; uvicorn has closed everything when it hands it on.
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise RunFolderError(
            f"nothing can listen at {host} port {port} ({error.strerror or error}): choose another one, --port 0 takes "
            "a free one"
        ) from error


def _say_where(name: str, host: str, port: int, token: str | None) -> None:
    # An address that stands for all of them cannot be opened; the machine's own name can.
    shown = socket.gethostname() if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"run {name}: http://{shown}:{port}/{f'?token={token}' if token else ''}", markup=False)
    if token:
        console.print(
            "Whoever can reach this address and knows its token can read every rollout of the run; nothing is "
            "encrypted on the way. A tunnel to loopback (ssh -L) needs neither.",
            markup=False,
        )
    console.print("Ctrl-C ends it; the run is only read.", style="dim", markup=False)
