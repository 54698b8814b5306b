"""The FastAPI application: one pool from start to end, the routes, and what a failure looks like to a client."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from sandbox_service.errors import SandboxError
from sandbox_service.http.config import HttpConfig
from sandbox_service.http.front import ClientGoneError, OverloadedError, SandboxFront, new_pool
from sandbox_service.http.fusion_routes import fusion_router
from sandbox_service.http.guard import Guard
from sandbox_service.http.metrics import AnswerCounter, FrontMetrics
from sandbox_service.http.native_routes import native_router
from sandbox_service.pool import Pool

_RETRY_AFTER_S = 1
_CLIENT_GONE = 499


def create_app(config: HttpConfig, pool: Pool | None = None) -> FastAPI:
    """The application; `pool` replaces the pool that the configuration asks for."""
    front = SandboxFront(config, pool if pool is not None else new_pool(config))
    metrics = FrontMetrics(front.pool.metrics)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with front.running():
            yield

    app = FastAPI(title="Sandbox", version="1", description=__doc__ or "", lifespan=lifespan)
    app.state.front = front
    app.include_router(fusion_router(front, metrics))
    app.include_router(native_router(front, metrics))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(SandboxError, _failed)
    app.add_middleware(Guard, token=_token(config), max_body_bytes=config.max_body_mib * 2**20)

    # Added last, so first to see a request: refusals are counted too.
    app.add_middleware(AnswerCounter, metrics=metrics)
    return app


def _token(config: HttpConfig) -> str | None:
    if config.token_file is None:
        return None
    token = Path(config.token_file).read_text(encoding="utf-8").strip()
    if not token:
        raise ValueError(f"token file {config.token_file!r} is empty: write the token into it")
    return token


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """422 as FastAPI gives it, without the input: it may be long, and not all of it can be said in JSON."""
    assert isinstance(error, RequestValidationError)
    fields = ("type", "loc", "msg")
    return JSONResponse({"detail": [{name: fault[name] for name in fields} for fault in error.errors()]}, 422)


async def _failed(_: Request, error: Exception) -> JSONResponse:
    """503 for what is our own doing."""
    if isinstance(error, ClientGoneError):
        return JSONResponse({"detail": str(error)}, _CLIENT_GONE)
    is_passing = isinstance(error, OverloadedError)
    headers = {"Retry-After": str(_RETRY_AFTER_S)} if is_passing else None
    return JSONResponse({"detail": str(error)}, 503, headers=headers)
