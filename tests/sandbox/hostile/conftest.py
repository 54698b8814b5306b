"""After every hostile program all workers are alive, none was replaced, and each still answers right."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from sandbox_service import SandboxPool
from tests.sandbox.conftest import Run


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _the_next_scripts_are_served(pool: SandboxPool, run: Run) -> AsyncIterator[None]:
    restarts = pool.metrics()["worker_restarts"]
    yield
    harmless = [run("print(6 * 7)") for _ in range(pool.config.num_workers)]
    answers = [(result.termination, result.stdout) for result in await asyncio.gather(*harmless)]
    assert answers == [("ok", "42\n")] * pool.config.num_workers
    assert pool.metrics()["worker_restarts"] == restarts
