"""Which settings a run that goes on may change: all but those that something it has made already depends on.

Every key names the phase that first reads it. Once that phase has begun, another value would give a run that is half
the one and half the other. What only says where and how fast things are computed may change at any time.
"""

from collections.abc import Iterable, Mapping
from typing import Any

PHASES = ("tasks", "synthesize", "sft", "potential", "train", "evaluate")
"""In the order in which they run."""

ANY_TIME = None
LEARNER_STATE = "learner state"
"""Decides the form of a learner's checkpoint: bound while a phase goes on from one, free between phases."""

FIRST_READ_BY: dict[str, str | None] = {
    "name": ANY_TIME,
    "folder": ANY_TIME,
    "model": "sft",
    "tasks": "tasks",
    "tasks.num_processes": ANY_TIME,
    "synthesis": "synthesize",
    "potential": "potential",
    "curriculum.policy": "potential",
    "curriculum.online": "train",
    "curriculum.grouping": "potential",
    "curriculum.thresholds": "potential",
    "curriculum.steps_per_stage": "potential",
    "curriculum.min_tasks_per_group": "potential",
    "curriculum.epoch_share": "train",
    "curriculum.max_rest_epochs": "train",
    "curriculum.prior_rollouts": "train",
    "curriculum.decay": "train",
    "curriculum.seed": "potential",
    "rollout.agent": "sft",
    "rollout.instructions": "sft",
    "rollout.group_size": "train",
    "rollout.temperature": "train",
    "rollout.top_p": "potential",
    "rollout.max_executions": "potential",
    "rollout.execution_timeout_s": "synthesize",
    "rollout.execution_memory_mib": "synthesize",
    "rollout.max_turn_tokens": "potential",
    "rollout.max_rollout_tokens": "potential",
    "rollout.max_observation_chars": "synthesize",
    "endpoint": ANY_TIME,
    "endpoint.max_turn_tokens": "synthesize",
    "engine.dtype": "potential",
    "engine.max_model_len": ANY_TIME,
    "engine.max_num_seqs": ANY_TIME,
    "engine.tensor_parallel_size": ANY_TIME,
    "engine.gpu_memory_utilization": ANY_TIME,
    "engine.sleeps": ANY_TIME,
    "engine.cpu_kv_cache_gib": ANY_TIME,
    "engine.cpu_threads": ANY_TIME,
    "engine.enforce_eager": ANY_TIME,
    "engine.seed": "potential",
    "sandbox": ANY_TIME,
    "reward.shaping": "train",
    "reward.correct": "train",
    "reward.format": "train",
    "reward.turn_penalty": "train",
    "reward.free_turns": "train",
    "reward.overlong_window": "train",
    "reward.check_timeout_s": "potential",
    "reward.own": "train",
    "learner.dtype": "sft",
    "learner.compute": "sft",
    "learner.num_ranks": LEARNER_STATE,
    "learner.num_threads": ANY_TIME,
    "learner.backend": ANY_TIME,
    "learner.zero_stage": LEARNER_STATE,
    "learner.micro_batch_tokens": ANY_TIME,
    "learner.chunk_tokens": ANY_TIME,
    "learner.share_prefix": ANY_TIME,
    "learner.gradient_checkpointing": ANY_TIME,
    "learner.betas": "sft",
    "learner.weight_decay": "sft",
    "learner.max_grad_norm": "sft",
    "learner.seed": "sft",
    "learner.sft": "sft",
    "learner.grpo": "train",
    "training.groups_per_step": "train",
    "training.max_staleness": "train",
    "training.refill": "train",
    "training.max_refill_factor": "train",
    "training.checkpoint_every": ANY_TIME,
    "training.keep_checkpoints": ANY_TIME,
    "training.bucket_mib": ANY_TIME,
    "evaluation": "evaluate",
    # What it chooses is bound key by key.
    "method": ANY_TIME,
    "budget": ANY_TIME,
    "placement": ANY_TIME,
    "recovery": ANY_TIME,
    # On a GPU `auto` is another precision and another ZeRO stage.
    "placement.gpus_per_learner_rank": LEARNER_STATE,
}
"""Dotted key, or section whose keys are alike, to the phase that first reads it; a key not in here binds at once."""


def binding_changes(
    before: Mapping[str, Any], now: Mapping[str, Any], begun: Iterable[str], has_learner_state: bool
) -> list[str]:
    """The settings that may not have changed, each with both values and the phase that has used the first.

    Args:
        before: the config that the run was made with, as nested dicts.
        now: the config it is to go on with.
        begun: phases that have made something.
        has_learner_state: whether a phase would go on from a learner's checkpoint.
    """
    begun = set(begun)
    old, new = flat(before), flat(now)
    told = []
    for key in sorted(old.keys() | new.keys()):
        if key in old and key in new and old[key] == new[key]:
            continue
        phase = first_reader(key)
        change = f"{key}={_shown(old, key)} -> {_shown(new, key)}"
        if phase == LEARNER_STATE:
            if has_learner_state and not _checkpoint_fits(key, old, new):
                told.append(f"{change} (a checkpoint of the learner has the old form)")
        elif phase in begun:
            told.append(f"{change} ({phase} has begun)")
    return told


def first_reader(key: str) -> str | None:
    """The phase that first reads a dotted key; `tasks`, the first of all, for one that nobody has decided on."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in FIRST_READ_BY:
            return FIRST_READ_BY[name]
    return PHASES[0]


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted key."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _checkpoint_fits(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether DeepSpeed loads the checkpoint all the same.

    Tried with 0.19: without ZeRO it is whole, for any number of ranks; 1 and 2 read each other's on as many ranks.
    """
    stages = {old.get("learner.zero_stage"), new.get("learner.zero_stage")}
    if key == "learner.num_ranks":
        return stages == {0}
    return key == "learner.zero_stage" and stages == {1, 2}


def _shown(values: Mapping[str, Any], key: str) -> str:
    return repr(values[key]) if key in values else "(not there)"
