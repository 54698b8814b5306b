"""What the stages of ZeRO must not change: the model itself."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma3TextConfig, LlamaConfig, Qwen3Config

from actors.engines.deepspeed_engine import DeepSpeedEngine
from actors.learning.config import LearnerRole
from actors.policy_learner import PolicyLearner
from actors.records import SftRollout, Source
from tests.unit.actors.learner_cases import learner_config, segment

SIZES = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": 300,
    "max_position_embeddings": 4096,
    "initializer_range": 0.2,
}
STRETCHED = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 512,
}
MODELS = {
    "llama": LlamaConfig(**SIZES, tie_word_embeddings=True),
    "llama-stretched": LlamaConfig(**SIZES, rope_parameters=STRETCHED),
    "qwen3": Qwen3Config(**SIZES),
    # Two sets of frequencies, one for each kind of layer.
    "gemma3": Gemma3TextConfig(
        **SIZES, layer_types=["sliding_attention", "full_attention"], sliding_window=256
    ),
}


@pytest.fixture(params=MODELS)
def model_path(request, tmp_path):
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(MODELS[request.param]).save_pretrained(tmp_path)
    return str(tmp_path)


def opened(model_path, **changes):
    learner = PolicyLearner(learner_config(micro_batch_tokens=4096, **changes), LearnerRole(), 0, 1)
    learner.setup(*learner.address(), model_path, "sft")
    return learner


def test_bfloat16_policy_is_the_same_under_zero_2_and_3_far_into_a_long_rollout(model_path):
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 300, 2000).tolist()
    rollout = SftRollout(
        trace_id="t", segments=(segment(Source.PROMPT, ids[:1800]), segment(Source.MODEL, ids[1800:]))
    )
    found, frequencies = [], []
    for stage in (2, 3):
        learner = opened(model_path, zero_stage=stage, dtype="bfloat16")
        found.append(learner.log_probs([rollout])[0])
        model = learner._engine._engine.module
        frequencies.append({n: b.clone() for n, b in model.named_buffers() if n.endswith("inv_freq")})
        learner.close()
    assert frequencies[0]
    assert frequencies[0].keys() == frequencies[1].keys()
    for name, exact in frequencies[0].items():
        assert frequencies[1][name].dtype == exact.dtype == torch.float32, name
        torch.testing.assert_close(frequencies[1][name], exact, atol=0, rtol=1e-6, msg=name)
    np.testing.assert_allclose(found[1], found[0], atol=1e-3)


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_communication_overlaps_on_gpus_where_deepspeed_can(stage):
    engine = DeepSpeedEngine(learner_config(zero_stage=stage), rank=0, world_size=1)
    engine._on_gpu = True
    assert engine._deepspeed_config()["zero_optimization"]["overlap_comm"] == (stage >= 2)
