"""Our own routes: executions as the pool knows them, health and metrics."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from sandbox_service.http.front import SandboxFront
from sandbox_service.http.limits import check_code
from sandbox_service.http.metrics import FrontMetrics
from sandbox_service.http.streams import recapped
from sandbox_service.records import ExecutionRequest, ExecutionResult

MAX_BATCH = 1024
_PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def native_router(front: SandboxFront, metrics: FrontMetrics) -> APIRouter:
    """The routes, bound to one front."""
    router = APIRouter(tags=["native"])
    sandbox = front.config.sandbox

    @router.post("/v1/execute")
    async def execute(body: ExecutionRequest, request: Request) -> ExecutionResult:
        """Run one script. The same id again within the last few hundred gives the same result."""
        check_code(body.code, front.config)
        result = await front.run(body, request.receive)
        metrics.observe("/v1/execute", result)
        return recapped(result, sandbox.output_bytes)

    @router.post("/v1/execute_batch")
    async def execute_batch(
        body: Annotated[list[ExecutionRequest], Body(min_length=1, max_length=MAX_BATCH)], request: Request
    ) -> list[ExecutionResult]:
        """Run scripts side by side; results in the order of the requests."""
        for number, one in enumerate(body):
            check_code(one.code, front.config, number)
        results = await front.run_batch(body, request.receive)
        for result in results:
            metrics.observe("/v1/execute_batch", result)
        return [recapped(result, sandbox.output_bytes) for result in results]

    @router.get("/healthz")
    async def healthz(response: Response) -> dict[str, Any]:
        """Whether scripts can be run, and within which walls; 503 if they cannot."""
        report, numbers = front.pool.report, front.pool.metrics()
        response.status_code = 200 if front.is_up else 503
        return {
            "status": "up" if front.is_up else "down",
            "layers": report.active if report else (),
            "refused": report.refused if report else {},
            "floor": sandbox.floor,
            "num_workers": sandbox.num_workers,
            "queue_size": sandbox.queue_size,
            **{name: int(numbers.get(name, 0)) for name in ("idle_workers", "running", "queued")},
        }

    @router.get("/metrics", response_class=Response)
    async def prometheus() -> Response:
        """All counts in Prometheus' text format."""
        return Response(metrics.text(), media_type=_PROMETHEUS_TEXT)

    return router
