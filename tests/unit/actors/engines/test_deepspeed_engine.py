"""What the stages of ZeRO must not change: the model itself."""

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    Olmo3Config,
    Phi3Config,
    Qwen3Config,
)

from actors.engines.deepspeed_engine import DeepSpeedEngine
from actors.errors import LearnerError
from actors.learning.config import LearnerRole
from actors.learning.samples import plain_samples
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
WITHOUT_HEAD_DIM = {key: value for key, value in SIZES.items() if key != "head_dim"}
MODELS = {
    "llama": LlamaConfig(**SIZES, tie_word_embeddings=True),
    "llama-stretched": LlamaConfig(**SIZES, rope_parameters=STRETCHED),
    "qwen3": Qwen3Config(**SIZES),
    "phi3": Phi3Config(**WITHOUT_HEAD_DIM, sliding_window=None, pad_token_id=0),
    # Sliding windows in three layers of four.
    "olmo3": Olmo3Config(**WITHOUT_HEAD_DIM, sliding_window=256, pad_token_id=0),
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


def sibling(index, prompt, response):
    return SftRollout(
        trace_id=str(index), segments=(segment(Source.PROMPT, prompt), segment(Source.MODEL, response))
    )


@pytest.mark.parametrize("share_prefix", [False, "auto"])
def test_log_probabilities_are_those_of_transformers_in_every_family(model_path, share_prefix):
    # The prompt alone is longer than gemma3's window of 256.
    rng = np.random.default_rng(0)
    prompt = rng.integers(0, 300, 300).tolist()
    rollouts = [sibling(i, prompt, rng.integers(0, 300, 20 + 5 * i).tolist()) for i in range(4)]
    learner = opened(model_path, share_prefix=share_prefix)
    found = learner.log_probs(rollouts)
    rows = learner._batches(plain_samples(rollouts), 1)[0]
    assert sum(len(batch.input_ids_BT) for batch in rows) == (1 if learner._engine.shares_prefix else 4)
    learner.close()
    model = AutoModelForCausalLM.from_pretrained(model_path)
    for rollout, logp_T in zip(rollouts, found, strict=True):
        ids_T = torch.tensor(np.concatenate([s.token_ids for s in rollout.segments])).long()
        with torch.no_grad():
            all_TV = torch.log_softmax(model(ids_T[None]).logits[0], dim=-1)
        expected_T = all_TV[:-1].gather(1, ids_T[1:, None]).squeeze(1)[299:]
        np.testing.assert_allclose(logp_T, expected_T.numpy(), atol=2e-5)


def test_sharing_is_refused_for_layers_with_a_window(tmp_path):
    AutoModelForCausalLM.from_config(MODELS["gemma3"]).save_pretrained(tmp_path)
    learner = opened(str(tmp_path), share_prefix=True)
    with pytest.raises(LearnerError, match=r"share_prefix=true, but Gemma3.* sliding window.*set it to auto"):
        learner.log_probs([sibling(0, [1, 2], [3])])


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
