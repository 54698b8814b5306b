"""The presets that no laptop can run, checked by arithmetic."""

import pytest
import yaml
from source_files import ROOT

from driver.config_loading import load_config
from driver.placement import check, plan

CLUSTER = yaml.safe_load((ROOT / "cluster.yaml").read_text())
TYPES = CLUSTER["available_node_types"]
GPU_GIB = 80


@pytest.mark.parametrize(("preset", "billions"), [("single_node", 7.6), ("cluster", 14.8)])
def test_learner_state_leaves_half_of_each_gpu_to_activations(preset, billions):
    # Bytes per parameter: 2 for bf16 weights, 16 for float32 gradients, master and Adam, 2 for a reference model.
    learner = load_config(preset).learner
    assert learner.zero_stage == 3
    per_parameter = 18 + (2 if learner.grpo.beta else 0)
    assert billions * per_parameter / learner.num_ranks < GPU_GIB / 2


@pytest.mark.parametrize(("preset", "billions"), [("single_node", 7.6), ("cluster", 14.8)])
def test_engine_weights_leave_room_for_the_cache(preset, billions):
    config = load_config(preset)
    weights = 2 * billions / config.engine.tensor_parallel_size
    assert weights < GPU_GIB * config.engine.gpu_memory_utilization / 2


def test_single_node_takes_all_of_eight_gpus():
    placement = plan(load_config("single_node"))
    assert placement.totals["GPU"] == 8
    check(placement, {"CPU": 96, "GPU": 8})


def test_cluster_preset_is_the_papers_schedule():
    config = load_config("cluster")
    grpo = config.learner.grpo
    assert config.curriculum.steps_per_stage == (150, 150, 150, 150)
    assert config.curriculum.thresholds == (0.64, 0.48, 0.32, 0.0)
    assert (config.training.groups_per_step, config.rollout.group_size) == (128, 5)
    assert config.num_steps * config.training.groups_per_step * config.rollout.group_size == 384_000
    assert (grpo.lr, grpo.beta, grpo.advantage) == (1e-6, 0.001, "std")
    assert not grpo.requires_mixed_outcome
    assert (config.rollout.temperature, config.evaluation.temperature) == (1.0, 0.6)
    assert (config.learner.sft.epochs, config.learner.sft.batch_size) == (3, 32)
    assert (config.reward.shaping, config.reward.free_turns) == ("always", 6)
    assert not config.training.refill
    assert (config.rollout.max_executions, config.rollout.execution_timeout_s) == (8, 60)
    assert config.sandbox.timeout_s >= config.rollout.execution_timeout_s


def test_cluster_preset_starts_on_the_nodes_that_are_always_there():
    always = {"CPU": 0.0, "GPU": 0.0}
    for node in TYPES.values():
        for name in always:
            always[name] += node.get("min_workers", 0) * node["resources"].get(name, 0)
    assert always["GPU"] == 16
    check(plan(load_config("cluster")), always)


def test_every_pool_can_hold_its_actors():
    for spec in plan(load_config("cluster")).actors:
        if spec.label is None or spec.label.startswith("!"):
            continue
        node = next(n for n in TYPES.values() if n["labels"]["pool"] == spec.label)
        per_node = min(int(node["resources"][name] // amount) for name, amount in spec.needs.items())
        assert per_node * node["max_workers"] >= spec.max_count


def test_one_sandbox_actor_fills_a_sandbox_node_with_a_worker_per_cpu():
    config = load_config("cluster")
    node = TYPES["sandbox"]["resources"]
    assert node == {"CPU": config.placement.sandbox_cpus, "sandbox": 1}
    assert config.sandbox.num_workers == node["CPU"]
