"""The learner in the settings of the presets for GPUs, on two real processes over gloo.

bfloat16 weights split by ZeRO-3, activations computed again, a reference model, siblings in one row, and more
micro-batches than ranks; beside it one float32 rank without any of that. Only NCCL and CUDA are not here.
"""

import traceback
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from actors.learning.config import LearnerConfig, LearnerRole
from actors.policy_learner import PolicyLearner
from actors.weights.buckets import unpacked
from driver.config_loading import load_config
from tests.unit.actors.learner_cases import saved_tiny_model, scored_group, sft_rollouts
from tests.unit.actors.rank_processes import results_of_ranks

# A minute, in four processes that each load torch and DeepSpeed.
pytestmark = pytest.mark.slow
REWARDS = [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]]
# With long prompts and short answers siblings share a row, which is half of what a micro-batch holds.
KEYS = [
    "learner.num_ranks=2",
    "learner.backend=gloo",
    "learner.num_threads=1",
    "learner.micro_batch_tokens=160",
    "learner.chunk_tokens=7",
    "learner.share_prefix=true",
    "learner.grpo.lr=1e-3",
]
PLAIN = ["learner.num_ranks=1", "learner.dtype=float32", "learner.zero_stage=0", "learner.compute=float32"]


def groups(step):
    return [scored_group(i, rewards, seed=step, prompt_length=40) for i, rewards in enumerate(REWARDS)]


def live(config, rank, port, path, folder, results):
    """Two steps with a checkpoint between them; what rank 0 saw."""
    try:
        learner = PolicyLearner(config, LearnerRole(publish_dtype="bfloat16"), rank, config.num_ranks)
        learner.setup("127.0.0.1", port, path, "grpo")
        learner.begin_phase("grpo", 4, path)
        num_batches = len(list(learner._share(learner_samples(learner))))
        first = learner.train_step(groups(0), 0).metrics
        (folder / "step-1").mkdir(exist_ok=True)
        learner.save_checkpoint(str(folder / "step-1"), {"step": 1})
        saved = learner.log_probs(sft_rollouts(3))
        second = learner.train_step(groups(1), 1).metrics
        moved = learner.log_probs(sft_rollouts(3))
        learner.load_checkpoint(str(folder / "step-1"))
        restored = learner.log_probs(sft_rollouts(3))
        learner.save_hf(str(folder / "model"))
        published = learner.publish(1, 60_000)
        learner.close()
        if rank == 0:
            manifest, *buckets = published
            weights = {name: tensor.float().numpy().copy() for name, tensor in unpacked(manifest, buckets)}
            results.put((num_batches, [first, second], saved, moved, restored, weights))
    except BaseException:
        results.put(traceback.format_exc())
        raise


def learner_samples(learner):
    from actors.learning.samples import grpo_samples

    return grpo_samples(groups(0), learner._config.grpo)


def run(config: LearnerConfig, path: str, folder: Path):
    folder.mkdir()
    return results_of_ranks(
        config.num_ranks, live, lambda rank, port: (config, rank, port, path, folder), limit_s=300
    )


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return saved_tiny_model(tmp_path_factory.mktemp("model") / "tiny", tied=False)


@pytest.fixture(scope="module")
def plain(model_path, tmp_path_factory):
    config = load_config("cluster", [*KEYS, *PLAIN]).learner
    return run(config, model_path, tmp_path_factory.mktemp("plain") / "run")


@pytest.mark.parametrize("preset", ["cluster", "single_node"])
def test_the_learner_of_a_preset_for_gpus_learns_what_a_plain_one_does(preset, model_path, plain, tmp_path):
    config = load_config(preset, KEYS).learner
    assert (config.dtype, config.zero_stage, config.gradient_checkpointing) == ("bfloat16", 3, True)
    num_batches, metrics, saved, moved, restored, weights = run(config, model_path, tmp_path / "run")
    assert num_batches >= 2, "several micro-batches on each rank"
    if preset == "cluster":
        assert config.grpo.beta > 0
        # bfloat16 knows three digits; measured 0.2 to 1.1 %.
        assert metrics[0]["grad_norm"] == pytest.approx(plain[1][0]["grad_norm"], rel=0.03)
        assert metrics[0]["loss"] == pytest.approx(plain[1][0]["loss"], abs=5e-3)
    assert all(np.isfinite(value) for step in metrics for value in step.values())
    for before, after, again in zip(saved, moved, restored, strict=True):
        assert np.abs(after - before).max() > 1e-3, "the second step changed nothing"
        np.testing.assert_array_equal(again, before)
    loaded = dict(AutoModelForCausalLM.from_pretrained(tmp_path / "run" / "model").named_parameters())
    assert loaded.keys() == weights.keys()
    for name, value in weights.items():
        torch.testing.assert_close(loaded[name].detach().float(), torch.from_numpy(value), atol=0, rtol=0)
