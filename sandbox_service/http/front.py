"""Stands between the routes and the pool: who is let in, and what happens when the client goes away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from sandbox_service.config import SandboxConfig
from sandbox_service.containers.pool import ContainerPool
from sandbox_service.errors import SandboxError
from sandbox_service.http.config import HttpConfig
from sandbox_service.http.files import handover_bytes
from sandbox_service.pool import Pool
from sandbox_service.records import ExecutionRequest, ExecutionResult
from sandbox_service.warm.pool import SandboxPool

_BYTES_PER_BODY_BYTE = 12
Receive = Callable[[], Awaitable[Any]]
T = TypeVar("T")


class OverloadedError(SandboxError):
    """More requests are inside than the pool has workers and places in its queue."""


class ClientGoneError(SandboxError):
    """The client hung up before its script ended."""


class SandboxFront:
    """One pool, with a bound on what is inside it.

    Example: `front = SandboxFront(config, SandboxPool(pool_config(config)))`.
    """

    def __init__(self, config: HttpConfig, pool: Pool) -> None:
        self.config = config
        self.pool = pool
        self.is_running = False
        """Whether the pool was started and not closed."""
        self.failure: SandboxError | None = None
        """Why the pool did not start."""
        self._num_inside = 0

    @property
    def is_up(self) -> bool:
        """Whether a script that comes now can be expected to run: workers that keep failing are none."""
        return self.is_running and self.pool.metrics().get("breaker_open", 0.0) < 1.0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The pool from its start to its end."""
        try:
            await self.pool.start()
        except SandboxError as error:
            self.failure = error
            raise
        self.is_running = True
        try:
            yield
        finally:
            self.is_running = False
            await self.pool.close()

    async def run(self, request: ExecutionRequest, receive: Receive) -> ExecutionResult:
        """Run one script. Raises OverloadedError at once, ClientGoneError after killing the script."""
        with self._place(1):
            return await _unless_abandoned(self.pool.execute(request), receive)

    async def run_batch(
        self, requests: Sequence[ExecutionRequest], receive: Receive
    ) -> list[ExecutionResult]:
        """Run scripts side by side, as `run` does one."""
        with self._place(min(len(requests), self.config.sandbox.batch_places)):
            return await _unless_abandoned(self.pool.run_batch(requests), receive)

    @contextlib.contextmanager
    def _place(self, num_places: int) -> Iterator[None]:
        if not self.is_running:
            raise SandboxError("the sandbox pool is not running: see /healthz")
        capacity = self.config.sandbox.num_workers + self.config.sandbox.queue_size
        if self._num_inside + num_places > capacity:
            raise OverloadedError(
                f"{self._num_inside} of {capacity} places are taken: send fewer at a time, "
                "or start the server with more --workers or a larger --queue-size"
            )
        self._num_inside += num_places
        try:
            yield
        finally:
            self._num_inside -= num_places


def pool_config(config: HttpConfig) -> SandboxConfig:
    """The pool's configuration: room for files in the code, and at the end of the output."""
    handover = handover_bytes(config.fetch_kib * 1024)
    # Files travel inside the code, escaped twice; the front itself sees to the length of the script.
    code_bytes = config.sandbox.max_code_bytes + _BYTES_PER_BODY_BYTE * config.max_body_mib * 2**20
    return config.sandbox.model_copy(
        update={
            "max_code_bytes": code_bytes,
            "output_bytes": config.sandbox.output_bytes + 4 * handover,
            "output_kill_bytes": config.sandbox.output_kill_bytes + handover,
        }
    )


def new_pool(config: HttpConfig) -> Pool:
    """The pool that the configuration asks for."""
    if config.container is None:
        return SandboxPool(pool_config(config))
    return ContainerPool(config.container, pool_config(config))


async def _unless_abandoned(work: Coroutine[Any, Any, T], receive: Receive) -> T:
    """The result of `work`, which is cancelled if the client hangs up or the server gives up the request."""
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_hang_up(receive))
    try:
        await asyncio.wait([working, watching], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
    except asyncio.CancelledError:
        # A request is cancelled by the server's own end only; its client should hear of it.
        raise SandboxError("the server is stopping: ask another one") from None
    finally:
        watching.cancel()
        working.cancel()
        await asyncio.wait([working, watching])
    raise ClientGoneError("the client hung up")


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
