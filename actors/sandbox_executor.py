"""Runs scripts in a pool of warm sandboxed workers. One asynchronous CPU actor per node."""

import asyncio

from sandbox_service import ExecutionRequest, ExecutionResult, SandboxConfig, SandboxPool


class SandboxExecutor:
    """The actor around one `SandboxPool`; the pool starts with the first call and stops with `close`."""

    def __init__(self, config: SandboxConfig, index: int = 0) -> None:
        self._pool = SandboxPool(config)
        self._index = index
        self._start_lock = asyncio.Lock()
        self._is_started = False

    def __repr__(self) -> str:
        return f"SandboxExecutor({self._index})"

    async def execute(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script.

        Raises:
            SandboxUnavailableError: the host cannot give the isolation that the config demands.
        """
        await self._started()
        return await self._pool.execute(request)

    async def run_batch(self, requests: list[ExecutionRequest]) -> list[ExecutionResult]:
        """Run many scripts, results in the same order."""
        await self._started()
        return list(await self._pool.run_batch(requests))

    async def metrics(self) -> dict[str, float]:
        """Queue length, busy workers, executions by outcome."""
        return self._pool.metrics()

    async def close(self) -> None:
        """End every worker process."""
        await self._pool.close()

    async def _started(self) -> None:
        async with self._start_lock:
            if not self._is_started:
                await self._pool.start()
                self._is_started = True
