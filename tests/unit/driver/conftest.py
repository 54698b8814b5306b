from collections.abc import AsyncIterator

import pytest_asyncio
from fake_actors import World


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    yield World()
