"""Runs scripts in a pool of warm sandboxed workers. One asynchronous CPU actor per node."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from actors.errors import ExecutorRetiredError
from actors.sandbox_pool.scaling_policy import ExecutorLoad
from sandbox_service import ExecutionRequest, ExecutionResult, SandboxConfig, SandboxPool


class SandboxExecutor:
    """The actor around one `SandboxPool`; the pool starts with the first call and stops with `close`."""

    def __init__(self, config: SandboxConfig, index: int = 0) -> None:
        self._pool = SandboxPool(config)
        self._num_workers = config.num_workers
        self._index = index
        self._start_lock = asyncio.Lock()
        self._is_started = False
        self._is_retired = False
        self._num_scripts = 0
        self._idle_since = time.monotonic()

    def __repr__(self) -> str:
        return f"SandboxExecutor({self._index})"

    async def ready(self) -> None:
        """Warm up, so that the first script need not wait for it.

        Raises:
            SandboxUnavailableError: the host cannot give the isolation that the config demands.
        """
        await self._started()
        self._idle_since = time.monotonic()

    async def execute(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script.

        Raises:
            SandboxUnavailableError: the host cannot give the isolation that the config demands.
            ExecutorRetiredError: it is being ended.
        """
        with self._busy(1):
            await self._started()
            return await self._pool.execute(request)

    async def run_batch(self, requests: list[ExecutionRequest]) -> list[ExecutionResult]:
        """Run many scripts, results in the same order."""
        with self._busy(len(requests)):
            await self._started()
            return list(await self._pool.run_batch(requests))

    async def load(self) -> ExecutorLoad:
        """What it has to do."""
        running = min(self._num_scripts, self._num_workers)
        return ExecutorLoad(
            num_running=running,
            num_queued=self._num_scripts - running,
            idle_s=0.0 if self._num_scripts else time.monotonic() - self._idle_since,
        )

    async def retire(self) -> bool:
        """Refuse every script from now on, if there is none to finish; whether it does."""
        # Nothing can come in between: no await.
        self._is_retired = self._is_retired or self._num_scripts == 0
        return self._is_retired

    async def metrics(self) -> dict[str, float]:
        """Queue length, busy workers, executions by outcome."""
        return self._pool.metrics()

    async def close(self) -> None:
        """End every worker process."""
        await self._pool.close()

    @contextmanager
    def _busy(self, num_scripts: int) -> Iterator[None]:
        if self._is_retired:
            raise ExecutorRetiredError(f"sandbox executor {self._index} is retired: ask another one")
        self._num_scripts += num_scripts
        try:
            yield
        finally:
            self._num_scripts -= num_scripts
            self._idle_since = time.monotonic()

    async def _started(self) -> None:
        async with self._start_lock:
            if not self._is_started:
                await self._pool.start()
                self._is_started = True
