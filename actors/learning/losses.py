"""Losses as sums over weighted tokens, so that micro-batches and ranks add up to the one big batch exactly.

How tokens are averaged is decided once for the whole batch, in the weights (`token_weights`): a loss here is
sum_t w_t l_t over the tokens at hand, and the gradient of the batch is the sum of the gradients of its parts.

Notation: T selected (model) tokens of any number of rollouts, laid end to end.
Every `logp` is the log-probability of the token that was sampled, at the sampling temperature.
"""

import torch
from torch import Tensor

from actors.learning.config import GrpoConfig

# exp(20) is 5e8: whatever a ratio says beyond, it is no longer a step in a trust region, and float32 holds it.
MOST_LOG_RATIO = 20.0
# exp(5) is 148, and a token this far below the reference is pulled as hard as any further one. With the paper's beta of
# 0.001 its pull stays well below that of an advantage; unbounded, one token 9 nats off turns the whole step.
_MOST_KL_LOG_RATIO = 5.0
# What "far off" means for the metric where no cap is set.
_USUAL_CAP = 2.0


def policy_loss(
    logp_T: Tensor, behaviour_T: Tensor, adv_T: Tensor, weight_T: Tensor, grpo: GrpoConfig, proximal_T: Tensor
) -> Tensor:
    """The loss that `grpo.loss` names: `clipped_policy_loss` or `cispo_loss`, with its settings."""
    tokens = (logp_T, behaviour_T, adv_T, weight_T)
    high, cap = grpo.clip_high, grpo.importance_cap
    if grpo.loss == "cispo":
        return cispo_loss(*tokens, clip_high=high, importance_cap=cap, proximal_T=proximal_T)
    return clipped_policy_loss(
        *tokens, clip_low=grpo.clip_low, clip_high=high, importance_cap=cap, proximal_T=proximal_T
    )


def clipped_policy_loss(
    logp_T: Tensor,
    behaviour_T: Tensor,
    adv_T: Tensor,
    weight_T: Tensor,
    *,
    clip_low: float,
    clip_high: float,
    importance_cap: float | None = None,
    proximal_T: Tensor | None = None,
) -> Tensor:
    """PPO's clipped objective with a separate upper clip (DAPO, arXiv 2503.14476), negated.

    -sum_t w_t min(rho_t A_t, clip(rho_t, 1 - clip_low, 1 + clip_high) A_t) with rho = exp(logp - behaviour).
    With a cap, rho = exp(logp - proximal), where the proximal policy is the learner itself at the start of the step
    (decoupled PPO: Hilton et al., arXiv 2110.00641; AReaL, arXiv 2505.24298), and each term is weighted by
    min(exp(proximal - behaviour), cap): token-level truncated importance sampling (Yao et al. 2025, "Your efficient
    RL framework secretly brings you off-policy RL training"). So the clip bounds the learner's own steps and the cap
    bounds what an older policy or another kernel adds. In a step's first update no token's gradient is unbounded; in
    further ones the ratio of a token with negative advantage is, up to exp(20), as in all of PPO without a dual clip.

    Args:
        logp_T: under the policy that learns; the only argument that gets a gradient.
        behaviour_T: under the policy that sampled, as the engine reported it.
        adv_T: advantage of the token's rollout.
        weight_T: from `token_weights`.
        clip_low: lower clip distance.
        clip_high: upper clip distance.
        importance_cap: None for the ratio to the behaviour policy, without a bound where the advantage is negative.
        proximal_T: under the learner at the start of the step; None where it is the policy that learns, in a step's
            first update: then rho is 1 and only its gradient matters.

    Returns:
        The loss, a scalar.
    """
    _same_shape(logp_T, behaviour_T, adv_T, weight_T)
    old_T, truncated_T = _proximal(logp_T, behaviour_T, importance_cap, proximal_T)
    ratio_T = _ratio(logp_T, old_T)
    clipped_T = ratio_T.clamp(1.0 - clip_low, 1.0 + clip_high)
    gain_T = torch.minimum(ratio_T * adv_T, clipped_T * adv_T)
    return -(weight_T * truncated_T * gain_T).sum()


def cispo_loss(
    logp_T: Tensor,
    behaviour_T: Tensor,
    adv_T: Tensor,
    weight_T: Tensor,
    *,
    clip_high: float,
    importance_cap: float | None = None,
    proximal_T: Tensor | None = None,
) -> Tensor:
    """CISPO's objective, negated: every token keeps its gradient, and only its weight is bounded.

    -sum_t w_t sg(min(rho_t, 1 + clip_high)) A_t logp_t (MiniMax-M1, arXiv 2506.13585, equation 4, without a lower bound
    as there; ScaleRL, arXiv 2510.13786). rho, and the weight that the cap bounds, are those of `clipped_policy_loss`.
    The value is no estimate of anything; its gradient is the policy gradient.

    Args:
        logp_T: under the policy that learns; the only argument that gets a gradient.
        behaviour_T: under the policy that sampled, as the engine reported it.
        adv_T: advantage of the token's rollout.
        weight_T: from `token_weights`.
        clip_high: how far above 1 the ratio may weigh.
        importance_cap: as in `clipped_policy_loss`.
        proximal_T: as in `clipped_policy_loss`.

    Returns:
        The loss, a scalar.
    """
    _same_shape(logp_T, behaviour_T, adv_T, weight_T)
    old_T, truncated_T = _proximal(logp_T, behaviour_T, importance_cap, proximal_T)
    bounded_T = _ratio(logp_T.detach(), old_T).clamp(max=1.0 + clip_high)
    return -(weight_T * truncated_T * bounded_T * adv_T * logp_T).sum()


def kl_penalty(logp_T: Tensor, reference_T: Tensor, weight_T: Tensor) -> Tensor:
    """Weighted KL(policy || reference) by the low-variance estimator k3, which is never negative.

    sum_t w_t (exp(d_t) - d_t - 1) with d = reference - logp (http://joschu.net/blog/kl-approx.html); above d = 5 its
    tangent there goes on in its place, so that no token's pull is more than exp(5) - 1.

    Args:
        logp_T: under the policy that learns.
        reference_T: under the reference model.
        weight_T: from `token_weights`.
    """
    _same_shape(logp_T, reference_T, weight_T)
    delta_T = reference_T - logp_T
    near_T = delta_T.clamp(max=_MOST_KL_LOG_RATIO)
    exp_T = torch.exp(near_T) * (1.0 + delta_T - near_T)
    return (weight_T * (exp_T - delta_T - 1.0)).sum()


def negative_log_likelihood(logp_T: Tensor, weight_T: Tensor) -> Tensor:
    """The supervised loss: -sum_t w_t logp_t.

    Args:
        logp_T: under the policy that learns.
        weight_T: from `token_weights`.
    """
    _same_shape(logp_T, weight_T)
    return -(weight_T * logp_T).sum()


@torch.no_grad()
def policy_metric_sums(
    logp_T: Tensor,
    behaviour_T: Tensor,
    adv_T: Tensor,
    *,
    clip_low: float | None,
    clip_high: float,
    proximal_T: Tensor | None = None,
) -> dict[str, float]:
    """Sums over tokens of what tells how far the policy has moved.

    clip_fraction: tokens whose gradient the clip removes, or, in CISPO, bounds. ratio_mean: the ratio that is clipped.
    approx_kl: k3 estimate of KL(behaviour || policy), rho - 1 - log rho. Divide by the token count for means.

    Args:
        logp_T: under the policy that learns.
        behaviour_T: under the policy that sampled.
        adv_T: advantages.
        clip_low: as in the loss; None for CISPO, which has none and bounds tokens of either sign.
        clip_high: as in the loss.
        proximal_T: what the clipped ratio is to; None for the policy that sampled.
    """
    _same_shape(logp_T, behaviour_T, adv_T)
    ratio_T = _ratio(logp_T, behaviour_T if proximal_T is None else proximal_T)
    clipped_T = ratio_T > 1.0 + clip_high
    if clip_low is not None:
        clipped_T = (clipped_T & (adv_T > 0)) | ((ratio_T < 1.0 - clip_low) & (adv_T < 0))
    gap_T = logp_T - behaviour_T
    return {
        "clip_fraction": float(clipped_T.sum()),
        "ratio_mean": float(ratio_T.sum()),
        "approx_kl": float((_ratio(logp_T, behaviour_T) - 1.0 - gap_T).sum()),
        "logp_gap": float(gap_T.abs().sum()),
    }


@torch.no_grad()
def mismatch_sums(proximal_T: Tensor, behaviour_T: Tensor, importance_cap: float | None) -> dict[str, float]:
    """Sums over tokens of how far the policy that sampled is from the learner before it moves: age and other kernels.

    mismatch_mean: |proximal - behaviour| in nats. mismatch_beyond_cap: tokens whose importance weight is cut.

    Args:
        proximal_T: under the learner at the start of the step.
        behaviour_T: under the policy that sampled.
        importance_cap: as in the loss; None counts beyond 2.
    """
    _same_shape(proximal_T, behaviour_T)
    cap = _USUAL_CAP if importance_cap is None else importance_cap
    return {
        "mismatch_mean": float((proximal_T - behaviour_T).abs().sum()),
        "mismatch_beyond_cap": float((_ratio(proximal_T, behaviour_T) > cap).sum()),
    }


def _proximal(
    logp_T: Tensor, behaviour_T: Tensor, importance_cap: float | None, proximal_T: Tensor | None
) -> tuple[Tensor, Tensor]:
    """What the ratio is taken to, and the truncated importance weight of each token; neither has a gradient."""
    if importance_cap is None:
        return behaviour_T, torch.ones_like(behaviour_T)
    old_T = logp_T.detach() if proximal_T is None else proximal_T
    _same_shape(logp_T, old_T)
    return old_T, _ratio(old_T, behaviour_T).clamp(max=importance_cap)


def _ratio(logp_T: Tensor, old_T: Tensor) -> Tensor:
    """exp(logp - old), bounded before it is taken."""
    return torch.exp((logp_T - old_T).clamp(-MOST_LOG_RATIO, MOST_LOG_RATIO))


def _same_shape(first: Tensor, *others: Tensor) -> None:
    for other in others:
        if first.ndim != 1 or other.shape != first.shape:
            raise ValueError(f"expected equal shapes [T], got {list(first.shape)} and {list(other.shape)}")
