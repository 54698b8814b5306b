"""How far a step has moved the policy, and how far the policy that sampled was from it before: numbers, no gradients.

Notation: T selected (model) tokens of any number of rollouts, laid end to end.
"""

import torch
from torch import Tensor

from actors.learning.config import GrpoConfig
from actors.learning.ratios import (
    importance_ratio,
    same_shape,
    sequence_ratio,
    sequence_sum,
    token_ratio,
)

# What "far off" means for the metric where no cap is set.
_USUAL_CAP = 2.0


@torch.no_grad()
def policy_metrics(
    logp_T: Tensor,
    behaviour_T: Tensor,
    adv_T: Tensor,
    grpo: GrpoConfig,
    proximal_T: Tensor,
    sequence_T: Tensor,
) -> tuple[dict[str, float], dict[str, float]]:
    """Sums over tokens, and the largest over tokens, of all that is reported of one micro-batch.

    Args:
        logp_T: under the policy that learns.
        behaviour_T: under the policy that sampled.
        adv_T: advantages.
        grpo: names the loss and how what was sampled is weighted.
        proximal_T: under the learner at the start of the step.
        sequence_T: number of the rollout that each token belongs to.
    """
    old_T = behaviour_T if grpo.importance_cap is None else proximal_T
    ratio_T = sequence_ratio(logp_T, old_T, sequence_T) if grpo.loss == "gspo" else token_ratio(logp_T, old_T)
    clip_low = None if grpo.loss == "cispo" else grpo.clip_low
    by_rollout_T = sequence_T if grpo.importance_level == "sequence" else None
    sums = {
        **clip_sums(ratio_T, adv_T, clip_low=clip_low, clip_high=grpo.clip_high),
        **drift_sums(logp_T, behaviour_T),
        **mismatch_sums(proximal_T, behaviour_T, grpo.importance_cap, by_rollout_T),
    }
    off_T = proximal_T - behaviour_T
    largest = {
        "ratio_max": float(ratio_T.max()),
        "mismatch_max": float(off_T.abs().max()),
        "mismatch_rollout_max": float(sequence_sum(off_T, sequence_T).abs().max()),
    }
    return sums, largest


@torch.no_grad()
def clip_sums(
    ratio_T: Tensor, adv_T: Tensor, *, clip_low: float | None, clip_high: float
) -> dict[str, float]:
    """Sums over tokens of what the clip does; divide by the token count for means.

    clip_fraction: tokens whose gradient the clip removes, or, in CISPO, bounds. ratio_mean: the ratio that is clipped.

    Args:
        ratio_T: the ratio that is clipped; in GSPO that of the token's rollout.
        adv_T: advantages.
        clip_low: as in the loss; None for CISPO, which has none and bounds tokens of either sign.
        clip_high: as in the loss.
    """
    same_shape(ratio_T, adv_T)
    clipped_T = ratio_T > 1.0 + clip_high
    if clip_low is not None:
        clipped_T = (clipped_T & (adv_T > 0)) | ((ratio_T < 1.0 - clip_low) & (adv_T < 0))
    return {"clip_fraction": float(clipped_T.sum()), "ratio_mean": float(ratio_T.sum())}


@torch.no_grad()
def drift_sums(logp_T: Tensor, behaviour_T: Tensor) -> dict[str, float]:
    """Sums over tokens of how far the policy is from the one that sampled; divide by the token count for means.

    approx_kl: k3 estimate of KL(behaviour || policy), rho - 1 - log rho. logp_gap: |log rho| in nats.

    Args:
        logp_T: under the policy that learns.
        behaviour_T: under the policy that sampled.
    """
    same_shape(logp_T, behaviour_T)
    gap_T = logp_T - behaviour_T
    kl_T = token_ratio(logp_T, behaviour_T) - 1.0 - gap_T
    return {"approx_kl": float(kl_T.sum()), "logp_gap": float(gap_T.abs().sum())}


@torch.no_grad()
def mismatch_sums(
    proximal_T: Tensor, behaviour_T: Tensor, importance_cap: float | None, sequence_T: Tensor | None = None
) -> dict[str, float]:
    """Sums over tokens of how far the policy that sampled is from the learner before it moves: age and other kernels.

    mismatch_mean: |proximal - behaviour| in nats. mismatch_kl: k3 estimate of KL(behaviour || proximal), in nats.
    mismatch_beyond_cap: tokens whose importance weight is cut. mismatch_weight: the weight after the cut.

    Args:
        proximal_T: under the learner at the start of the step.
        behaviour_T: under the policy that sampled.
        importance_cap: as in the loss; None counts beyond 2, and says what a cap of 2 would leave.
        sequence_T: number of the rollout that each token belongs to, where weights are by rollout.
    """
    cap = _USUAL_CAP if importance_cap is None else importance_cap
    gap_T = proximal_T - behaviour_T
    ratio_T = importance_ratio(proximal_T, behaviour_T, sequence_T)
    return {
        "mismatch_mean": float(gap_T.abs().sum()),
        "mismatch_kl": float((token_ratio(proximal_T, behaviour_T) - 1.0 - gap_T).sum()),
        "mismatch_beyond_cap": float((ratio_T > cap).sum()),
        "mismatch_weight": float(ratio_T.clamp(max=cap).sum()),
    }
