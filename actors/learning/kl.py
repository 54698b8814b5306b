"""The penalty for leaving the reference model: estimates of KL(policy || reference) from what was sampled.

The value of an estimate and its gradient are two things. For tokens that the policy sampled, k1 and k3 are right on
average about the value, k2 nearly. But the gradient of k1 itself is zero on average, that of k3 is the gradient of
KL(reference || policy), and that of k2 is the gradient of KL(policy || reference): Tang and Munos, arXiv 2506.09477.
All three are of each token by itself: what it changes in the divergence of later ones is left out.

Notation: T selected (model) tokens of any number of rollouts, laid end to end.
"""

from typing import Literal

import torch
from torch import Tensor

from actors.learning.ratios import same_shape

KlEstimator = Literal["k1", "k2", "k3"]

# exp(5) is 148, and a token this far below the reference is pulled as hard as any further one. With the paper's beta of
# 0.001 its pull stays well below that of an advantage; unbounded, one token 9 nats off turns the whole step.
_MOST_KL_LOG_RATIO = 5.0


def kl_penalty(
    logp_T: Tensor, reference_T: Tensor, weight_T: Tensor, estimator: KlEstimator = "k3"
) -> Tensor:
    """Weighted KL(policy || reference), by one of Schulman's estimators (http://joschu.net/blog/kl-approx.html).

    With d = reference - logp, sum_t w_t times
    k1: -d, which may be negative. Its gradient is that of the same cost in each token's reward, (logp - reference)
    times the gradient of logp: its own would be zero on average, and hold the policy nowhere.
    k2: d^2 / 2, with the same gradient.
    k3: exp(d) - d - 1, never negative, as in GRPO (arXiv 2402.03300, equation 4); above d = 5 its tangent there goes on
    in its place, so that no token's pull is more than exp(5) - 1.

    Args:
        logp_T: under the policy that learns.
        reference_T: under the reference model.
        weight_T: from `token_weights`.
        estimator: which of the three.
    """
    same_shape(logp_T, reference_T, weight_T)
    delta_T = reference_T - logp_T
    if estimator == "k3":
        near_T = delta_T.clamp(max=_MOST_KL_LOG_RATIO)
        exp_T = torch.exp(near_T) * (1.0 + delta_T - near_T)
        return (weight_T * (exp_T - delta_T - 1.0)).sum()
    half_square_T = delta_T.square() / 2.0
    if estimator == "k1":
        return (weight_T * (half_square_T - half_square_T.detach() - delta_T.detach())).sum()
    return (weight_T * half_square_T).sum()
