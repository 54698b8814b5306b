"""How much likelier one policy makes what was sampled than another does, token by token or rollout by rollout.

A rollout's tokens are all in one row and so in one micro-batch, among siblings in any order: `sequence_T` says which
rollout each token belongs to. What is said of a rollout here is given to each of its tokens, since losses are sums
over tokens.

Notation: T selected (model) tokens of any number of rollouts, laid end to end.
"""

import torch
from torch import Tensor

# exp(20) is 5e8: whatever a ratio says beyond, it is no longer a step in a trust region, and float32 holds it.
MOST_LOG_RATIO = 20.0


def token_ratio(logp_T: Tensor, old_T: Tensor) -> Tensor:
    """Of each token by itself: exp(logp - old), bounded before it is taken.

    Args:
        logp_T: under the policy above.
        old_T: under the policy below.
    """
    same_shape(logp_T, old_T)
    return torch.exp((logp_T - old_T).clamp(-MOST_LOG_RATIO, MOST_LOG_RATIO))


def sequence_ratio(logp_T: Tensor, old_T: Tensor, sequence_T: Tensor) -> Tensor:
    """The geometric mean of the token ratios of the token's rollout: exp of the mean of logp - old.

    s_i = exp((1 / n_i) sum_t (logp_t - old_t)) (GSPO, arXiv 2507.18071, equation 7), bounded before it is taken.

    Args:
        logp_T: under the policy above.
        old_T: under the policy below.
        sequence_T: number of the rollout that each token belongs to.
    """
    same_shape(logp_T, old_T, sequence_T)
    sum_T = sequence_sum(logp_T - old_T, sequence_T)
    num_T = sequence_sum(torch.ones_like(logp_T), sequence_T)
    return torch.exp((sum_T / num_T).clamp(-MOST_LOG_RATIO, MOST_LOG_RATIO))


def importance_ratio(proximal_T: Tensor, behaviour_T: Tensor, sequence_T: Tensor | None = None) -> Tensor:
    """How much likelier the learner was to write what was sampled, as it stood at the start of the step.

    By token, exp(proximal - behaviour) (Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL
    training"): biased, as if the context of each token had been sampled by the proximal policy. By rollout, the product
    of those over the rollout, exp(sum_t (proximal_t - behaviour_t)) (Liu et al. 2025, "When speed kills stability"):
    exact, and of a variance that grows with length, so that of long rollouts most are near zero or at any cap.

    Args:
        proximal_T: under the learner at the start of the step.
        behaviour_T: under the policy that sampled.
        sequence_T: number of the rollout that each token belongs to, for the ratio by rollout; None for that by token.
    """
    same_shape(proximal_T, behaviour_T)
    if sequence_T is None:
        return token_ratio(proximal_T, behaviour_T)
    same_shape(proximal_T, sequence_T)
    gap_T = sequence_sum(proximal_T - behaviour_T, sequence_T)
    return torch.exp(gap_T.clamp(-MOST_LOG_RATIO, MOST_LOG_RATIO))


def sequence_sum(value_T: Tensor, sequence_T: Tensor) -> Tensor:
    """The sum of a value over the token's rollout, for each token.

    Args:
        value_T: what is summed.
        sequence_T: number of the rollout that each token belongs to.
    """
    numbers, place_T = torch.unique(sequence_T, return_inverse=True)
    sum_B = torch.zeros(len(numbers), dtype=value_T.dtype, device=value_T.device)
    return sum_B.scatter_add(0, place_T, value_T)[place_T]


def same_shape(first: Tensor, *others: Tensor) -> None:
    """Raise `ValueError` unless all are [T] of one T."""
    for other in others:
        if first.ndim != 1 or other.shape != first.shape:
            raise ValueError(f"expected equal shapes [T], got {list(first.shape)} and {list(other.shape)}")
