"""What a simulated run took, as one plain record."""

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scale.closed_forms import prepare_gib_per_node

if TYPE_CHECKING:
    from scale.loop import Loop


@dataclass(frozen=True)
class StepTimes:
    """Where one step's seconds went: `StepTimes(wait_s=0.0, train_s=52.0, sync_s=68.0, write_s=0.2)`."""

    wait_s: float
    """For the step's groups."""
    train_s: float
    """Handing groups to the ranks, preparing them, the passes."""
    sync_s: float
    """Publishing a policy, until the engines have it."""
    write_s: float
    """Writing rollouts down."""

    @property
    def total_s(self) -> float:
        """The step."""
        return self.wait_s + self.train_s + self.sync_s + self.write_s


def collected(loop: "Loop") -> dict[str, Any]:
    """Means over the steps after the warm-up, busy shares, the sandbox's cores."""
    settings = loop.settings
    steps = loop.steps[settings.warm_up_steps :]
    elapsed = sum(step.total_s for step in steps)
    names = ("wait_s", "train_s", "sync_s", "write_s", "total_s")
    sandbox = loop.sandbox
    num_engines = len(loop.engines)
    busy = {name: station.share for name, station in loop.stations().items() if name != "sandbox"}
    busy["engines"] = sum(engine.busy_s for engine in loop.engines) / (elapsed * num_engines)
    scale = loop.k / settings.gpus
    if settings.sandbox_cores_per_gpu != float("inf"):
        busy["sandbox"] = sandbox.share
    return {
        "gpus": settings.gpus,
        "groups_per_step": settings.groups_per_step,
        "stands_for": loop.k,
        **{name: statistics.mean(getattr(step, name) for step in steps) for name in names},
        "busy": busy,
        "tokens_per_s_per_engine": sum(e.tokens_made for e in loop.engines) / (elapsed * num_engines),
        "groups_done_per_step": loop.groups_done * loop.k / len(steps),
        "scripts_s_per_gpu": sandbox.num_served * scale / elapsed,
        "script_wait_s": sandbox.waited_s / max(sandbox.num_served, 1),
        "cores_mean_per_gpu": sandbox.busy_s * scale / elapsed,
        "cores_p99_per_gpu": sandbox.quantile(0.99) * scale,
        "cores_most_per_gpu": max(sandbox.seconds_at, default=0) * scale,
        "prepare_gib_per_node": prepare_gib_per_node(settings),
    }
