"""Losses as sums over weighted tokens, so that micro-batches and ranks add up to the one big batch exactly.

How tokens are averaged is decided once for the whole batch, in the weights (`token_weights`): a loss here is
sum_t w_t l_t over the tokens at hand, and the gradient of the batch is the sum of the gradients of its parts.

Notation: T selected (model) tokens of any number of rollouts, laid end to end.
Every `logp` is the log-probability of the token that was sampled, at the sampling temperature.
"""

import torch
from torch import Tensor


def clipped_policy_loss(
    logp_T: Tensor,
    behaviour_T: Tensor,
    adv_T: Tensor,
    weight_T: Tensor,
    *,
    clip_low: float,
    clip_high: float,
    importance_cap: float | None = None,
) -> Tensor:
    """PPO's clipped objective with a separate upper clip (DAPO, arXiv 2503.14476), negated.

    -sum_t w_t min(rho_t A_t, clip(rho_t, 1 - clip_low, 1 + clip_high) A_t) with rho = exp(logp - behaviour).
    With a cap, rho = exp(logp - logp_old), where old is the policy at this very step (so rho is 1 and only
    its gradient matters), and each term is weighted by min(exp(logp_old - behaviour), cap): truncated
    importance sampling, which bounds the variance of rollouts from an older policy or another kernel.

    Args:
        logp_T: under the policy that learns; the only argument that gets a gradient.
        behaviour_T: under the policy that sampled, as the engine reported it.
        adv_T: advantage of the token's rollout.
        weight_T: from `token_weights`.
        clip_low: lower clip distance.
        clip_high: upper clip distance.
        importance_cap: None for the ratio to the behaviour policy.

    Returns:
        The loss, a scalar.
    """
    _same_shape(logp_T, behaviour_T, adv_T, weight_T)
    old_T = behaviour_T if importance_cap is None else logp_T.detach()
    ratio_T = torch.exp(logp_T - old_T)
    clipped_T = ratio_T.clamp(1.0 - clip_low, 1.0 + clip_high)
    gain_T = torch.minimum(ratio_T * adv_T, clipped_T * adv_T)
    if importance_cap is not None:
        gain_T = gain_T * torch.exp(old_T - behaviour_T).clamp(max=importance_cap)
    return -(weight_T * gain_T).sum()


def kl_penalty(logp_T: Tensor, reference_T: Tensor, weight_T: Tensor) -> Tensor:
    """Weighted KL(policy || reference) by the low-variance estimator k3, which is never negative.

    sum_t w_t (exp(d_t) - d_t - 1) with d = reference - logp (http://joschu.net/blog/kl-approx.html).

    Args:
        logp_T: under the policy that learns.
        reference_T: under the reference model.
        weight_T: from `token_weights`.
    """
    _same_shape(logp_T, reference_T, weight_T)
    delta_T = reference_T - logp_T
    return (weight_T * (torch.exp(delta_T) - delta_T - 1.0)).sum()


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
    logp_T: Tensor, behaviour_T: Tensor, adv_T: Tensor, *, clip_low: float, clip_high: float
) -> dict[str, float]:
    """Sums over tokens of what tells how far the policy has moved from the one that sampled.

    clip_fraction: tokens whose gradient the clip removes. approx_kl: k3 estimate of KL(behaviour || policy),
    rho - 1 - log rho. Divide by the token count for means.

    Args:
        logp_T: under the policy that learns.
        behaviour_T: under the policy that sampled.
        adv_T: advantages.
        clip_low: as in the loss.
        clip_high: as in the loss.
    """
    _same_shape(logp_T, behaviour_T, adv_T)
    log_ratio_T = logp_T - behaviour_T
    ratio_T = torch.exp(log_ratio_T)
    clipped_T = ((ratio_T > 1.0 + clip_high) & (adv_T > 0)) | ((ratio_T < 1.0 - clip_low) & (adv_T < 0))
    return {
        "clip_fraction": float(clipped_T.sum()),
        "ratio_mean": float(ratio_T.sum()),
        "approx_kl": float((ratio_T - 1.0 - log_ratio_T).sum()),
        "logp_gap": float(log_ratio_T.abs().sum()),
    }


def _same_shape(first: Tensor, *others: Tensor) -> None:
    for other in others:
        if first.ndim != 1 or other.shape != first.shape:
            raise ValueError(f"expected equal shapes [T], got {list(first.shape)} and {list(other.shape)}")
