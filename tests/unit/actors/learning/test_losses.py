import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from actors.learning.config import GrpoConfig
from actors.learning.losses import (
    cispo_loss,
    clipped_policy_loss,
    gspo_loss,
    negative_log_likelihood,
    policy_loss,
)

CLIP = {"clip_low": 0.2, "clip_high": 0.28}


def log(*values):
    return torch.tensor([math.log(v) for v in values], dtype=torch.float64, requires_grad=True)


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def capped(logp_T, behaviour_T, adv_T, weight_T, proximal_T=None, sequence_T=None, **choices):
    """The loss of a step's first update, or of a later one where the proximal policy is given; cap 2."""
    proximal_T = logp_T.detach() if proximal_T is None else proximal_T
    sequence_T = torch.zeros(len(adv_T), dtype=torch.long) if sequence_T is None else sequence_T
    grpo = GrpoConfig(**{"importance_cap": 2.0, **CLIP, **choices})
    return policy_loss(logp_T, behaviour_T, adv_T, weight_T, grpo, proximal_T, sequence_T)


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
    capped(ours_T, *rest, loss="cispo").backward()
    capped(ppo_T, *rest).backward()
    torch.testing.assert_close(ours_T.grad, tensor(-0.5, 2, -2))
    torch.testing.assert_close(ours_T.grad, ppo_T.grad)


def test_cispo_weighs_by_both_the_bounded_ratio_and_the_capped_one():
    # policy / proximal = 1.5 bounded at 1.28, proximal / behaviour = 4 capped at 2: -2 * 1.28.
    logp_T = log(6)
    capped(logp_T, tensor(0.0), tensor(1.0), tensor(1.0), log(4).detach(), loss="cispo").backward()
    assert logp_T.grad.item() == pytest.approx(-2.56)


@pytest.mark.parametrize("name", ["ppo", "cispo", "gspo"])
def test_the_config_names_the_loss(name):
    # Second update of a step: policy / proximal = 1.5 and 1 for A = 1. PPO's clip holds the first, CISPO bounds it, and
    # GSPO has sqrt(1.5) = 1.225 for both, which its clip lets through.
    logp_T, zero_T, one_T = log(1.5, 1), tensor(0, 0), tensor(1, 1)
    capped(logp_T, zero_T, one_T, one_T, zero_T, loss=name).backward()
    slope = math.sqrt(1.5)
    expected = {"ppo": (0, -1), "cispo": (-1.28, -1), "gspo": (-slope, -slope)}[name]
    torch.testing.assert_close(logp_T.grad, tensor(*expected))


def test_gspo_by_hand():
    # Rollout 7: ratios 2 and 1/2, geometric mean 1, A = 1. Rollout 9: 4 and 1, mean 2, A = 1: clipped at 1.28.
    # Rollout 3: 1/4, A = -1: held at 0.8. Rollout 5: 4, A = -1: not held. In the row they lie mixed up.
    logp_T, sequence_T = log(2, 4, 0.25, 0.5, 1, 4), torch.tensor([7, 9, 3, 7, 9, 5])
    adv_T, weight_T = tensor(1, 1, -1, 1, 1, -1), tensor(0.5, 0.25, 1, 0.5, 0.25, 1)
    loss = gspo_loss(logp_T, torch.zeros_like(adv_T), adv_T, weight_T, sequence_T, **CLIP)
    assert loss.item() == pytest.approx(-(1 * 1 + 0.5 * 1.28 - 0.8 - 4))
    loss.backward()
    # d s / d logp_t = s / n, and the rollout's weight is n w: -w s A where the clip does not hold it.
    torch.testing.assert_close(logp_T.grad, tensor(-0.5, 0, 0, -0.5, 0, 4))


def test_gspo_with_sequence_mean_is_the_papers_objective():
    # (1 / B) sum_i min(s_i A_i, clip(s_i) A_i), whatever the lengths: here 1 token and 3.
    logp_T, sequence_T = log(1.1, 1.2, 0.9, 1.0), torch.tensor([0, 1, 1, 1])
    weight_T, adv_T = tensor(1 / 2, 1 / 6, 1 / 6, 1 / 6), tensor(1, -1, -1, -1)
    loss = gspo_loss(logp_T, torch.zeros_like(adv_T), adv_T, weight_T, sequence_T, **CLIP)
    assert loss.item() == pytest.approx(-(1.1 - (1.2 * 0.9) ** (1 / 3)) / 2)


def test_gspo_in_the_first_update_of_a_step_has_the_gradient_of_ppo():
    ours_T, ppo_T = log(0.5, 2, 5), log(0.5, 2, 5)
    rest = (tensor(0, 0, 0), tensor(1, -1, -1), tensor(1, 1, 1))
    capped(ours_T, *rest, loss="gspo", sequence_T=torch.tensor([4, 1, 1])).backward()
    capped(ppo_T, *rest).backward()
    torch.testing.assert_close(ours_T.grad, ppo_T.grad)


def test_importance_by_sequence_is_the_product_over_the_rollout_before_the_cap():
    # Rollout 0: 3 * 0.5 = 1.5, below the cap of 2 though one of its tokens is above. Rollout 1: 4 * 0.75 = 3, cut.
    logp_T, sequence_T = log(3, 4, 0.5, 0.75), torch.tensor([0, 1, 0, 1])
    rest = (torch.zeros(4, dtype=torch.float64), tensor(1, 1, 1, 1), tensor(1, 1, 1, 1))
    capped(logp_T, *rest, sequence_T=sequence_T, importance_level="sequence").backward()
    torch.testing.assert_close(logp_T.grad, -tensor(1.5, 2, 1.5, 2))


def test_truncated_importance_weight_scales_the_gradient_and_is_capped():
    # old / behaviour = 0.5, 2 and 5, capped at 2; the ratio to the policy itself is 1 and never clipped.
    logp_T = log(0.5, 2, 5)
    adv_T, weight_T = tensor(1, 1, 1), tensor(1, 1, 1)
    loss = capped(logp_T, tensor(0, 0, 0), adv_T, weight_T)
    assert loss.item() == pytest.approx(-(0.5 + 2 + 2))
    loss.backward()
    torch.testing.assert_close(logp_T.grad, tensor(-0.5, -2, -2))


def test_the_clip_acts_on_the_ratio_to_the_start_of_the_step_and_the_cap_on_the_rest():
    # rho = policy / proximal = 1.5, 0.5, 1.5, 0.5 for A = 1, -1, -1, 1; min(rho A, clip(rho) A) = 1.28, -0.8, -1.5, .5.
    # proximal / behaviour = 4, 0.5, 4, 0.5 weighs them, capped at 2: 2 * 1.28, 0.5 * -0.8, 2 * -1.5, 0.5 * 0.5.
    proximal_T, behaviour_T = log(4, 0.5, 4, 0.5).detach(), tensor(0, 0, 0, 0)
    logp_T, adv_T = log(4 * 1.5, 0.5 * 0.5, 4 * 1.5, 0.5 * 0.5), tensor(1, -1, -1, 1)
    loss = capped(logp_T, behaviour_T, adv_T, torch.ones_like(adv_T), proximal_T)
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
    capped(logp_T, behaviour_T, adv_T, weight_T).backward()
    torch.testing.assert_close(logp_T.grad, tensor(0.2, *[0.1] * 9))


@pytest.mark.parametrize("loss_name", ["ppo", "cispo", "gspo"])
@pytest.mark.parametrize(("cap", "level"), [(None, "token"), (2.0, "token"), (2.0, "sequence")])
@pytest.mark.parametrize("behaviour", [-1e4, -100.0, 100.0])
@pytest.mark.parametrize("advantage", [1.0, -1.0])
def test_no_log_probability_makes_the_loss_or_its_gradient_infinite(
    loss_name, cap, level, behaviour, advantage
):
    logp_T = torch.tensor([-1.0, -1.0], requires_grad=True)
    off_T, ones_T = torch.tensor([behaviour, -1.0]), torch.ones(2)
    old_T = off_T if cap is None else torch.tensor([-1.0, behaviour])
    choices = {"loss": loss_name, "importance_cap": cap, "importance_level": level}
    loss = capped(logp_T, off_T, advantage * ones_T, ones_T, old_T, **choices)
    loss.backward()
    assert loss.isfinite()
    assert logp_T.grad.isfinite().all()


def test_on_policy_gradient_is_the_weighted_advantage():
    logp_T = torch.tensor([-1.0, -2.0, -3.0], requires_grad=True)
    adv_T, weight_T = torch.tensor([0.5, -1.0, 0.0]), torch.tensor([0.1, 0.2, 0.3])
    clipped_policy_loss(logp_T, logp_T.detach(), adv_T, weight_T, **CLIP).backward()
    torch.testing.assert_close(logp_T.grad, -adv_T * weight_T)


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
        loss = capped(logp_T, zeros_T, tensor(*advantages), zeros_T + 1, zeros_T, importance_cap=cap, **clip)
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
