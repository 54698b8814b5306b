import math

import pytest
import torch

from actors.learning.config import GrpoConfig
from actors.learning.policy_metrics import clip_sums, drift_sums, mismatch_sums, policy_metrics

CLIP = {"clip_low": 0.2, "clip_high": 0.28}


def log(*values):
    return tensor(*[math.log(v) for v in values])


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_clip_sums_by_hand():
    # Clipped are rho 1.5 with A > 0 and rho 0.5 with A < 0, not the other way round.
    sums = clip_sums(tensor(1.5, 0.5, 1.5, 0.5), tensor(1, -1, -1, 1), **CLIP)
    assert sums == {"clip_fraction": 2, "ratio_mean": pytest.approx(4)}


def test_tokens_that_cispo_bounds_are_those_above_whatever_their_advantage():
    sums = clip_sums(tensor(1.5, 0.5, 1.5, 0.5), tensor(1, -1, -1, 1), clip_low=None, clip_high=0.28)
    assert sums["clip_fraction"] == 2, "the first and the third"


def test_drift_by_hand():
    sums = drift_sums(log(1.5, 0.5), tensor(0, 0))
    assert sums["approx_kl"] == pytest.approx(2 - 2 - math.log(1.5) - math.log(0.5))
    assert sums["logp_gap"] == pytest.approx(math.log(1.5) + math.log(2))


def test_mismatch_by_hand():
    # Ratios 3, 2, 1 and 1/4: beyond a cap of 2 is the first only; |log ratio| are log 3, log 2, 0 and log 4.
    sums = mismatch_sums(log(3, 2, 1, 0.25), tensor(0, 0, 0, 0), 2.0)
    assert sums["mismatch_beyond_cap"] == 1
    assert sums["mismatch_mean"] == pytest.approx(math.log(3 * 2 * 4))
    assert sums["mismatch_weight"] == pytest.approx(2 + 2 + 1 + 0.25)
    # rho - 1 - log rho, added up.
    assert sums["mismatch_kl"] == pytest.approx(6.25 - 4 - math.log(3 * 2 / 4))
    assert mismatch_sums(log(3, 2, 1), tensor(0, 0, 0), None)["mismatch_beyond_cap"] == 1


def test_mismatch_of_rollouts_is_of_the_product_of_their_tokens():
    # Rollout 0: 3 * 0.5 = 1.5. Rollout 1: 4 * 0.75 = 3, cut at 2, and with it both of its tokens.
    sums = mismatch_sums(log(3, 4, 0.5, 0.75), tensor(0, 0, 0, 0), 2.0, torch.tensor([0, 1, 0, 1]))
    assert sums["mismatch_beyond_cap"] == 2
    assert sums["mismatch_weight"] == pytest.approx(1.5 + 2 + 1.5 + 2)


def test_clip_metrics_are_of_the_ratio_that_is_clipped():
    # Against the sampler all three are far off; against the start of the step only the first has left the region.
    sums, largest = policy_metrics(
        log(1.5, 1, 1),
        log(0.1, 0.1, 0.1),
        tensor(1, 1, 1),
        GrpoConfig(),
        tensor(0, 0, 0),
        torch.tensor([4, 4, 2]),
    )
    assert (sums["clip_fraction"], sums["ratio_mean"]) == (1, pytest.approx(3.5))
    assert sums["logp_gap"] == pytest.approx(math.log(15) + 2 * math.log(10))
    assert largest["ratio_max"] == pytest.approx(1.5)
    assert largest["mismatch_max"] == pytest.approx(math.log(10))
    # Two tokens of rollout 4, a tenth each.
    assert largest["mismatch_rollout_max"] == pytest.approx(2 * math.log(10))


def test_in_gspo_all_tokens_of_a_rollout_are_clipped_or_none():
    # Rollout 1: geometric mean of 4 and 1 is 2. Rollout 2: 1.5 and 2/3, mean 1, though PPO would clip the first.
    sums, largest = policy_metrics(
        log(4, 1.5, 1, 2 / 3),
        tensor(0, 0, 0, 0),
        tensor(1, 1, 1, 1),
        GrpoConfig(loss="gspo"),
        tensor(0, 0, 0, 0),
        torch.tensor([1, 2, 1, 2]),
    )
    assert (sums["clip_fraction"], sums["ratio_mean"]) == (2, pytest.approx(2 + 1 + 2 + 1))
    assert largest["ratio_max"] == pytest.approx(2)
