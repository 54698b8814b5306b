"""Numbers worked out by hand; the phantom advantages are those that docs/theory.md works out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.learning.advantages import group_advantages, has_mixed_outcome, reward_std

KINDS = ("mean", "std", "leave_one_out")
REWARDS = st.lists(st.sampled_from([-0.1, 0.0, 0.1, 1.0, 1.1]), min_size=2, max_size=8)


def test_mean_kind_subtracts_the_mean():
    # mean of 1, 0, 0, 0, 0 is 0.2
    adv_G = group_advantages(np.array([1.0, 0, 0, 0, 0]), "mean")
    np.testing.assert_allclose(adv_G, [0.8, -0.2, -0.2, -0.2, -0.2])


def test_std_kind_divides_by_the_sample_std():
    # variance (0.64 + 4 * 0.04) / 4 = 0.2: 0.8 / sqrt(0.2) = 1.789 and -0.2 / sqrt(0.2) = -0.447
    adv_G = group_advantages(np.array([1.0, 0, 0, 0, 0]), "std", std_floor=0.0)
    np.testing.assert_allclose(adv_G, [1.789, -0.447, -0.447, -0.447, -0.447], atol=5e-4)


def test_batch_kind_divides_every_group_by_the_std_of_the_step():
    # Rewards 1, 0 and 0, 0, 0, 1: mean 1/3, squares 2 * (2/3)^2 + 4 * (1/3)^2 = 12/9 over 5: std sqrt(4/15) = 0.5164.
    pair_G, four_G = np.array([1.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])
    scale = reward_std([pair_G, four_G])
    assert scale == pytest.approx(np.sqrt(4 / 15))
    adv_G = group_advantages(pair_G, "batch", batch_std=scale, std_floor=0.0)
    np.testing.assert_allclose(adv_G, [0.5 / 0.5164, -0.5 / 0.5164], rtol=1e-4)
    adv_G = group_advantages(four_G, "batch", batch_std=scale, std_floor=0.0)
    np.testing.assert_allclose(adv_G, np.array([-0.25, -0.25, -0.25, 0.75]) / 0.5164, rtol=1e-4)


def test_a_formatting_slip_is_not_as_loud_as_a_success_beside_it_in_the_batch():
    slip_G, real_G = np.array([1.1, 1.1, 1.1, 1.1, 1.0]), np.array([0, 0, 0, 0, 1.0])
    scale = reward_std([slip_G, real_G])
    loudest = [np.abs(group_advantages(g, "batch", batch_std=scale)).max() for g in (slip_G, real_G)]
    # -0.08 against 0.8, as in the rewards; under `std` they are equal.
    assert loudest[0] / loudest[1] == pytest.approx(0.1)


def test_the_std_of_a_step_leaves_out_groups_that_are_not_finite_and_of_one_reward_is_zero():
    sound_G = np.array([1.0, 0.0])
    assert (
        reward_std([sound_G, np.array([np.nan, 5.0])]) == reward_std([sound_G]) == pytest.approx(np.sqrt(0.5))
    )
    assert reward_std([]) == reward_std([np.array([1.0])]) == 0.0


def test_batch_without_the_std_of_the_step_is_refused():
    with pytest.raises(ValueError, match="batch needs batch_std"):
        group_advantages(np.array([1.0, 0.0]), "batch")


def test_leave_one_out_compares_with_the_mean_of_the_others():
    # others of the first: (0 + 2) / 2 = 1; of the second: (3 + 2) / 2 = 2.5; of the third: 1.5
    adv_G = group_advantages(np.array([3.0, 0.0, 2.0]), "leave_one_out")
    np.testing.assert_allclose(adv_G, [2.0, -2.5, 0.5])


def test_maxrl_divides_by_the_share_of_right_siblings():
    # One of four right: 0.75 / 0.25 and -0.25 / 0.25. Three of four: 0.25 / 0.75 and -0.75 / 0.75.
    hard_G, easy_G = np.array([1.0, 0, 0, 0]), np.array([1.0, 1, 1, 0])
    np.testing.assert_allclose(group_advantages(hard_G, "maxrl", correct_G=hard_G > 0), [3, -1, -1, -1])
    np.testing.assert_allclose(
        group_advantages(easy_G, "maxrl", correct_G=easy_G > 0), [1 / 3, 1 / 3, 1 / 3, -1]
    )


def test_maxrl_of_shaped_rewards_whose_mean_is_negative_keeps_its_sign():
    # Rewards 0.9, -0.6, -0.6: mean -0.1, so 1.0 and -0.5 twice, over a success rate of 1/3.
    rewards_G = np.array([0.9, -0.6, -0.6])
    adv_G = group_advantages(rewards_G, "maxrl", correct_G=np.array([True, False, False]))
    np.testing.assert_allclose(adv_G, [3.0, -1.5, -1.5])
    assert not group_advantages(rewards_G, "maxrl", correct_G=np.zeros(3, dtype=bool)).any()


def test_maxrl_without_outcomes_is_refused():
    for outcomes in (None, np.array([True])):
        with pytest.raises(ValueError, match=r"maxrl needs correct_G of shape \[2\]"):
            group_advantages(np.array([1.0, 0.0]), "maxrl", correct_G=outcomes)


def test_one_formatting_slip_is_as_loud_as_a_real_success_under_std():
    # An all-correct group, one over-long: mean 1.08, variance (4 * 0.0004 + 0.0064) / 4 = 0.002, std 0.0447.
    shaped_G, real_G = np.array([1.1, 1.1, 1.1, 1.1, 1.0]), np.array([0, 0, 0, 0, 1.0])
    phantom_G = group_advantages(shaped_G, "std", std_floor=0.0)
    np.testing.assert_allclose(phantom_G, [0.447, 0.447, 0.447, 0.447, -1.789], atol=5e-4)
    np.testing.assert_allclose(
        np.abs(phantom_G), np.abs(group_advantages(real_G, "std", std_floor=0.0)), atol=1e-12
    )


def test_a_floor_above_the_shaping_scale_mutes_the_slip():
    # -0.08 / (0.0447 + 0.3553) = -0.2 against -1.789; the real success keeps 0.8 / (0.4472 + 0.3553) = 0.997
    floor = 0.4 - np.sqrt(0.002)
    slip_G = group_advantages(np.array([1.1, 1.1, 1.1, 1.1, 1.0]), "std", std_floor=floor)
    real_G = group_advantages(np.array([0, 0, 0, 0, 1.0]), "std", std_floor=floor)
    assert slip_G.min() == pytest.approx(-0.2)
    assert real_G.max() == pytest.approx(0.997, abs=5e-4)


def test_a_tiny_floor_does_not_mute_the_slip():
    slip_G = group_advantages(np.array([1.1, 1.1, 1.1, 1.1, 1.0]), "std", std_floor=1e-3)
    assert slip_G.min() == pytest.approx(-0.08 / (0.044721 + 0.001), rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reward", [0.0, 0.1, 1.1])
def test_group_with_equal_rewards_gives_exactly_zero(kind, reward):
    # 0.1 * 3 / 3 is not 0.1 in floating point: without care the floor turns that into an advantage.
    assert not group_advantages(np.full(3, reward), kind, std_floor=0.0).any()


@pytest.mark.parametrize("kind", KINDS)
def test_group_of_one_has_no_advantage(kind):
    assert group_advantages(np.array([1.0]), kind).tolist() == [0.0]


@given(rewards=REWARDS, kind=st.sampled_from(KINDS), seed=st.integers(0, 99))
def test_permuting_a_group_permutes_its_advantages(rewards, kind, seed):
    rewards_G = np.array(rewards)
    order = np.random.default_rng(seed).permutation(len(rewards))
    np.testing.assert_allclose(
        group_advantages(rewards_G[order], kind, std_floor=0.1),
        group_advantages(rewards_G, kind, std_floor=0.1)[order],
        atol=1e-12,
    )


@given(rewards=REWARDS, kind=st.sampled_from(KINDS), shift=st.sampled_from([-1.0, 0.5]))
def test_advantages_sum_to_zero_and_ignore_a_constant(rewards, kind, shift):
    adv_G = group_advantages(np.array(rewards), kind, std_floor=0.1)
    assert adv_G.sum() == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(
        group_advantages(np.array(rewards) + shift, kind, std_floor=0.1), adv_G, atol=1e-9
    )


@pytest.mark.parametrize(
    ("correct", "mixed"),
    [([True, False], True), ([True, True], False), ([False, False], False), ([], False)],
)
def test_outcome_is_mixed_when_some_are_right_and_some_wrong(correct, mixed):
    assert has_mixed_outcome(np.array(correct)) is mixed


def test_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"\[G\], got \[1, 2\]"):
        group_advantages(np.zeros((1, 2)))
