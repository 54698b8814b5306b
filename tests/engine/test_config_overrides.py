"""What vLLM is told of a model's config, by vLLM's own account; no engine is started."""

import json
import pickle

import pytest
from transformers import Qwen2Config

from actors.engines.vllm_engine import as_the_learner_computes, engine_arguments
from driver.config_loading import load_config

pytestmark = pytest.mark.engine

DUAL_CHUNK = {"chunk_size": 64, "local_size": 16, "original_max_position_embeddings": 128}


def of_vllm(folder, **more):
    """vLLM's view of a small Qwen2 whose config.json has some more keys."""
    import torch
    from vllm import AsyncEngineArgs

    config = Qwen2Config(
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
    )
    config.architectures = ["Qwen2ForCausalLM"]
    content = {**config.to_dict(), **more}
    (folder / "config.json").write_text(json.dumps(content))
    args = AsyncEngineArgs(
        model=str(folder),
        skip_tokenizer_init=True,
        dtype="bfloat16",
        max_model_len=256,
        hf_overrides=as_the_learner_computes,
    )
    model = args.create_model_config()
    assert model.head_dtype == torch.float32
    return model


def test_a_model_for_a_million_tokens_is_served_with_plain_attention_and_a_float32_head(tmp_path):
    model = of_vllm(tmp_path, dual_chunk_attention_config=DUAL_CHUNK)
    assert getattr(model.hf_config, "dual_chunk_attention_config", None) is None
    # vLLM's model code hands the key to attention that does not know it, so that it must not be there at all.
    assert not hasattr(model.hf_text_config, "dual_chunk_attention_config")


def test_any_other_model_keeps_its_config(tmp_path):
    model = of_vllm(tmp_path)
    assert (model.hf_config.hidden_size, model.hf_config.num_hidden_layers) == (64, 2)


# Published sizes: hidden, feed-forward, layers, heads, key heads, vocabulary.
QWEN = {
    "one_gpu": (1536, 8960, 28, 12, 2, 151936),
    "single_node": (3584, 18944, 28, 28, 4, 152064),
    "cluster": (5120, 13824, 48, 40, 8, 152064),
}


@pytest.mark.parametrize("preset", QWEN)
def test_vllm_takes_what_it_is_told_by_a_preset(preset, tmp_path):
    from vllm import AsyncEngineArgs

    config = load_config(preset)
    hidden, feed_forward, layers, heads, key_heads, vocabulary = QWEN[preset]
    published = Qwen2Config(
        hidden_size=hidden,
        intermediate_size=feed_forward,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=key_heads,
        vocab_size=vocabulary,
        max_position_embeddings=1_010_000 if config.model.endswith("-1M") else 32_768,
        architectures=["Qwen2ForCausalLM"],
    ).to_dict()
    if config.model.endswith("-1M"):
        published["dual_chunk_attention_config"] = DUAL_CHUNK
    (tmp_path / "config.json").write_text(json.dumps(published))
    args = AsyncEngineArgs(**engine_arguments(config.engine, str(tmp_path)), skip_tokenizer_init=True)
    model = args.create_model_config()
    assert model.max_model_len == config.engine.max_model_len
    assert str(model.dtype) == f"torch.{config.engine.dtype}"
    assert str(model.head_dtype) == "torch.float32"
    assert not hasattr(model.hf_text_config, "dual_chunk_attention_config")
    # Every query head of every rank has whole key heads.
    assert heads % (key_heads * config.engine.tensor_parallel_size) == 0


def test_vllms_own_processes_can_import_the_override():
    assert pickle.loads(pickle.dumps(as_the_learner_computes)) is as_the_learner_computes
