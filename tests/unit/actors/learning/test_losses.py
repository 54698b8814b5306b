import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from actors.learning.config import GrpoConfig
from actors.learning.losses import (
    cispo_loss,
    clipped_policy_loss,
    kl_penalty,
    mismatch_sums,
    negative_log_likelihood,
    policy_loss,
    policy_metric_sums,
)

CLIP = {"clip_low": 0.2, "clip_high": 0.28}


def log(*values):
    return torch.tensor([math.log(v) for v in values], dtype=torch.float64, requires_grad=True)


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_clipped_loss_by_hand():
    # Ratios 0.5 1.0 1.5 for A = +1: min(rho, clip) = 0.5 1.0 1.28; for A = -1: -0.8 -1.0 -1.5.
    logp_T, behaviour_T = log(0.5, 1, 1.5, 0.5, 1, 1.5), tensor(0, 0, 0, 0, 0, 0)
    adv_T, weight_T = tensor(1, 1, 1, -1, -1, -1), torch.full((6,), 1 / 6, dtype=torch.float64)
    loss = clipped_policy_loss(logp_T, behaviour_T, adv_T, weight_T, **CLIP)
    assert loss.item() == pytest.approx(-(0.5 + 1 + 1.28 - 0.8 - 1 - 1.5) / 6)
    loss.backward()
    # d rho / d logp = rho; the third and fourth are held by the clip.
    torch.testing.assert_close(logp_T.grad, tensor(-0.5, -1, 0, 0, 1, 1.5) / 6)


def test_upper_clip_is_its_own():
    logp_T = log(1.25)
    clipped_policy_loss(logp_T, tensor(0.0), tensor(1.0), tensor(1.0), **CLIP).backward()
    assert logp_T.grad.item() == pytest.approx(-1.25)
    tight_T = log(1.25)
    clipped_policy_loss(
        tight_T, tensor(0.0), tensor(1.0), tensor(1.0), clip_low=0.2, clip_high=0.2
    ).backward()
    assert tight_T.grad.item() == 0.0


def test_cispo_bounds_the_weight_of_a_token_and_keeps_its_gradient():
    # Ratios 0.5 1.0 1.5 for A = +1 and for A = -1, bounded at 1.28: the gradient is -A * min(rho, 1.28) and no less.
    logp_T, behaviour_T = log(0.5, 1, 1.5, 0.5, 1, 1.5), tensor(0, 0, 0, 0, 0, 0)
    adv_T, weight_T = tensor(1, 1, 1, -1, -1, -1), torch.ones(6, dtype=torch.float64)
    loss = cispo_loss(logp_T, behaviour_T, adv_T, weight_T, clip_high=0.28)
    # -(0.5 log 0.5 + 1.28 log 1.5) + (the same): the signs cancel.
    assert loss.item() == pytest.approx(0.0)
    loss.backward()
    torch.testing.assert_close(logp_T.grad, tensor(-0.5, -1, -1.28, 0.5, 1, 1.28))


def test_cispo_in_the_first_update_of_a_step_has_the_gradient_of_ppo():
    # old / behaviour = 0.5, 2 and 5, capped at 2, as for PPO below.
    ours_T, ppo_T = log(0.5, 2, 5), log(0.5, 2, 5)
    rest = (tensor(0, 0, 0), tensor(1, -1, 1), tensor(1, 1, 1))
    cispo_loss(ours_T, *rest, clip_high=0.28, importance_cap=2.0).backward()
    clipped_policy_loss(ppo_T, *rest, **CLIP, importance_cap=2.0).backward()
    torch.testing.assert_close(ours_T.grad, tensor(-0.5, 2, -2))
    torch.testing.assert_close(ours_T.grad, ppo_T.grad)


def test_cispo_weighs_by_both_the_bounded_ratio_and_the_capped_one():
    # policy / proximal = 1.5 bounded at 1.28, proximal / behaviour = 4 capped at 2: -2 * 1.28.
    logp_T = log(6)
    cispo_loss(
        logp_T,
        tensor(0.0),
        tensor(1.0),
        tensor(1.0),
        clip_high=0.28,
        importance_cap=2.0,
        proximal_T=log(4).detach(),
    ).backward()
    assert logp_T.grad.item() == pytest.approx(-2.56)


@pytest.mark.parametrize("name", ["ppo", "cispo"])
def test_the_config_names_the_loss(name):
    # Second update of a step: policy / proximal = 1.5 for A = 1 is held by PPO's clip, and bounded by CISPO's.
    logp_T, zero_T, one_T = log(1.5), tensor(0.0), tensor(1.0)
    policy_loss(logp_T, zero_T, one_T, one_T, GrpoConfig(loss=name, clip_high=0.28), zero_T).backward()
    assert logp_T.grad.item() == pytest.approx({"ppo": 0.0, "cispo": -1.28}[name])


def test_truncated_importance_weight_scales_the_gradient_and_is_capped():
    # old / behaviour = 0.5, 2 and 5, capped at 2; the ratio to the policy itself is 1 and never clipped.
    logp_T = log(0.5, 2, 5)
    adv_T, weight_T = tensor(1, 1, 1), tensor(1, 1, 1)
    loss = clipped_policy_loss(logp_T, tensor(0, 0, 0), adv_T, weight_T, **CLIP, importance_cap=2.0)
    assert loss.item() == pytest.approx(-(0.5 + 2 + 2))
    loss.backward()
    torch.testing.assert_close(logp_T.grad, tensor(-0.5, -2, -2))


def test_the_clip_acts_on_the_ratio_to_the_start_of_the_step_and_the_cap_on_the_rest():
    # rho = policy / proximal = 1.5, 0.5, 1.5, 0.5 for A = 1, -1, -1, 1; min(rho A, clip(rho) A) = 1.28, -0.8, -1.5, .5.
    # proximal / behaviour = 4, 0.5, 4, 0.5 weighs them, capped at 2: 2 * 1.28, 0.5 * -0.8, 2 * -1.5, 0.5 * 0.5.
    proximal_T, behaviour_T = log(4, 0.5, 4, 0.5).detach(), tensor(0, 0, 0, 0)
    logp_T, adv_T = log(4 * 1.5, 0.5 * 0.5, 4 * 1.5, 0.5 * 0.5), tensor(1, -1, -1, 1)
    loss = clipped_policy_loss(
        logp_T, behaviour_T, adv_T, torch.ones_like(adv_T), **CLIP, importance_cap=2.0, proximal_T=proximal_T
    )
    assert loss.item() == pytest.approx(-(2.56 - 0.4 - 3.0 + 0.25))
    loss.backward()
    # Held by the clip: the first two. The others: -weight * A * rho.
    torch.testing.assert_close(logp_T.grad, tensor(0, 0, 3.0, -0.25))


def test_one_token_nine_nats_off_does_not_turn_the_gradient_over():
    # Nine tokens sampled by this policy and one that the sampler thought 9 nats less likely, all of A = -1: without a
    # cap its gradient is e^9 = 8103 times the others', with it twice.
    logp_T = torch.full((10,), -2.0, dtype=torch.float64, requires_grad=True)
    behaviour_T = torch.tensor([-11.0] + [-2.0] * 9, dtype=torch.float64)
    adv_T, weight_T = torch.full_like(behaviour_T, -1.0), torch.full_like(behaviour_T, 0.1)
    clipped_policy_loss(logp_T, behaviour_T, adv_T, weight_T, **CLIP, importance_cap=2.0).backward()
    torch.testing.assert_close(logp_T.grad, tensor(0.2, *[0.1] * 9))


@pytest.mark.parametrize("cap", [None, 2.0])
@pytest.mark.parametrize("behaviour", [-1e4, -100.0, 100.0])
@pytest.mark.parametrize("advantage", [1.0, -1.0])
def test_no_log_probability_makes_the_loss_or_its_gradient_infinite(cap, behaviour, advantage):
    logp_T = torch.tensor([-1.0, -1.0], requires_grad=True)
    off_T, ones_T = torch.tensor([behaviour, -1.0]), torch.ones(2)
    old_T = off_T if cap is None else torch.tensor([-1.0, behaviour])
    loss = clipped_policy_loss(
        logp_T, off_T, advantage * ones_T, ones_T, **CLIP, importance_cap=cap, proximal_T=old_T
    )
    loss.backward()
    assert loss.isfinite()
    assert logp_T.grad.isfinite().all()


def test_mismatch_by_hand():
    # Ratios 3, 2, 1 and 1/4: beyond a cap of 2 is the first only; |log ratio| are log 3, log 2, 0 and log 4.
    sums = mismatch_sums(log(3, 2, 1, 0.25).detach(), tensor(0, 0, 0, 0), 2.0)
    assert sums["mismatch_beyond_cap"] == 1
    assert sums["mismatch_mean"] == pytest.approx(math.log(3 * 2 * 4))
    assert mismatch_sums(log(3, 2, 1).detach(), tensor(0, 0, 0), None)["mismatch_beyond_cap"] == 1


def test_clip_metrics_are_of_the_ratio_that_is_clipped():
    # Against the sampler all three are far off; against the start of the step only the first has left the region.
    logp_T, proximal_T = log(1.5, 1, 1).detach(), tensor(0, 0, 0)
    behaviour_T, adv_T = log(0.1, 0.1, 0.1).detach(), tensor(1, 1, 1)
    sums = policy_metric_sums(logp_T, behaviour_T, adv_T, **CLIP, proximal_T=proximal_T)
    assert (sums["clip_fraction"], sums["ratio_mean"]) == (1, pytest.approx(3.5))
    assert sums["logp_gap"] == pytest.approx(math.log(15) + 2 * math.log(10))


def test_on_policy_gradient_is_the_weighted_advantage():
    logp_T = torch.tensor([-1.0, -2.0, -3.0], requires_grad=True)
    adv_T, weight_T = torch.tensor([0.5, -1.0, 0.0]), torch.tensor([0.1, 0.2, 0.3])
    clipped_policy_loss(logp_T, logp_T.detach(), adv_T, weight_T, **CLIP).backward()
    torch.testing.assert_close(logp_T.grad, -adv_T * weight_T)


def test_kl_penalty_by_hand():
    # d = log 2: 2 - log 2 - 1; d = 0: nothing.
    penalty = kl_penalty(tensor(0.0, -1.0), tensor(math.log(2), -1.0), tensor(0.5, 0.5))
    assert penalty.item() == pytest.approx(0.5 * (1 - math.log(2)))


def test_the_pull_of_the_reference_grows_to_that_at_five_nats_and_no_further():
    logp_T = torch.tensor([-4.0, -5.0, -9.0, -1000.0], dtype=torch.float64, requires_grad=True)
    penalty = kl_penalty(logp_T, torch.zeros(4, dtype=torch.float64), torch.ones(4, dtype=torch.float64))
    penalty.backward()
    torch.testing.assert_close(
        logp_T.grad, 1 - torch.exp(torch.tensor([4.0, 5.0, 5.0, 5.0], dtype=torch.float64))
    )
    # At 9 nats: the tangent at 5 has risen by 4 slopes, e^5 (1 + 4), less d + 1.
    nine = kl_penalty(tensor(-9.0), tensor(0.0), tensor(1.0))
    assert nine.item() == pytest.approx(5 * math.exp(5) - 10)


def test_kl_gradient_pulls_towards_the_reference():
    logp_T = torch.tensor([-1.0, -3.0], requires_grad=True)
    kl_penalty(logp_T, torch.tensor([-2.0, -2.0]), torch.ones(2)).backward()
    # d/dlogp (exp(d) - d - 1) = 1 - exp(d)
    torch.testing.assert_close(logp_T.grad, 1 - torch.exp(torch.tensor([-1.0, 1.0])))


def test_negative_log_likelihood_is_the_weighted_sum():
    assert negative_log_likelihood(tensor(-1.0, -3.0), tensor(0.25, 0.75)).item() == 2.5


def test_parts_of_a_batch_add_up_to_the_batch():
    generator = torch.Generator().manual_seed(0)
    logp_T, behaviour_T, adv_T, weight_T = torch.randn(4, 10, generator=generator, dtype=torch.float64)

    def gradient(*parts):
        leaf_T = logp_T.clone().requires_grad_()
        for part in parts:
            clipped_policy_loss(
                leaf_T[part], behaviour_T[part], adv_T[part], weight_T[part], **CLIP
            ).backward()
        return leaf_T.grad

    torch.testing.assert_close(
        gradient(slice(0, 3), slice(3, 7), slice(7, 10)), gradient(slice(0, 10)), rtol=0, atol=0
    )


def test_metric_sums_by_hand():
    # Clipped are rho 1.5 with A > 0 and rho 0.5 with A < 0, not the other way round.
    sums = policy_metric_sums(log(1.5, 0.5, 1.5, 0.5), tensor(0, 0, 0, 0), tensor(1, -1, -1, 1), **CLIP)
    assert sums["clip_fraction"] == 2
    assert sums["ratio_mean"] == pytest.approx(4)
    assert sums["approx_kl"] == pytest.approx(4 - 4 - 2 * math.log(1.5) - 2 * math.log(0.5))
    assert sums["logp_gap"] == pytest.approx(2 * math.log(1.5) + 2 * math.log(2))


def test_tokens_that_cispo_bounds_are_those_above_whatever_their_advantage():
    ratios_T, adv_T = log(1.5, 0.5, 1.5, 0.5), tensor(1, -1, -1, 1)
    sums = policy_metric_sums(ratios_T, tensor(0, 0, 0, 0), adv_T, clip_low=None, clip_high=0.28)
    assert sums["clip_fraction"] == 2, "the first and the third"


def test_shapes_that_differ_are_named():
    with pytest.raises(ValueError, match=r"\[2\] and \[3\]"):
        negative_log_likelihood(torch.zeros(2), torch.zeros(3))


@given(
    tokens=st.lists(st.tuples(st.floats(0.1, 5), st.sampled_from([-1.0, 1.0])), min_size=1, max_size=6),
    cap=st.sampled_from([None, 2.0]),
)
def test_clipping_shortens_each_tokens_gradient(tokens, cap):
    ratios, advantages = zip(*tokens, strict=True)
    length = []
    for clip in (CLIP, {"clip_low": 0.99, "clip_high": 99.0}):
        logp_T, zeros_T = log(*ratios), tensor(*[0.0] * len(tokens))
        loss = clipped_policy_loss(
            logp_T, zeros_T, tensor(*advantages), zeros_T + 1, importance_cap=cap, proximal_T=zeros_T, **clip
        )
        length.append(torch.autograd.grad(loss, logp_T)[0].abs())
    assert (length[0] <= length[1]).all()


def test_clipping_shortens_each_tokens_gradient_but_may_lengthen_their_sum():
    # One parameter x pulls the first token up and the second down: d logp / dx = 1 and -1, ratios 1.5 and 1, A = 1.
    # Gain without a clip in reach: 1.5 - 1 = 0.5; with the first clipped: 0 - 1 = -1, turned round and twice as long.
    slopes = []
    for clip in ({"clip_low": 0.2, "clip_high": 99.0}, CLIP):
        x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        logp_T = tensor(math.log(1.5), 0.0) + x * tensor(1.0, -1.0)
        loss = clipped_policy_loss(logp_T, tensor(0.0, 0.0), tensor(1.0, 1.0), tensor(1.0, 1.0), **clip)
        slopes.append(-torch.autograd.grad(loss, x)[0].item())
    assert slopes == pytest.approx([0.5, -1.0])
