"""The FastAPI application behind the page: its files, and what it asks for. It reads; it writes nothing."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, JSONResponse

from driver.errors import RunFolderError
from driver.viewer.guard import LOOPBACK_NAMES, ViewGuard
from driver.viewer.records import Curve, FilterQuery, RolloutPage, RolloutText, RunState
from driver.viewer.rollout_text import rollout_text
from driver.viewer.run_reader import RunReader

PAGE = Path(__file__).parent / "page"
"""The files of the page, served as they are."""

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_MAX_CURVES = 64


def create_app(
    reader: RunReader, *, token: str | None = None, names: Collection[str] | None = LOOPBACK_NAMES
) -> FastAPI:
    """The application for one run; `token` and `names` as in `ViewGuard`."""
    app = FastAPI(title="Run", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(RunFolderError, _unreadable)
    app.add_middleware(ViewGuard, token=token, names=names)
    files = {file.name: file for file in PAGE.iterdir() if file.suffix in _TYPES}

    # Plain functions: FastAPI runs them in threads, so that a search does not hold up the curves.
    @app.get("/api/run")
    def run() -> RunState:
        return reader.state()

    @app.get("/api/curves")
    def curves(phase: str, name: Annotated[list[str], Query(max_length=_MAX_CURVES)]) -> list[Curve]:
        return reader.curves(phase, name)

    @app.get("/api/rollouts")
    def rollouts(chosen: FilterQuery) -> RolloutPage:
        return reader.rollouts.page(chosen, reader.steps_of_stage())

    @app.get("/api/rollout")
    def rollout(file: str, rollout_id: str) -> RolloutText:
        found = rollout_text(reader, file, rollout_id)
        if found is None:
            raise HTTPException(404, f"there is no rollout {rollout_id} in rollouts/{file}.parquet any more")
        return found

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(files["index.html"], media_type=_TYPES[".html"])

    @app.get("/{name}")
    def file(name: str) -> FileResponse:
        if name not in files:
            raise HTTPException(404, f"there is no page {name}")
        return FileResponse(files[name], media_type=_TYPES[files[name].suffix])

    return app


def _unreadable(_: Request, error: Exception) -> JSONResponse:
    """422: the run folder, not the request and not the server, is at fault."""
    return JSONResponse({"detail": str(error)}, 422)
