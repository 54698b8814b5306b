"""Who may ask for the page, and what a browser may do with what it gets.

Texts of a model are untrusted: the page shows them as text, and should that ever fail, the policy sent with every
answer lets no script run that is not a file of this package, and nothing be fetched from elsewhere.
"""

import hashlib
import hmac
from collections.abc import Collection
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class ViewGuard:
    """ASGI middleware. Example: `app.add_middleware(ViewGuard, token="secret", names=None)`."""

    def __init__(self, app: ASGIApp, *, token: str | None, names: Collection[str] | None) -> None:
        """Guard an application.

        Args:
            app: what is guarded.
            token: asked of every request, once in the address (`?token=`) and then as a cookie; None asks for none.
            names: hosts under which the page may be asked for; None for any. On loopback this keeps out a page of
                another site that had its own name point here.
        """
        self._app = app
        self._token = token.encode() if token is not None else None
        self._names = names
        # A browser keeps cookies by host, not by port: two viewers on one machine must not take each other's.
        self._cookie = f"view_{hashlib.sha256(self._token or b'').hexdigest()[:12]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or answer it with 400 or 401; every answer carries `HEADERS`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        answer = self._refusal(scope)
        await (answer or self._app)(scope, receive, guarded_send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._names is not None and _host_name(headers.get("host", "")) not in self._names:
            return PlainTextResponse("this page answers on loopback only: open the address it printed\n", 400)
        if self._token is None or self._is_right(_cookie(headers, self._cookie)):
            return None
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if not self._is_right(query.pop("token", [""])[0]):
            return PlainTextResponse("the token is missing or wrong: open the address it printed\n", 401)
        # The token leaves the address at once, so that it stays out of the history and of pictures of the screen.
        rest = urlencode(query, doseq=True)
        answer = RedirectResponse(scope["path"] + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(self._cookie, self._token.decode(), httponly=True, samesite="strict")
        return answer

    def _is_right(self, token: str) -> bool:
        return self._token is not None and hmac.compare_digest(
            token.encode("utf-8", "surrogateescape"), self._token
        )


def _host_name(host: str) -> str:
    """The name in a Host header, without its port and the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _cookie(headers: Headers, name: str) -> str:
    found = SimpleCookie(headers.get("cookie", "")).get(name)
    return found.value if found is not None else ""
