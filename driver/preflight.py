"""What is looked at before the first actor starts, so that a run that cannot end well does not begin.

Each check is a pure function of what a probe saw; `num_parameters` is the one probe here, those of the cluster are in
`actors/handles/nodes.py`. Memory is counted as what is certain to be needed (weights, gradients, moments, caches),
so a run that is refused could not have run; one that passes may still need more for activations.
"""

import json
import math
import shutil
import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from actors.handles.nodes import NodeView
from curriculum.tasks.solvers import trace_kind
from driver.config import RunConfig
from driver.errors import PlacementError, RunAbortedError
from driver.outputs.run_folder import RunFolder
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


def patiently(
    check: Callable[[], None],
    limit_s: float,
    key: str = "",
    *,
    say: Callable[[str], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Check again and again until it passes, or until the time is over.

    Args:
        check: raises `PlacementError` as long as something is missing.
        limit_s: how long to wait for it.
        key: of the config, which allows more.
        say: is told once what is waited for.
        clock: seconds that never go back.
        sleep: waits so many seconds.

    Raises:
        PlacementError: the last one, with how long it was waited for.
    """
    deadline = clock() + limit_s
    is_told = False
    while True:
        try:
            return check()
        except PlacementError as error:
            if clock() >= deadline:
                if not key or not limit_s:
                    raise
                raise PlacementError(f"{error} (waited {limit_s:g} s: {key})") from error
            if not is_told:
                say(f"{error}; waiting up to {limit_s:g} s for it")
                is_told = True
        sleep(1.0)


def refuse_views(config: RunConfig, placement: Placement, model: Path, views: Sequence[NodeView]) -> None:
    """Refuse a run by what its nodes see and have.

    Args:
        config: the run.
        placement: its actors.
        model: where the driver found the model.
        views: every node.

    Raises:
        PlacementError: says which node lacks what.
    """
    folder = RunFolder(config.folder.absolute())
    parameters = num_parameters(model)
    has_learner = not (config.evaluation.alone or folder.final_model.exists())
    refuse_unseen(placement, views)
    refuse_too_little_memory(config, placement, parameters, views, has_learner=has_learner)
    if has_learner and folder.config.is_file():
        refuse_too_little_disk(config, parameters, folder.root)


def refuse_full_nodes(config: RunConfig, placement: Placement, views: Sequence[NodeView]) -> None:
    """Refuse a run on a node for learner or engines that has less than `placement.min_memory_gib` free.

    Raises:
        PlacementError: names the node and what is free there.
    """
    limit = config.placement.min_memory_gib
    for view in views:
        if _may_hold(placement, view) and view.free_memory_gib < limit:
            raise PlacementError(
                f"{view.free_memory_gib:.1f} GiB of memory are free on {view.name} but placement.min_memory_gib="
                f"{limit:g}: end what runs there, or lower that limit"
            )


def disk_gib(config: RunConfig, parameters: int) -> float:
    """GiB that checkpoints and saved models of a run take at most, one that is being written included.

    A checkpoint has the weights, and 8 bytes of moments a parameter; beside bfloat16 weights, or under ZeRO, 4 more
    for a float32 copy. Two models are saved: after SFT and at the end.

    Args:
        config: the run.
        parameters: of the model.
    """
    dtype, stage = _precision(config)
    weights = _BYTES[dtype]
    checkpoint = weights + 8 + (0 if dtype == "float32" and stage == 0 else 4)
    return parameters / _GIB * ((config.training.keep_checkpoints + 1) * checkpoint + 2 * weights)


def refuse_too_little_disk(
    config: RunConfig, parameters: int | None, folder: Path, free_gib: float | None = None
) -> None:
    """Refuse a run whose checkpoints do not fit where they are kept.

    Args:
        config: the run.
        parameters: of the model; None if that is not known, then nothing is refused.
        folder: of the run; what is in its checkpoints already needs no more room.
        free_gib: room there; looked up if None.

    Raises:
        PlacementError: says how much is needed and what is free.
    """
    if parameters is None:
        return
    there = sum(file.stat().st_size for file in (folder / "checkpoints").rglob("*") if file.is_file())
    needed = disk_gib(config, parameters) - there / _GIB
    free = shutil.disk_usage(folder).free / _GIB if free_gib is None else free_gib
    if needed > free:
        keep = config.training.keep_checkpoints
        raise PlacementError(
            f"checkpoints and saved models need {needed:.1f} GiB more in {folder} ({keep} checkpoints kept, one being "
            f"written, two models) but {free:.1f} GiB are free: lower training.keep_checkpoints, make room, or set "
            "folder= to a larger disk"
        )


def memory_by_role(config: RunConfig, parameters: int) -> dict[Role, float]:
    """GiB of main memory that one actor of each role certainly needs; on a GPU, of that GPU's.

    Args:
        config: the run.
        parameters: of the model.
    """
    learner, where, engine = config.learner, config.placement, config.engine
    gib_per_byte = parameters / _GIB
    dtype, stage = _precision(config)
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


def _precision(config: RunConfig) -> tuple[str, int]:
    """The learner's dtype and ZeRO stage, `auto` resolved as `DeepSpeedEngine` does."""
    learner = config.learner
    dtype = learner.dtype
    if dtype == "auto":
        dtype = "bfloat16" if config.placement.gpus_per_learner_rank else "float32"
    stage: int = 2 if learner.num_ranks > 1 or dtype == "bfloat16" else 0
    return dtype, stage if learner.zero_stage == "auto" else learner.zero_stage


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
