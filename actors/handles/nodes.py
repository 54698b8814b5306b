"""What each node of the cluster sees and has, asked before any actor starts."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil
import ray
from pydantic import BaseModel, ConfigDict
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.errors import ActorError

_LOOK_S = 120.0
_GIB = 1 << 30
_MIB_PER_GIB = 1024


class NodeView(BaseModel):
    """One node, as it sees itself.

    Example: `NodeView(name="10.0.0.7", pool="learner", unseen=("/runs/a",), free_memory_gib=200, gpu_memory_gib=80)`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """Address of the node, by which the dashboard lists it."""
    pool: str
    """Its label `pool`, as in cluster.yaml; empty where nobody gave it one."""
    unseen: tuple[str, ...]
    """Paths asked for that are not there, or that may not be written to where that was asked."""
    free_memory_gib: float
    """Main memory that a process could still have, in GiB."""
    gpu_memory_gib: float | None
    """All memory of its smallest GPU, in GiB; None without a GPU."""


def node_views(to_read: Sequence[Path], to_write: Sequence[Path]) -> list[NodeView]:
    """Every living node, asked from a process on it.

    Args:
        to_read: files or folders it should see.
        to_write: folders it should see and may write to.

    Raises:
        ActorError: a node did not answer in time.
    """
    alive = [node for node in ray.nodes() if node["Alive"]]
    look = ray.remote(num_cpus=0)(_look)
    calls = [
        look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote(
            node["NodeManagerAddress"],
            node.get("Labels", {}).get("pool", ""),
            [str(path) for path in to_read],
            [str(path) for path in to_write],
        )
        for node in alive
    ]
    try:
        views: list[NodeView] = ray.get(calls, timeout=_LOOK_S)
    except RayError as error:
        names = ", ".join(str(node["NodeManagerAddress"]) for node in alive)
        raise ActorError(
            f"not all of {len(alive)} nodes ({names}) said within {_LOOK_S:.0f} s what they see "
            f"({type(error).__name__}): see them in the dashboard"
        ) from error
    return views


def own_view(to_read: Sequence[Path], to_write: Sequence[Path]) -> NodeView:
    """This machine, for a cluster of its own; arguments as in `node_views`."""
    return _look("this machine", "", [str(path) for path in to_read], [str(path) for path in to_write])


def _look(name: str, pool: str, to_read: Sequence[str], to_write: Sequence[str]) -> NodeView:
    unseen = [path for path in to_read if not Path(path).exists()]
    unseen += [path for path in to_write if not os.access(path, os.W_OK)]
    return NodeView(
        name=name,
        pool=pool,
        unseen=tuple(unseen),
        free_memory_gib=psutil.virtual_memory().available / _GIB,
        gpu_memory_gib=_smallest_gpu_gib(),
    )


def _smallest_gpu_gib() -> float | None:
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
        return min(float(line) for line in told.splitlines()) / _MIB_PER_GIB
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
