"""SandboxFusion's routes: `/run_code` and `/v1/ping`."""

from fastapi import APIRouter, Request

from sandbox_service.errors import SandboxError
from sandbox_service.http.front import ClientGoneError, SandboxFront
from sandbox_service.http.limits import execution_request, wrapped_script
from sandbox_service.http.metrics import FrontMetrics
from sandbox_service.http.sandbox_fusion import (
    PYTHON,
    RunCodeRequest,
    RunCodeResponse,
    refusal,
    run_code_response,
)
from sandbox_service.http.streams import recapped


def fusion_router(front: SandboxFront, metrics: FrontMetrics) -> APIRouter:
    """The routes, bound to one front."""
    router = APIRouter(tags=["SandboxFusion"])
    output_bytes = front.config.sandbox.output_bytes

    @router.get("/v1/ping")
    async def ping() -> str:
        """Answer `pong` while the server is there; `/healthz` says whether it can run anything."""
        return "pong"

    @router.post("/run_code")
    async def run_code(body: RunCodeRequest, request: Request) -> RunCodeResponse:
        """Run a script as SandboxFusion's route of this name does."""
        if body.language != PYTHON:
            return refusal(f"language {body.language!r} is not run here: this server runs {PYTHON!r} only")
        script = wrapped_script(body, front.config)
        wanted = execution_request(body, script, front.config)
        try:
            result = await front.run(wanted, request.receive)
        except ClientGoneError:
            raise
        except SandboxError as error:
            return refusal(str(error))
        metrics.observe("/run_code", result)
        result, files, unfetched = script.unwrapped(result)
        return run_code_response(recapped(result, output_bytes), files, unfetched, output_bytes=output_bytes)

    return router
