"""Ray's own metrics, fed from the metrics log."""

from collections.abc import Mapping
from typing import Any

import ray
from ray.util.metrics import Gauge


class ClusterMetrics:
    """Sends the main numbers to Ray's own metrics, as gauges `r1ci_<phase>_<name>` with the run as a tag.

    A sink of the metrics log; does nothing while this process is not connected to a cluster.
    """

    NAMES = frozenset(
        {
            "reward_mean", "success_rate", "loss", "entropy", "tokens_per_s", "generated", "trained", "buffered",
            "executions", "executions/ok", "executions/error", "executions/timeout", "execute_s_mean", "sandbox_share",
            "learner_share", "rollout_share", "overlap", "weights_publish_s", "weights_load_s", "staleness_mean",
            "stage", "step_s", "memory_mib", "executors", "backlog", "rollout/workers", "rollout/workers_lost",
        }
    )  # fmt: skip

    def __init__(self, run: str) -> None:
        self._run = run
        self._gauges: dict[str, Any] = {}

    def __call__(self, phase: str, step: int, values: Mapping[str, float]) -> None:
        """Set the gauges of what is in `values`."""
        if not ray.is_initialized():
            return
        for key in self.NAMES & values.keys():
            name = f"r1ci_{phase}_{key}".replace("/", "_")
            if name not in self._gauges:
                self._gauges[name] = Gauge(name, description=f"{key} of phase {phase}", tag_keys=("run",))
            self._gauges[name].set(values[key], tags={"run": self._run})
