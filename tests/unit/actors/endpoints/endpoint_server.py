"""A server on loopback that speaks OpenAI's chat protocol, and misbehaves as it is told to."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse

KEY = "sk-test-3f9a77c0ffee"
Reply = Callable[[dict[str, Any]], Any]
"""From a request's body to a text, a whole response, or a coroutine that gives one of these."""


class EndpointServer:
    """What is asked of it, and how it answers; `replies` are used up first, then `reply` goes on for ever."""

    def __init__(self) -> None:
        self.reply: Reply = lambda _: "It is <<<6>>>"
        self.replies: list[Reply] = []
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.at_once = self.most_at_once = 0
        self.url = ""
        self.app = FastAPI()
        self.app.post("/v1/chat/completions")(self._answered)

    async def _answered(self, request: Request) -> Response:
        if request.headers.get("authorization") not in (f"Bearer {KEY}", "Bearer none"):
            # As some servers do, it repeats what it was given.
            given = request.headers.get("authorization")
            return failed(401, f"Incorrect API key provided: {given}")
        body = await request.json()
        self.asked.append(body)
        self.headers.append(dict(request.headers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            said = (self.replies.pop(0) if self.replies else self.reply)(body)
            if asyncio.iscoroutine(said):
                said = await said
        finally:
            self.at_once -= 1
        return said if isinstance(said, Response) else completion(said)

    @contextmanager
    def served(self) -> Iterator["EndpointServer"]:
        """Serve in a thread on a free port of loopback."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            config = uvicorn.Config(self.app, log_level="error", lifespan="off")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
            try:
                yield self
            finally:
                server.should_exit = server.force_exit = True
                thread.join()


def completion(
    text: str | None, finish: str = "stop", prompt: int = 10, sampled: int = 5, **message: Any
) -> Response:
    """A chat completion as the API has it, with fields that this project does not read."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": finish,
        "logprobs": None,
    }
    usage = {"prompt_tokens": prompt, "completion_tokens": sampled, "total_tokens": prompt + sampled}
    return JSONResponse(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
    )


def failed(status: int, message: str, code: str | None = None, **headers: str) -> Response:
    """An error as the API has it."""
    error = {"message": message, "type": "error", "param": None, "code": code}
    return JSONResponse({"error": error}, status_code=status, headers=headers)


def page() -> Response:
    """What a proxy or a wrong address answers with."""
    return HTMLResponse("<html><body>Welcome</body></html>")


def trickle() -> Response:
    """An answer that comes a space at a time, for ever."""

    async def spaces() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    return StreamingResponse(spaces(), media_type="application/json")
