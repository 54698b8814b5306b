"""What is looked at before the first actor starts, so that a run that cannot end well does not begin.

Each check is a pure function of what a probe saw; `num_parameters` is the one probe here, those of the cluster are in
`actors/handles/nodes.py`. Memory is counted as what is certain to be needed (weights, gradients, moments, caches),
so a run that is refused could not have run; one that passes may still need more for activations.
"""

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from actors.handles.nodes import NodeView
from curriculum.tasks.solvers import trace_kind
from driver.config import RunConfig
from driver.errors import PlacementError, RunAbortedError
from driver.placement import ActorSpec, Placement, Role

_GIB = float(1 << 30)
_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_PROCESS_GIB = 0.4
"""A process that has imported torch."""
_SANDBOX_WORKER_GIB = 0.05
"""A warm interpreter, before any script."""
_LOADS_MODEL: tuple[Role, ...] = ("learner", "rollout")


def families_without_traces(families: Iterable[str]) -> list[str]:
    """Families that no solver writes SFT traces for, sorted; refuses to begin where that is all of them.

    Args:
        families: those of the tasks that traces are to be written for.

    Raises:
        RunAbortedError: there are none, or none of them has a way to write traces.
    """
    names = sorted(set(families))
    if not names:
        raise RunAbortedError(
            "no task has split sft, so there is nothing to write traces for: add some, or set synthesis.file to traces "
            "of your own"
        )
    without = [name for name in names if trace_kind(name) == "none"]
    if without == names:
        raise RunAbortedError(
            f"no scripted solver writes traces for any of {len(names)} families ({', '.join(names)}): set "
            "synthesis.file to traces of your own, or tasks.families to families that have a solver (`python -m driver "
            "tasks` shows which)"
        )
    return without


def refuse_busy(placement: Placement, total: Mapping[str, float], free: Mapping[str, float]) -> None:
    """Refuse a run that would wait, for ever perhaps, for what other runs hold.

    Args:
        placement: what the run needs.
        total: what the cluster has, by Ray's resource names; known to be enough.
        free: what of it nobody holds.

    Raises:
        PlacementError: too little is free.
    """
    for resource, needed in placement.needed_at_start.items():
        there = free.get(resource, 0.0)
        # Ray counts in ten-thousandths: a smaller lack is rounding.
        if needed > there + 1e-4:
            raise PlacementError(
                f"placement needs {needed:g} {resource} and the cluster has {total.get(resource, 0.0):g}, but only "
                f"{there:g} of them are free: another run holds the rest (`ray list actors` tells which). Wait for it "
                "or end it, or lower placement.rollout_workers, learner.num_ranks or placement.sandbox_cpus"
            )


def refuse_unseen(placement: Placement, views: Sequence[NodeView]) -> None:
    """Refuse a run whose model or folder is not there on a node that needs it.

    Raises:
        PlacementError: names the first such node and what it does not see.
    """
    blind = [view for view in views if view.unseen and _may_hold(placement, view)]
    if blind:
        names = ", ".join(view.name for view in blind[:4]) + (" and others" if len(blind) > 4 else "")
        raise PlacementError(
            f"{len(blind)} of {len(views)} nodes ({names}) cannot see, or may not write to, "
            f"{', '.join(blind[0].unseen)}: set folder= and model= to folders on storage that all nodes share, "
            "and R1CI_CACHE too if the model is made or fetched"
        )


def memory_by_role(config: RunConfig, parameters: int) -> dict[Role, float]:
    """GiB of main memory that one actor of each role certainly needs; on a GPU, of that GPU's.

    Args:
        config: the run.
        parameters: of the model.
    """
    learner, where, engine = config.learner, config.placement, config.engine
    gib_per_byte = parameters / _GIB
    dtype = learner.dtype
    if dtype == "auto":
        dtype = "bfloat16" if where.gpus_per_learner_rank else "float32"
    stage: int = 2 if learner.num_ranks > 1 or dtype == "bfloat16" else 0
    stage = stage if learner.zero_stage == "auto" else learner.zero_stage
    ranks = learner.num_ranks
    # AdamW has two moments of 4 bytes; beside bfloat16 weights it keeps float32 ones.
    moments, master = 8, 0 if dtype == "float32" and stage == 0 else 4
    # Gradients add up in float32 beside bfloat16 weights too.
    weights, gradients = _BYTES[dtype], 4
    shared = [(weights, 3), (gradients, 2), (moments + master, 1)]
    per_parameter = sum(size / (ranks if stage >= from_stage else 1) for size, from_stage in shared)
    reference = weights / (ranks if stage == 3 else 1) if learner.grpo.beta > 0 else 0
    cache = 0 if where.gpus_per_rollout_worker else engine.cpu_kv_cache_gib
    return {
        "learner": gib_per_byte * (per_parameter + reference) + _PROCESS_GIB,
        "rollout": gib_per_byte * _BYTES[engine.dtype] / engine.tensor_parallel_size + cache + _PROCESS_GIB,
        "sandbox": config.sandbox.num_workers * _SANDBOX_WORKER_GIB,
    }


def refuse_too_little_memory(
    config: RunConfig,
    placement: Placement,
    parameters: int | None,
    views: Sequence[NodeView],
    *,
    has_learner: bool = True,
) -> None:
    """Refuse a run whose weights, moments and caches alone do not fit where its actors go.

    Args:
        config: the run.
        placement: its actors.
        parameters: of the model; None if that is not known, then nothing is refused.
        views: the nodes.
        has_learner: whether a phase that trains is still to come.

    Raises:
        PlacementError: says how much each role needs and what the machine has.
    """
    if parameters is None:
        return
    needed = memory_by_role(config, parameters)
    if not has_learner:
        del needed["learner"]
    specs = {spec.role: spec for spec in placement.actors}
    for role in needed.keys() & set(_LOADS_MODEL):
        gpus = [v.gpu_memory_gib for v in views if v.gpu_memory_gib is not None]
        share = _share_of_gpu(config, role)
        if specs[role].num_gpus and gpus and needed[role] > max(gpus) * share:
            raise PlacementError(
                f"a {role} needs at least {needed[role]:.1f} GiB of its GPU for {parameters / 1e9:.2f} billion "
                f"parameters, but the largest GPU gives it {max(gpus) * share:.1f}: {_CURES[role]}"
            )
    on_cpu = {role: size for role, size in needed.items() if not specs[role].num_gpus}
    if len(views) == 1:
        count = {role: specs[role].count for role in on_cpu}
        parts = [f"{count[role]} {role} x {size:.1f}" for role, size in on_cpu.items()]
        least = math.fsum(count[role] * size for role, size in on_cpu.items())
        _refuse_less_than(least, " + ".join(parts), views[0].free_memory_gib)
    for role, size in on_cpu.items():
        roomiest = max((v.free_memory_gib for v in views if _fits(specs[role], v)), default=math.inf)
        _refuse_less_than(size, f"a {role} alone", roomiest)


def num_parameters(folder: Path) -> int | None:
    """How many parameters the safetensors files of a model hold; None if it has none or they cannot be read.

    Only their headers are read: 8 bytes of length, then JSON with each tensor's shape.
    """
    total = 0
    try:
        for file in folder.glob("*.safetensors"):
            with file.open("rb") as opened:
                (length,) = struct.unpack("<Q", opened.read(8))
                header = json.loads(opened.read(length))
            total += sum(math.prod(row["shape"]) for name, row in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
    return total or None


_CURES: dict[Role, str] = {
    "learner": "raise learner.num_ranks with learner.zero_stage=3, or use a smaller model",
    "rollout": "raise engine.tensor_parallel_size with placement.gpus_per_rollout_worker, or use a smaller model",
}


def _share_of_gpu(config: RunConfig, role: Role) -> float:
    """Of its GPU's memory, what an actor may have for good."""
    engine = config.engine.gpu_memory_utilization
    if role == "rollout":
        return engine
    return 1.0 - engine if config.placement.shares_gpu else 1.0


def _refuse_less_than(needed: float, parts: str, free: float) -> None:
    if needed > free:
        raise PlacementError(
            f"the run needs at least {needed:.1f} GiB of memory ({parts}) but {free:.1f} GiB are free: close "
            "something, lower engine.cpu_kv_cache_gib, placement.rollout_workers or sandbox.num_workers, or use a "
            "smaller model"
        )


def _may_hold(placement: Placement, view: NodeView) -> bool:
    """Whether an actor that loads the model may come to this node."""
    return any(_fits(spec, view) for spec in placement.actors if spec.role in _LOADS_MODEL)


def _fits(spec: ActorSpec, view: NodeView) -> bool:
    if spec.num_gpus and view.gpu_memory_gib is None:
        return False
    if spec.label is None:
        return True
    wanted = spec.label.removeprefix("!")
    return (view.pool == wanted) is not spec.label.startswith("!")
