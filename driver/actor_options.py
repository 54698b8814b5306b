"""What the actors of a run are started with: Ray's options, variables, files, how much each takes on. Pure of Ray."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from driver.config import RunConfig
from driver.models import LocalFiles
from driver.outputs.run_folder import RunFolder
from driver.placement import ActorSpec

_WITHOUT_GPU = {"CUDA_VISIBLE_DEVICES": ""}
"""A node with GPUs shows them to actors that asked for none."""


def actor_options(spec: ActorSpec, cls: Callable[..., Any], env: Mapping[str, str]) -> dict[str, Any]:
    """What Ray is told of an actor: all but its name and its restarts."""
    hidden = {} if spec.num_gpus else _WITHOUT_GPU
    options: dict[str, Any] = {
        "num_cpus": spec.num_cpus,
        "num_gpus": spec.num_gpus,
        "resources": dict(spec.resources),
        "runtime_env": {"env_vars": {"TOKENIZERS_PARALLELISM": "false", **hidden, **env}},
    }
    if spec.label is not None:
        options["label_selector"] = {"pool": spec.label}
    if _is_async(cls):
        options["max_concurrency"] = 10_000
    return options


def learner_env(config: RunConfig) -> dict[str, str]:
    """Variables that a rank reads when it loads torch and DeepSpeed."""
    # Threads that wait by spinning take the cores from the engine and the sandbox, and from each other.
    env = {"DEEPSPEED_LOG_LEVEL": "error", "OMP_WAIT_POLICY": "PASSIVE"}
    if config.placement.gpus_per_learner_rank == 0:
        env["DS_ACCELERATOR"] = "cpu"
    if config.learner.num_threads:
        # Ray sets it to the reserved CPUs, which are fewer than the threads that are wanted.
        env["OMP_NUM_THREADS"] = str(config.learner.num_threads)
    return env


def _is_async(cls: Callable[..., Any]) -> bool:
    return any(
        asyncio.iscoroutinefunction(getattr(cls, name)) for name in dir(cls) if not name.startswith("__")
    )


def local_files(config: RunConfig, model_path: Path) -> LocalFiles:
    """What the actors of a run are given to find its files by."""
    token = RunFolder(config.folder.absolute()).token
    # The sandbox alone, without a run, has none.
    word = token.read_text(encoding="utf-8") if token.is_file() else ""
    return LocalFiles(config.model, str(model_path), str(token) if word else "", word)


def paths_of(config: RunConfig, model_path: Path) -> tuple[list[Path], list[Path]]:
    """What a node must see, and what it must be able to write to, if learner or engines may come to it.

    A model that has a name, and is not a folder, is found by each node by itself.
    """
    folder = RunFolder(config.folder.absolute())
    is_folder = Path(config.model).is_absolute() or Path(config.model).is_dir()
    to_read = [model_path.absolute()] if is_folder else []
    if not folder.config.is_file():
        # The sandbox alone, without a run, has none.
        return to_read, []
    return [*to_read, folder.config], [folder.checkpoints, folder.rollouts]


def rollouts_at_once(config: RunConfig) -> int:
    """Rollouts that one worker holds: a little more than its engine, so that a wait for the sandbox leaves no gap."""
    return -(-config.engine.max_num_seqs * 5 // 4)
