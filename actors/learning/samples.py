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

from actors.errors import ForeignRolloutError, StaleRolloutError
from actors.learning.advantages import group_advantages, has_mixed_outcome, reward_std
from actors.learning.config import GrpoConfig
from actors.learning.left_out import is_left_out
from actors.records import Rollout, ScoredGroup, Segment, SftRollout, Source

Aggregation = Literal["token_mean", "sequence_mean", "constant"]
Denominator = Literal["all", "learning"]

# A healthy engine samples no token below: all of a vocabulary of 150,000 words at this probability are together 3e-17.
# vLLM writes -9999 where it has no number. Above 0 a log-probability is rounding, or no log-probability.
_LEAST_LOGP, _MOST_LOGP = -50.0, 0.01


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
    """Which of those the model wrote; none of a rollout that is left out."""
    behaviour_T: NDArray[np.float32]
    """Their log-probabilities when sampled; 0 where there is none."""
    advantage: float = 0.0
    """Advantage of the rollout, the same for all its tokens."""
    weight: float = 0.0
    """Weight in the loss of each token that the model wrote."""
    is_left_out: bool = False
    """Whether the config keeps it out of the loss, so that it has no token there."""

    @property
    def num_in_loss(self) -> int:
        """Tokens the model wrote."""
        return int(self.in_loss_T.sum())

    @property
    def is_sound(self) -> bool:
        """Whether its numbers can be learned from: a finite advantage, and log-probabilities that can be some."""
        behaviour_N = self.behaviour_T[self.in_loss_T]
        # NaN is in no order, so it fails the comparisons too.
        is_possible_N = (behaviour_N >= _LEAST_LOGP) & (behaviour_N <= _MOST_LOGP)
        return bool(np.isfinite(self.advantage) and is_possible_N.all())


def token_weights(
    num_tokens_B: NDArray[np.integer],
    aggregation: Aggregation,
    is_counted_B: NDArray[np.bool_] | None = None,
    *,
    constant_tokens: int | None = None,
) -> NDArray[np.float64]:
    """Weight of each token of each rollout, from the token counts of the whole batch over all ranks.

    token_mean: 1 / sum(n) (DAPO, arXiv 2503.14476).  sequence_mean: 1 / (B' n_i), where B' counts the rollouts that
    have tokens (GRPO, arXiv 2402.03300).  constant: 1 / (B' L), so that neither a rollout's own length nor that of the
    others moves a token's weight (Dr.GRPO, arXiv 2503.20783).

    The denominators count every rollout (GRPO, and verl's and Search-R1's mean over the step), or only those in
    `is_counted_B`. With the rollouts that have an advantage there, groups that are all right or all wrong do not dilute
    the others: so ScaleRL (arXiv 2510.13786) after its filter of groups without variance, and DAPO, which samples until
    each group is mixed.

    Args:
        num_tokens_B: n, model tokens per rollout.
        aggregation: which of the three.
        is_counted_B: rollouts in the denominators; None, or none with tokens, counts all.
        constant_tokens: L; read by `constant` only, which needs it.

    Returns:
        float64 [B]; 0 for a rollout without tokens. sum(n * weight) over the counted is 1 unless there is no token; for
        `constant` it is their mean length over L.

    Raises:
        ValueError: shapes do not fit, or `constant` has no L.
    """
    num_tokens_B = np.asarray(num_tokens_B)
    if num_tokens_B.ndim != 1:
        raise ValueError(f"num_tokens_B must have shape [B], got {list(num_tokens_B.shape)}")
    if is_counted_B is not None and is_counted_B.shape != num_tokens_B.shape:
        raise ValueError(
            f"is_counted_B {list(is_counted_B.shape)} and num_tokens_B {list(num_tokens_B.shape)} do not match"
        )
    has_tokens_B = num_tokens_B > 0
    counted_B = has_tokens_B if is_counted_B is None else has_tokens_B & is_counted_B
    if not counted_B.any():
        counted_B = has_tokens_B
    if aggregation == "token_mean":
        return np.where(has_tokens_B, 1.0 / max(int(num_tokens_B[counted_B].sum()), 1), 0.0)
    if aggregation == "constant":
        if constant_tokens is None:
            raise ValueError("aggregation constant needs constant_tokens")
        return np.where(has_tokens_B, 1.0 / (max(int(counted_B.sum()), 1) * constant_tokens), 0.0)
    return np.where(has_tokens_B, 1.0 / (max(int(counted_B.sum()), 1) * np.maximum(num_tokens_B, 1)), 0.0)


def sample_of(
    segments: Sequence[Segment], index: int, *, advantage: float = 0.0, weight: float = 0.0
) -> Sample:
    """A rollout's segments as a sample.

    Raises:
        ForeignRolloutError: the model's words have no tokens, so another model wrote them.
        ValueError: there is no prompt, or not one log-probability per token.
    """
    if any(s.source is Source.MODEL and s.text and not len(s.token_ids) for s in segments):
        raise ForeignRolloutError(
            f"rollout {index} of the batch has text without tokens: it was held by a model behind an endpoint, which "
            "can be evaluated and cannot be trained on"
        )
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
    """Rollouts with the advantages of their groups, weighted over the whole batch; those not sound are not among them.

    Such a rollout stays in its group's baseline: its reward was earned, only its numbers are broken. So does one that
    `is_left_out`, which is here, without a token in the loss.
    """
    samples: list[Sample] = []
    rewards = [np.array([s.reward for s in group.scores], dtype=np.float64) for group in groups]
    batch_std = reward_std(rewards) if grpo.advantage == "batch" else None
    for group, rewards_G in zip(groups, rewards, strict=True):
        correct_G = np.array([s.is_correct for s in group.scores], dtype=bool)
        with np.errstate(invalid="ignore"):
            adv_G = group_advantages(
                rewards_G,
                grpo.advantage,
                std_floor=grpo.std_floor,
                correct_G=correct_G,
                batch_std=batch_std,
            )
        if grpo.requires_mixed_outcome and not has_mixed_outcome(correct_G):
            # Times zero, so that what is not finite stays so.
            adv_G = adv_G * 0.0
        for rollout, advantage in zip(group.group.rollouts, adv_G, strict=True):
            sample = sample_of(rollout.segments, len(samples), advantage=float(advantage))
            if sample.is_sound:
                samples.append(_emptied(sample) if is_left_out(rollout, grpo) else sample)
    return _weighted(samples, grpo.aggregation, grpo.denominator, grpo.constant_tokens)


def refuse_stale(groups: Sequence[ScoredGroup], *, version: int, max_staleness: int) -> None:
    """Raise `StaleRolloutError` if a rollout has a token that is too many versions behind `version`."""
    for group in groups:
        for rollout in group.group.rollouts:
            oldest = rollout.oldest_version
            if 0 <= oldest < version - max_staleness:
                raise StaleRolloutError(
                    f"rollout {rollout.rollout_id} has tokens of version {oldest}, version {version} learns, "
                    f"and training.max_staleness is {max_staleness}: admit fewer tasks ahead or raise it"
                )


def joined(arrays: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    """Arrays end to end, in one dtype; empty for none."""
    return np.concatenate([np.asarray(a, dtype=dtype) for a in arrays]) if arrays else np.zeros(0, dtype)


def _emptied(sample: Sample) -> Sample:
    """The sample without its tokens in the loss, and so with nothing to say."""
    return replace(sample, in_loss_T=np.zeros_like(sample.in_loss_T), advantage=0.0, is_left_out=True)


def _weighted(
    samples: Sequence[Sample],
    aggregation: Aggregation,
    denominator: Denominator = "all",
    constant_tokens: int | None = None,
) -> list[Sample]:
    num_tokens_B = np.array([s.num_in_loss for s in samples], dtype=np.int64)
    is_counted_B = np.array([denominator == "all" or s.advantage != 0.0 for s in samples], dtype=bool)
    weight_B = token_weights(num_tokens_B, aggregation, is_counted_B, constant_tokens=constant_tokens)
    return [replace(s, weight=float(w)) for s, w in zip(samples, weight_B, strict=True)]
