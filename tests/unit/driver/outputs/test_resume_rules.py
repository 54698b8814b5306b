from typing import Any

import pytest
import yaml

from driver.config_loading import dump_config, load_config
from driver.outputs.resume_rules import PHASES, binding_changes, first_reader


def _config(*overrides: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(dump_config(load_config("smoke", overrides)))
    return found


@pytest.mark.parametrize(
    "change",
    [
        "learner.micro_batch_tokens=1024",
        "learner.chunk_tokens=64",
        "learner.num_threads=1",
        "learner.gradient_checkpointing=true",
        "learner.share_prefix=false",
        "learner.backend=gloo",
        "engine.cpu_kv_cache_gib=2",
        "engine.gpu_memory_utilization=0.5",
        "engine.max_num_seqs=3",
        "engine.enforce_eager=false",
        "engine.max_model_len=4096",
        "training.keep_checkpoints=5",
        "training.checkpoint_every=7",
        "training.bucket_mib=3",
        "placement.rollout_workers=3",
        "placement.min_memory_gib=1",
        "sandbox.num_workers=3",
        "tasks.num_processes=1",
        "name=other",
    ],
)
def test_what_changes_no_gradient_may_change_at_any_time(change: str) -> None:
    key, _, value = change.partition("=")
    before, now = _config(), _config(change)
    assert before != now, f"{key} is {value} in the preset already: the test shows nothing"
    assert binding_changes(before, now, PHASES, has_learner_state=True) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("learner.grpo.lr=0.5", "learner.grpo.lr={} -> 0.5 (train has begun)"),
        ("learner.sft.batch_size=3", "learner.sft.batch_size={} -> 3 (sft has begun)"),
        ("rollout.group_size=9", "rollout.group_size={} -> 9 (train has begun)"),
        ("tasks.seed=4", "tasks.seed={} -> 4 (tasks has begun)"),
        ("evaluation.temperature=0.1", "evaluation.temperature={} -> 0.1 (evaluate has begun)"),
        ("learner.weight_decay=0.1", "learner.weight_decay={} -> 0.1 (sft has begun)"),
    ],
)
def test_what_changes_the_result_is_refused_with_key_and_both_values(change: str, told: str) -> None:
    before, now = _config(), _config(change)
    value: Any = before
    for part in change.partition("=")[0].split("."):
        value = value[part]
    assert binding_changes(before, now, PHASES, has_learner_state=False) == [told.format(repr(value))]
    assert binding_changes(before, now, [], has_learner_state=False) == []


def test_the_ranks_are_bound_while_a_phase_goes_on_from_a_checkpoint_that_is_split_over_them() -> None:
    one, two = _config("learner.num_ranks=1"), _config("learner.num_ranks=2")
    (told,) = binding_changes(one, two, PHASES, has_learner_state=True)
    assert told == "learner.num_ranks=1 -> 2 (a checkpoint of the learner has the old form)"
    assert binding_changes(one, two, PHASES, has_learner_state=False) == []
    # Without ZeRO every rank has everything.
    one, two = (_config(f"learner.num_ranks={n}", "learner.zero_stage=0") for n in (1, 2))
    assert binding_changes(one, two, PHASES, has_learner_state=True) == []
    one, two = (_config("learner.num_ranks=2", f"learner.zero_stage={n}") for n in (1, 2))
    assert binding_changes(one, two, PHASES, has_learner_state=True) == []
    one = _config("learner.num_ranks=1", "learner.zero_stage=0")
    staged = _config("learner.num_ranks=1", "learner.zero_stage=1")
    assert len(binding_changes(one, staged, PHASES, has_learner_state=True)) == 1


def test_a_key_that_only_one_side_has_is_told_as_such_and_one_that_nobody_knows_binds_at_once() -> None:
    assert first_reader("learner.brand_new") == "tasks"
    told = binding_changes({"a": {"b": 1}}, {"a": {"c": [1, 2]}}, ["tasks"], has_learner_state=False)
    assert told == ["a.b=1 -> (not there) (tasks has begun)", "a.c=(not there) -> [1, 2] (tasks has begun)"]
