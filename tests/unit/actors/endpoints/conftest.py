"""An endpoint on loopback, and clients of it."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from actors.endpoints.client import EndpointClient
from actors.endpoints.config import EndpointConfig
from tests.unit.actors.endpoints.endpoint_server import KEY, EndpointServer


@pytest.fixture
def server() -> Iterator[EndpointServer]:
    with EndpointServer().served() as server:
        yield server


@pytest_asyncio.fixture
async def client_of(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., EndpointClient]]:
    monkeypatch.setenv("R1CI_TEST_KEY", KEY)
    made: list[EndpointClient] = []

    def make(url: str, model: str = "m", **settings: Any) -> EndpointClient:
        fields = {"key_env": "R1CI_TEST_KEY", "max_retries": 0, **settings}
        made.append(EndpointClient(EndpointConfig(base_url=url, **fields), model))
        return made[-1]

    yield make
    for client in made:
        await client.close()
