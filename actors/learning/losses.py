"""Losses as sums over weighted tokens, so that micro-batches and ranks add up to the one big batch exactly.

How tokens are averaged is decided once for the whole batch, in the weights (`token_weights`): a loss here is
sum_t w_t l_t over the tokens at hand, and the gradient of the batch is the sum of the gradients of its parts.

Notation: T selected (model) tokens of any number of rollouts, laid end to end.
Every `logp` is the log-probability of the token that was sampled, at the sampling temperature.
"""

import torch
from torch import Tensor

from actors.learning.config import GrpoConfig
from actors.learning.ratios import importance_ratio, same_shape, sequence_ratio, token_ratio


def policy_loss(
    logp_T: Tensor,
    behaviour_T: Tensor,
    adv_T: Tensor,
    weight_T: Tensor,
    grpo: GrpoConfig,
    proximal_T: Tensor,
    sequence_T: Tensor,
) -> Tensor:
    """The loss that `grpo.loss` names, with its settings, for tokens that another policy may have sampled.

    Without `importance_cap` the ratio is to the policy that sampled. With a cap it is to the proximal policy, the
    learner itself at the start of the step (decoupled PPO: Hilton et al., arXiv 2110.00641; AReaL, arXiv 2505.24298),
    and each term is weighted by min(`importance_ratio`, cap), by token or by rollout: truncated importance sampling. So
    the clip bounds the learner's own steps and the cap bounds what an older policy or another kernel adds. In a step's
    first update no token's gradient is unbounded; in further ones PPO's ratio of a token with negative advantage is, up
    to exp(20), as in all of PPO without a dual clip.

    Args:
        logp_T: under the policy that learns; the only argument that gets a gradient.
        behaviour_T: under the policy that sampled, as the engine reported it.
        adv_T: advantage of the token's rollout.
        weight_T: from `token_weights`.
        grpo: names the loss, the clip, the cap and its level.
        proximal_T: under the learner at the start of the step; `logp_T` without its gradient in the first update: then
            the ratio is 1 and only its gradient matters.
        sequence_T: number of the rollout that each token belongs to.

    Returns:
        The loss, a scalar.
    """
    same_shape(logp_T, behaviour_T, adv_T, weight_T, proximal_T, sequence_T)
    old_T = behaviour_T
    if grpo.importance_cap is not None:
        by_rollout_T = sequence_T if grpo.importance_level == "sequence" else None
        ratio_T = importance_ratio(proximal_T, behaviour_T, by_rollout_T)
        old_T, weight_T = proximal_T, weight_T * ratio_T.clamp(max=grpo.importance_cap)
    tokens, low, high = (logp_T, old_T, adv_T, weight_T), grpo.clip_low, grpo.clip_high
    if grpo.loss == "cispo":
        return cispo_loss(*tokens, clip_high=high)
    if grpo.loss == "gspo":
        return gspo_loss(*tokens, sequence_T, clip_low=low, clip_high=high)
    return clipped_policy_loss(*tokens, clip_low=low, clip_high=high)


def clipped_policy_loss(
    logp_T: Tensor, old_T: Tensor, adv_T: Tensor, weight_T: Tensor, *, clip_low: float, clip_high: float
) -> Tensor:
    """PPO's clipped objective with a separate upper clip (DAPO, arXiv 2503.14476), negated.

    -sum_t w_t min(rho_t A_t, clip(rho_t, 1 - clip_low, 1 + clip_high) A_t) with rho = exp(logp - old).

    Args:
        logp_T: under the policy that learns; the only argument that gets a gradient.
        old_T: under the policy that the ratio is to.
        adv_T: advantage of the token's rollout.
        weight_T: from `token_weights`, times the importance weight if there is one.
        clip_low: lower clip distance.
        clip_high: upper clip distance.

    Returns:
        The loss, a scalar.
    """
    same_shape(logp_T, old_T, adv_T, weight_T)
    return -(weight_T * _clipped_gain(token_ratio(logp_T, old_T), adv_T, clip_low, clip_high)).sum()


def gspo_loss(
    logp_T: Tensor,
    old_T: Tensor,
    adv_T: Tensor,
    weight_T: Tensor,
    sequence_T: Tensor,
    *,
    clip_low: float,
    clip_high: float,
) -> Tensor:
    """PPO's clipped objective of whole rollouts, negated: all tokens of one share its ratio, and are clipped together.

    -sum_t w_t min(s_t A_t, clip(s_t, 1 - clip_low, 1 + clip_high) A_t), with s the `sequence_ratio` of the token's
    rollout (GSPO, arXiv 2507.18071, equation 5; its clip distances are 3e-4 and 4e-4). With the weights of
    `sequence_mean`, 1 / (B n_i), it is the paper's objective; with those of `token_mean` a long rollout weighs more.

    Args:
        logp_T: under the policy that learns; the only argument that gets a gradient.
        old_T: under the policy that the ratio is to.
        adv_T: advantage of the token's rollout.
        weight_T: from `token_weights`, times the importance weight if there is one.
        sequence_T: number of the rollout that each token belongs to; all its tokens must be here.
        clip_low: lower clip distance.
        clip_high: upper clip distance.

    Returns:
        The loss, a scalar.
    """
    same_shape(logp_T, old_T, adv_T, weight_T, sequence_T)
    ratio_T = sequence_ratio(logp_T, old_T, sequence_T)
    return -(weight_T * _clipped_gain(ratio_T, adv_T, clip_low, clip_high)).sum()


def cispo_loss(logp_T: Tensor, old_T: Tensor, adv_T: Tensor, weight_T: Tensor, *, clip_high: float) -> Tensor:
    """CISPO's objective, negated: every token keeps its gradient, and only its weight is bounded.

    -sum_t w_t sg(min(rho_t, 1 + clip_high)) A_t logp_t with rho = exp(logp - old) (MiniMax-M1, arXiv 2506.13585,
    equation 4, without a lower bound as there; ScaleRL, arXiv 2510.13786). The value is no estimate of anything; its
    gradient is the policy gradient.

    Args:
        logp_T: under the policy that learns; the only argument that gets a gradient.
        old_T: under the policy that the ratio is to.
        adv_T: advantage of the token's rollout.
        weight_T: from `token_weights`, times the importance weight if there is one.
        clip_high: how far above 1 the ratio may weigh.

    Returns:
        The loss, a scalar.
    """
    same_shape(logp_T, old_T, adv_T, weight_T)
    bounded_T = token_ratio(logp_T.detach(), old_T).clamp(max=1.0 + clip_high)
    return -(weight_T * bounded_T * adv_T * logp_T).sum()


def negative_log_likelihood(logp_T: Tensor, weight_T: Tensor) -> Tensor:
    """The supervised loss: -sum_t w_t logp_t.

    Args:
        logp_T: under the policy that learns.
        weight_T: from `token_weights`.
    """
    same_shape(logp_T, weight_T)
    return -(weight_T * logp_T).sum()


def _clipped_gain(ratio_T: Tensor, adv_T: Tensor, clip_low: float, clip_high: float) -> Tensor:
    """What each token's ratio gains, and no more than its clipped ratio would."""
    clipped_T = ratio_T.clamp(1.0 - clip_low, 1.0 + clip_high)
    return torch.minimum(ratio_T * adv_T, clipped_T * adv_T)
