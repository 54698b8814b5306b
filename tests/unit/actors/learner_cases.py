"""A tiny random Llama and rollouts for it, for the learner's tests."""

from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from actors.learning.config import LearnerConfig
from actors.policy_learner import PolicyLearner
from actors.records import (
    EndReason,
    Rollout,
    RolloutGroup,
    Score,
    ScoredGroup,
    Segment,
    SftRollout,
    Source,
)
from actors.weights.buckets import unpacked
from curriculum.task import Task

VOCABULARY = 300
BUCKET_BYTES = 60_000


def tiny_model(seed: int = 0, *, tied: bool = True) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        hidden_size=64,
        intermediate_size=172,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=VOCABULARY,
        tie_word_embeddings=tied,
        initializer_range=0.1,
    )
    return LlamaForCausalLM(config)


def saved_tiny_model(folder: Path, seed: int = 0, *, tied: bool = True) -> str:
    tiny_model(seed, tied=tied).save_pretrained(folder)
    return str(folder)


def learner_config(**changes) -> LearnerConfig:
    grpo = {"lr": 1e-2, **changes.pop("grpo", {})}
    sft = {"lr": 1e-2, "schedule": {"kind": "constant"}, **changes.pop("sft", {})}
    base = {
        "micro_batch_tokens": 64,
        "chunk_tokens": 7,
        "num_threads": 1,
        "compute": "float32",
    }
    return LearnerConfig.model_validate({**base, **changes, "grpo": grpo, "sft": sft})


def segment(source: Source, ids: list[int], logprobs=None, version: int = 0) -> Segment:
    own = source is Source.MODEL and logprobs is not None
    return Segment(
        source=source,
        token_ids=np.array(ids, np.int32),
        logprobs=np.array(logprobs if own else [], np.float32),
        versions=np.full(len(ids) if own else 0, version, np.int32),
        text="",
    )


def random_segments(
    rng: np.random.Generator, prompt: list[int], *, version: int = 0, with_logprobs: bool = True
) -> tuple[Segment, ...]:
    """prompt, model, environment, model, of random lengths."""

    def ids(low: int, high: int) -> list[int]:
        return rng.integers(0, VOCABULARY, rng.integers(low, high)).tolist()

    def model(tokens: list[int]) -> Segment:
        # Near log(1/V), as an untrained model gives.
        logprobs = rng.normal(-5.7, 0.1, len(tokens)) if with_logprobs else None
        return segment(Source.MODEL, tokens, logprobs, version)

    return (
        segment(Source.PROMPT, prompt),
        model(ids(2, 9)),
        segment(Source.ENVIRONMENT, ids(1, 5)),
        model(ids(2, 6)),
    )


def scored_group(
    number: int, rewards: list[float], *, seed: int = 0, version: int = 0, prompt_length: int = 6
) -> ScoredGroup:
    rng = np.random.default_rng((seed, number))
    prompt = rng.integers(0, VOCABULARY, prompt_length).tolist()
    rollouts = tuple(
        Rollout(
            rollout_id=f"g{number}/{i}",
            segments=random_segments(rng, prompt, version=version),
            executions=(),
            end_reason=EndReason.ANSWER,
            generate_s=0.0,
            execute_s=0.0,
        )
        for i in range(len(rewards))
    )
    task = Task(
        task_id=f"t/{number}",
        family="t",
        source="s",
        split="train",
        question="q",
        checker="c",
        payload="{}",
    )
    return ScoredGroup(
        group=RolloutGroup(group_id=f"g{number}", task=task, rollouts=rollouts),
        scores=tuple(
            Score(reward=r, is_correct=r > 0.5, answer=None, breakdown={"outcome": r}) for r in rewards
        ),
        num_infrastructure=0,
    )


def scored_groups(seed: int = 0, version: int = 0) -> list[ScoredGroup]:
    rewards = [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [1.0, 0.0], [1.0, 1.0, 1.0]]
    return [scored_group(i, r, seed=seed, version=version) for i, r in enumerate(rewards)]


def sft_rollouts(num: int, seed: int = 0) -> list[SftRollout]:
    rng = np.random.default_rng(seed)
    return [
        SftRollout(
            trace_id=f"s{i}",
            segments=random_segments(rng, rng.integers(0, VOCABULARY, 5).tolist(), with_logprobs=False),
        )
        for i in range(num)
    ]


def weights_of(learner: PolicyLearner) -> dict[str, torch.Tensor]:
    manifest, *buckets = learner.publish(0, BUCKET_BYTES)
    return {name: tensor.clone() for name, tensor in unpacked(manifest, buckets)}


def changed(group: ScoredGroup, change) -> ScoredGroup:
    """The group with `change` applied to every segment's fields."""
    rollouts = tuple(
        r.model_copy(update={"segments": tuple(s.model_copy(update=change(s)) for s in r.segments)})
        for r in group.group.rollouts
    )
    return group.model_copy(update={"group": group.group.model_copy(update={"rollouts": rollouts})})


def on_policy(learner, group: ScoredGroup) -> ScoredGroup:
    """The group with the learner's own log-probabilities as behaviour."""
    logps = learner.log_probs(group.group.rollouts)
    rollouts = []
    for rollout, logp_T in zip(group.group.rollouts, logps, strict=True):
        segments, start = [], 0
        for s in rollout.segments:
            if s.source is Source.MODEL:
                s = s.model_copy(update={"logprobs": logp_T[start : start + len(s.token_ids)]})
                start += len(s.token_ids)
            segments.append(s)
        rollouts.append(rollout.model_copy(update={"segments": tuple(segments)}))
    return group.model_copy(update={"group": group.group.model_copy(update={"rollouts": tuple(rollouts)})})
