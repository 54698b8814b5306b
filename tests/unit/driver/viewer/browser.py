"""A real browser without a screen, driven by its debugging protocol: opens a page, presses keys, asks the page."""

import asyncio
import itertools
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import websockets

PROGRAM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
"""Path of the browser; None where this machine has none."""

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)
_PATIENCE_S = 120.0


class Page:
    """One open page."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def open(self, address: str) -> None:
        """Go there; what its script draws may come later."""
        await self._call("Page.navigate", url=address)

    async def narrow(self, width: int, height: int) -> None:
        """Take the size of a small screen, in CSS pixels."""
        await self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True
        )

    async def value(self, expression: str) -> Any:
        """What a script expression gives in the page; the page's own policy does not bind it."""
        answer = await self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until an expression is true in the page."""
        look = f"(look = () => ({expression}) ? done() : setTimeout(look, 50))()"
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._call(
                    "Runtime.evaluate",
                    expression=f"new Promise((done) => {{ let look; {look}; }})",
                    awaitPromise=True,
                )
        except TimeoutError:
            shown = await self.value("document.body.innerText.slice(0, 2000)")
            raise AssertionError(
                f"not true in {_PATIENCE_S:g} s: {expression}; the page shows {shown!r}"
            ) from None

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, as a person would."""
        for key in keys:
            text = {"text": key} if len(key) == 1 else {}
            await self._call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
            await self._call("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def _call(self, method: str, **parameters: object) -> Any:
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await self._socket.recv())
            if answer.get("id") == number:
                return answer["result"]


@asynccontextmanager
async def browser_page(profile: Path) -> AsyncIterator[Page]:
    """A page of a browser of its own, which is ended with the block."""
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = await asyncio.wait_for(_debugging_address(process), _PATIENCE_S)
        async with httpx.AsyncClient(trust_env=False) as asking:
            targets = (await asking.get(f"{address}/json")).json()
        page = next(target for target in targets if target["type"] == "page")
        async with websockets.connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        # Its messages are read to the end, or it could not write them and would not end.
        await process.communicate()


async def _debugging_address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        found = re.search(rb"ws://([\d.:]+)/", line)
        if found:
            return f"http://{found[1].decode()}"
    raise AssertionError("the browser ended before it said where it can be driven")
