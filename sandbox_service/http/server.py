"""Serves the front with uvicorn until SIGTERM or Ctrl-C, and leaves nothing behind."""

import contextlib
import signal
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox_service.http.app import create_app
from sandbox_service.http.config import HttpConfig
from sandbox_service.http.front import SandboxFront

_LET_FINISH_S = 2


def serve(config: HttpConfig) -> int:
    """Exit status: 0 after a signal, 1 if the sandbox or the server did not start."""
    app = create_app(config)
    server = uvicorn.Server(server_config(config, PlainStartup(app, app.state.front)))
    # uvicorn repeats the signal that ended it once everything is closed; by then it has done its work.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    with contextlib.suppress(SystemExit):
        server.run()
    return 0 if server.started else 1


class PlainStartup:
    """ASGI middleware: a sandbox that cannot start says why in a sentence, not in a traceback."""

    def __init__(self, app: ASGIApp, front: SandboxFront) -> None:
        self._app = app
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but the traceback."""

        async def plain_send(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and self._front.failure is not None:
                message = {**message, "message": f"the sandbox did not start: {self._front.failure}"}
            await send(message)

        await self._app(scope, receive, plain_send if scope["type"] == "lifespan" else send)


def server_config(config: HttpConfig, app: ASGIApp) -> uvicorn.Config:
    """How uvicorn is to serve the application."""
    return uvicorn.Config(
        app,
        host=config.host,
        port=config.port,
        log_level="info",
        access_log=False,
        lifespan="on",
        # Then the scripts that still run are killed; one may run for minutes.
        timeout_graceful_shutdown=_LET_FINISH_S,
    )


def _leave(_: int, __: FrameType | None) -> None:
    raise SystemExit(0)
