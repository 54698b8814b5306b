"""Advantages of the rollouts of one group, from their rewards alone.

GRPO needs no value model: the siblings of a group answer the same task, so their mean reward is the baseline.
Dividing by the group's standard deviation makes every group equally loud, also one whose rewards differ only
by a formatting slip ("phantom advantages"); so the default does not divide, and a group can be required to
hold both correct and wrong rollouts.

Notation: G siblings in a group.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

AdvantageKind = Literal["mean", "std", "batch", "leave_one_out", "maxrl"]


def group_advantages(
    rewards_G: NDArray[np.floating],
    kind: AdvantageKind = "mean",
    *,
    std_floor: float = 1e-6,
    correct_G: NDArray[np.bool_] | None = None,
    batch_std: float | None = None,
) -> NDArray[np.float64]:
    """Reward minus the group's baseline.

    mean: r_i - mean(r).  std: (r_i - mean(r)) / (std(r) + std_floor), with G - 1 under the root as in torch.std
    (DeepSeekMath, arXiv 2402.03300).  batch: (r_i - mean(r)) / (batch_std + std_floor), one scale for all groups of a
    step, so that none is louder than its rewards are (Lite PPO, arXiv 2508.08221; REINFORCE++-baseline, arXiv
    2501.03262).  leave_one_out: r_i - mean of the others = (r_i - mean(r)) * G / (G - 1)
    (RLOO, arXiv 2402.14740).  maxrl: (r_i - mean(r)) / p with p the share of right siblings, and zero where none is
    (MaxRL, arXiv 2602.02710, Algorithm 1: there rewards are binary and p is their mean. Dividing by the mean of shaped
    rewards, which can be near zero or below, would blow up or turn the sign).

    Args:
        rewards_G: total reward of each sibling.
        kind: which of the five.
        std_floor: added to the standard deviation; well above the shaping scale it mutes phantom advantages.
        correct_G: the binary outcome of each sibling; read by `maxrl` only, which needs it.
        batch_std: `reward_std` of the step; read by `batch` only, which needs it.

    Returns:
        float64 [G], summing to zero; all zero when the rewards are equal, or for a group of one.

    Raises:
        ValueError: shapes do not fit, `maxrl` has no outcomes, or `batch` no standard deviation.
    """
    rewards_G = np.asarray(rewards_G, dtype=np.float64)
    if rewards_G.ndim != 1:
        raise ValueError(f"rewards_G must have shape [G], got {list(rewards_G.shape)}")
    # Equal rewards give exactly zero: the mean's rounding error over a tiny floor would be an advantage.
    if len(rewards_G) < 2 or np.all(rewards_G == rewards_G[0]):
        return np.zeros(len(rewards_G))
    centred_G: NDArray[np.float64] = rewards_G - rewards_G.mean()
    if kind == "std":
        return centred_G / (float(rewards_G.std(ddof=1)) + std_floor)
    if kind == "batch":
        if batch_std is None:
            raise ValueError("batch needs batch_std, the standard deviation of the rewards of the step")
        return centred_G / (batch_std + std_floor)
    if kind == "leave_one_out":
        return centred_G * (len(rewards_G) / (len(rewards_G) - 1))
    if kind == "maxrl":
        return _over_success_rate(centred_G, correct_G)
    return centred_G


def reward_std(rewards: Sequence[NDArray[np.floating]]) -> float:
    """Standard deviation of all rewards of a step, about their mean over all groups, with n - 1 under the root.

    That of Lite PPO (arXiv 2508.08221). REINFORCE++-baseline and ScaleRL (arXiv 2510.13786) take that of the rewards
    less their group's mean, which is smaller by the spread of the groups' means, for all groups of a step alike.

    Args:
        rewards: [G] of each group. A group with a reward that is not finite counts for nothing: it is not learned from.

    Returns:
        0 for fewer than two rewards.
    """
    sound = [np.asarray(r, dtype=np.float64) for r in rewards if np.isfinite(r).all()]
    all_rewards = np.concatenate(sound) if sound else np.zeros(0)
    return float(all_rewards.std(ddof=1)) if len(all_rewards) > 1 else 0.0


def _over_success_rate(
    centred_G: NDArray[np.float64], correct_G: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    if correct_G is None or np.shape(correct_G) != centred_G.shape:
        got = "none" if correct_G is None else list(np.shape(correct_G))
        raise ValueError(f"maxrl needs correct_G of shape {list(centred_G.shape)}, got {got}")
    rate = float(np.mean(correct_G))
    return centred_G / rate if rate > 0 else centred_G * 0.0


def has_mixed_outcome(correct_G: NDArray[np.bool_]) -> bool:
    """Whether a group holds both correct and wrong rollouts: then its rewards say something about the task.

    Args:
        correct_G: the binary outcome of each sibling.
    """
    correct_G = np.asarray(correct_G, dtype=bool)
    return bool(correct_G.any() and not correct_G.all())
