"""What happens to a request before any route sees it: no token, no entry; a body that is too large is not read."""

import hmac
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OPEN_PATHS = frozenset({"/healthz", "/v1/ping"})


class Guard:
    """ASGI middleware. Example: `app.add_middleware(Guard, token="secret", max_body_bytes=16 * 2**20)`."""

    def __init__(self, app: ASGIApp, *, token: str | None, max_body_bytes: int) -> None:
        self._app = app
        self._token = token.encode() if token is not None else None
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass or answer it with 401 or 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["path"] not in OPEN_PATHS and not self._is_known(headers.get("authorization", "")):
            refused = JSONResponse(
                {"detail": "the header 'Authorization: Bearer TOKEN' is missing or wrong"},
                status_code=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
            await refused(scope, receive, send)
            return
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_body_bytes:
            too_large = self._too_large()
            # Closed, or the rest of the body would have to be read.
            answer = JSONResponse({"detail": too_large.detail}, 413, headers={"Connection": "close"})
            await answer(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _is_known(self, authorization: str) -> bool:
        if self._token is None:
            return True
        scheme, _, token = authorization.partition(" ")
        # Both halves always: how long it takes says nothing about the token.
        is_same = hmac.compare_digest(token.strip().encode("utf-8", "surrogateescape"), self._token)
        return scheme.lower() == "bearer" and is_same

    def _counted(self, receive: Receive) -> Receive:
        num_bytes = 0

        async def counting_receive() -> Any:
            nonlocal num_bytes
            message = await receive()
            num_bytes += len(message.get("body", b""))
            if num_bytes > self._max_body_bytes:
                raise self._too_large()
            return message

        return counting_receive

    def _too_large(self) -> HTTPException:
        limit = self._max_body_bytes
        return HTTPException(
            413, f"the body has more than {limit} bytes: send less, or start with a larger --max-body-mib"
        )
