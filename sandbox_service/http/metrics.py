"""Counts of the pool and of the front in Prometheus' text format."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox_service.records import ExecutionResult

_ENDED = "executions_"
_TOTALS = ("retries", "worker_restarts")
_SECONDS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 600.0)


class PoolCollector(Collector):
    """Reads the pool's own metrics at each scrape."""

    def __init__(self, metrics: Callable[[], dict[str, float]]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Executions by their ending as one counter, the pool's other counts, and its gauges."""
        ended = CounterMetricFamily("sandbox_executions", "Executions that ended.", labels=["termination"])
        for name, value in self._metrics().items():
            if name.startswith(_ENDED):
                ended.add_metric([name.removeprefix(_ENDED)], value)
            elif name in _TOTALS:
                yield CounterMetricFamily(f"sandbox_{name}", f"{name} since the start.", value=value)
            else:
                yield GaugeMetricFamily(f"sandbox_{name}", f"{name} now.", value=value)
        yield ended


class FrontMetrics:
    """All metrics of one server.

    Example: `metrics = FrontMetrics(pool.metrics); metrics.observe("/run_code", result); metrics.text()`.
    """

    def __init__(self, pool_metrics: Callable[[], dict[str, float]]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(PoolCollector(pool_metrics))
        self._answers = Counter(
            "sandbox_http_answers",
            "Answers by route and status.",
            ["route", "status"],
            registry=self._registry,
        )
        self._duration = Histogram(
            *("sandbox_execution_seconds", "Wall time of scripts."),
            labelnames=["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._queue = Histogram(
            *("sandbox_queue_seconds", "Time that scripts waited for a worker."),
            labelnames=["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )

    def count(self, route: str, status: int) -> None:
        """Count one answer by its route and status."""
        self._answers.labels(route, str(status)).inc()

    def observe(self, route: str, result: ExecutionResult) -> None:
        """Take note of an execution that ended."""
        self._duration.labels(route).observe(result.duration_s)
        self._queue.labels(route).observe(result.queue_s)

    def text(self) -> bytes:
        """What a scrape gets."""
        return generate_latest(self._registry)


class AnswerCounter:
    """ASGI middleware that counts answers by route and status."""

    def __init__(self, app: ASGIApp, *, metrics: FrontMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""

        async def counting_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Known paths only, or anyone could make new time series.
                route = getattr(scope.get("route"), "path", "other")
                self._metrics.count(route, message["status"])
            await send(message)

        await self._app(scope, receive, counting_send if scope["type"] == "http" else send)
