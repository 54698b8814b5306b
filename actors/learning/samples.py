"""Rollouts as the learner sees them: which tokens are in the loss, how much each weighs, which way it is pushed.

A rollout's segments are taken apart: what comes before the model's first token is the prompt, and of the rest
the model's tokens are in the loss. Nothing is re-tokenised.

Notation: B samples in the batch, T tokens of a sample, P tokens of its prompt.
"""
# ruff: noqa: N815 - fields carry shape suffixes, as arguments do

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from actors.errors import StaleRolloutError
from actors.learning.advantages import group_advantages, has_mixed_outcome
from actors.learning.config import GrpoConfig
from actors.records import Rollout, ScoredGroup, Segment, SftRollout, Source

Aggregation = Literal["token_mean", "sequence_mean"]


@dataclass(frozen=True)
class Sample:
    """One rollout as the learner sees it."""

    index: int
    """Place of the sample in its batch."""
    prompt_P: NDArray[np.int64]
    """Tokens before the model's first."""
    response_T: NDArray[np.int64]
    """All tokens after the prompt, the model's and the environment's."""
    in_loss_T: NDArray[np.bool_]
    """Which of those the model wrote."""
    behaviour_T: NDArray[np.float32]
    """Their log-probabilities when sampled; 0 where there is none."""
    advantage: float = 0.0
    """Advantage of the rollout, the same for all its tokens."""
    weight: float = 0.0
    """Weight in the loss of each token that the model wrote."""

    @property
    def num_in_loss(self) -> int:
        """Tokens the model wrote."""
        return int(self.in_loss_T.sum())


def token_weights(num_tokens_B: NDArray[np.integer], aggregation: Aggregation) -> NDArray[np.float64]:
    """Weight of each token of each rollout, from the token counts of the whole batch over all ranks.

    token_mean: 1 / sum(n).  sequence_mean: 1 / (B' n_i), where B' counts the rollouts that have tokens.

    Args:
        num_tokens_B: n, model tokens per rollout.
        aggregation: which of the two.

    Returns:
        float64 [B]; 0 for a rollout without tokens. sum(n * weight) is 1 unless there is no token at all.
    """
    num_tokens_B = np.asarray(num_tokens_B)
    if num_tokens_B.ndim != 1:
        raise ValueError(f"num_tokens_B must have shape [B], got {list(num_tokens_B.shape)}")
    counted_B = num_tokens_B > 0
    if aggregation == "token_mean":
        return np.where(counted_B, 1.0 / max(int(num_tokens_B.sum()), 1), 0.0)
    return np.where(counted_B, 1.0 / (max(int(counted_B.sum()), 1) * np.maximum(num_tokens_B, 1)), 0.0)


def sample_of(
    segments: Sequence[Segment], index: int, *, advantage: float = 0.0, weight: float = 0.0
) -> Sample:
    """A rollout's segments as a sample."""
    first = next(
        (i for i, s in enumerate(segments) if s.source is Source.MODEL and len(s.token_ids)), len(segments)
    )
    prompt, rest = segments[:first], segments[first:]
    if rest and not sum(len(s.token_ids) for s in prompt):
        raise ValueError(f"rollout {index} of the batch starts with a model token: it needs a prompt")
    is_model = [s.source is Source.MODEL for s in rest]
    for s, model in zip(rest, is_model, strict=True):
        if model and len(s.logprobs) not in (0, len(s.token_ids)):
            raise ValueError(f"model segment of {len(s.token_ids)} tokens has {len(s.logprobs)} logprobs")
    behaviour = [
        s.logprobs if model and len(s.logprobs) else np.zeros(len(s.token_ids), np.float32)
        for s, model in zip(rest, is_model, strict=True)
    ]
    return Sample(
        index=index,
        prompt_P=joined([s.token_ids for s in prompt], np.int64),
        response_T=joined([s.token_ids for s in rest], np.int64),
        in_loss_T=joined(
            [np.full(len(s.token_ids), m) for s, m in zip(rest, is_model, strict=True)], np.bool_
        ),
        behaviour_T=joined(behaviour, np.float32),
        advantage=advantage,
        weight=weight,
    )


def plain_samples(rollouts: Sequence[Rollout | SftRollout]) -> list[Sample]:
    """Rollouts without advantages, every token weighing the same."""
    return _weighted([sample_of(r.segments, i) for i, r in enumerate(rollouts)], "token_mean")


def grpo_samples(groups: Sequence[ScoredGroup], grpo: GrpoConfig) -> list[Sample]:
    """Rollouts with the advantages of their groups, weighted over the whole batch."""
    samples: list[Sample] = []
    for group in groups:
        correct_G = np.array([s.is_correct for s in group.scores], dtype=bool)
        rewards_G = np.array([s.reward for s in group.scores], dtype=np.float64)
        adv_G = group_advantages(rewards_G, grpo.advantage, std_floor=grpo.std_floor)
        if grpo.requires_mixed_outcome and not has_mixed_outcome(correct_G):
            adv_G = np.zeros_like(adv_G)
        for rollout, advantage in zip(group.group.rollouts, adv_G, strict=True):
            samples.append(sample_of(rollout.segments, len(samples), advantage=float(advantage)))
    return _weighted(samples, grpo.aggregation)


def refuse_stale(groups: Sequence[ScoredGroup], *, version: int, max_staleness: int) -> None:
    """Raise `StaleRolloutError` if a rollout has a token that is too many versions behind `version`."""
    for group in groups:
        for rollout in group.group.rollouts:
            oldest = rollout.oldest_version
            if 0 <= oldest < version - max_staleness:
                raise StaleRolloutError(
                    f"rollout {rollout.rollout_id} has tokens of version {oldest}, version {version} learns, "
                    f"and grpo.max_staleness is {max_staleness}: admit fewer tasks ahead or raise it"
                )


def joined(arrays: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    """Arrays end to end, in one dtype; empty for none."""
    return np.concatenate([np.asarray(a, dtype=dtype) for a in arrays]) if arrays else np.zeros(0, dtype)


def _weighted(samples: Sequence[Sample], aggregation: Aggregation) -> list[Sample]:
    num_tokens_B = np.array([s.num_in_loss for s in samples], dtype=np.int64)
    weight_B = token_weights(num_tokens_B, aggregation)
    return [replace(s, weight=float(w)) for s, w in zip(samples, weight_B, strict=True)]
