import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.report.statistics import (
    Interval,
    interval_over_families,
    moving_average,
    paired_difference,
    pass_at_k,
    t_quantile,
    wilson_interval,
)


def test_wilson_interval_of_five_in_ten():
    # z^2 = 3.8415; centre (0.5 + 0.19207) / 1.38415 = 0.5; half 1.95996 / 1.38415 * sqrt(0.025 + 0.0096037) = 0.26341.
    interval = wilson_interval([1.0] * 5 + [0.0] * 5)
    assert interval.mean == 0.5
    assert interval.low == pytest.approx(0.23659, abs=1e-5)
    assert interval.high == pytest.approx(0.76341, abs=1e-5)
    assert interval.n == 10


def test_wilson_interval_of_none_in_ten_starts_at_zero_and_has_width():
    # high = (z^2/10) / (1 + z^2/10) = 0.38415 / 1.38415.
    interval = wilson_interval([0.0] * 10)
    assert interval.low == 0.0
    assert interval.high == pytest.approx(0.27753, abs=1e-5)


def test_no_items_have_no_interval():
    assert wilson_interval([]) is None
    assert paired_difference([], []) is None


def test_paired_difference_agrees_with_newcombe_1998():
    # His example: 36 pairs right both times, 12 only after, 2 only before: 0.2, 0.0569 to 0.3404.
    before = [1.0] * 36 + [0.0] * 12 + [1.0] * 2
    after = [1.0] * 36 + [1.0] * 12 + [0.0] * 2
    interval = paired_difference(before, after)
    assert interval.mean == pytest.approx(0.2)
    assert interval.low == pytest.approx(0.0569, abs=1e-4)
    assert interval.high == pytest.approx(0.3404, abs=1e-4)
    assert interval.excludes_zero


def test_swapping_the_policies_turns_the_interval_round():
    a, b = [1.0, 1.0, 0.0, 0.0, 1.0, 0.5], [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    forth, back = paired_difference(a, b), paired_difference(b, a)
    assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low))


def test_no_change_among_few_items_does_not_pass_for_certainty():
    interval = paired_difference([0.0] * 10, [0.0] * 10)
    assert interval.low < -0.2
    assert interval.high > 0.2
    assert not interval.excludes_zero


def test_paired_interval_holds_the_truth_about_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        ability = rng.random(60)
        before, after = rng.random(60) < 0.8 * ability, rng.random(60) < 0.8 * ability + 0.1
        interval = paired_difference(before.astype(float).tolist(), after.astype(float).tolist())
        held += interval.low <= 0.1 <= interval.high
    assert 0.92 <= held / 400 <= 0.99


def test_quantiles_of_student_are_those_of_the_tables():
    tables = {1: 12.7062, 2: 4.3027, 4: 2.7764, 10: 2.2281, 30: 2.0423, 120: 1.9799}
    assert {v: round(t_quantile(v), 4) for v in tables} == tables


def test_interval_of_two_families_is_that_of_student_where_the_bootstrap_can_go_no_further():
    # Means 0.4 and 0.6 of ten items each, so mean 0.5, s^2 = 2/1 * (1^2 + 1^2) / 20^2 = 0.01, s = 0.1; t_1 = 12.7062:
    # 0.5 -+ 1.27, cut at 0 and 1. As a difference of shares it may go below 0: 0.5 - 1.27 = -0.77.
    outcomes = [1.0] * 4 + [0.0] * 6 + [1.0] * 6 + [0.0] * 4
    families = ["a"] * 10 + ["b"] * 10
    items = wilson_interval(outcomes)
    assert interval_over_families(outcomes, families, items) == Interval(mean=0.5, low=0.0, high=1.0, n=2)
    wide = interval_over_families(outcomes, families, items, lowest=-1.0)
    assert wide.low == pytest.approx(0.5 - 1.27062, abs=1e-5)


def test_interval_over_ten_families_is_mean_and_ten_times_the_spread_of_their_means():
    # Families of five items with 0, 1, 2, 3, 4, 4, 3, 2, 1, 0 right: mean 20/50 = 0.4; deviations from 5 * 0.4 = 2 are
    # -2, -1, 0, 1, 2 twice, squares add up to 20, s^2 = 10/9 * 20 / 50^2, s = 0.094281; t_9 = 2.26216: 0.4 -+ 0.21328.
    right = [0, 1, 2, 3, 4, 4, 3, 2, 1, 0]
    outcomes = [float(i < k) for k in right for i in range(5)]
    families = [f"f{n}" for n in range(10) for _ in range(5)]
    found = interval_over_families(outcomes, families, wilson_interval(outcomes))
    assert found.mean == pytest.approx(0.4)
    assert found.n == 10
    # The bootstrap and Student agree here, to the grain of the resampled means (1/50).
    assert found.low == pytest.approx(0.4 - 0.21328, abs=0.02)
    assert found.high == pytest.approx(0.4 + 0.21328, abs=0.02)
    assert found.low <= 0.4 - 0.21327
    assert found.high >= 0.4 + 0.21327


def test_families_that_all_agree_do_not_pass_for_certainty():
    outcomes, families = [0.0] * 40, [f"f{n % 4}" for n in range(40)]
    items = wilson_interval(outcomes)
    found = interval_over_families(outcomes, families, items)
    assert (found.low, found.high) == (0.0, items.high)


def test_one_family_says_nothing_of_others():
    outcomes = [0.0, 1.0]
    assert interval_over_families(outcomes, ["a", "a"], wilson_interval(outcomes)) is None
    assert interval_over_families([], [], Interval(0.0, 0.0, 0.0, 0)) is None
    with pytest.raises(ValueError, match="2 outcomes but 1 families"):
        interval_over_families(outcomes, ["a"], wilson_interval(outcomes))


def test_the_order_of_the_items_changes_nothing():
    rng = np.random.default_rng(3)
    outcomes, families = (rng.random(60) < 0.4).astype(float).tolist(), [f"f{n % 7}" for n in range(60)]
    order = rng.permutation(60)
    items = wilson_interval(outcomes)
    forth = interval_over_families(outcomes, families, items)
    back = interval_over_families([outcomes[i] for i in order], [families[i] for i in order], items)
    assert (back.low, back.high) == pytest.approx((forth.low, forth.high))


@pytest.mark.parametrize(
    ("num_families", "items_each", "a"), [(4, 24, 2.0), (6, 24, 0.5), (12, 10, 2.0), (37, 8, 0.5)]
)
def test_other_families_fall_into_it_about_nineteen_times_in_twenty(num_families, items_each, a):
    # Families draw their rate from a symmetric Beta, of mean 1/2: 300 runs, so the estimate is off by 0.013 one time in
    # three. The items' own interval, which takes questions for independent, holds the truth far less often.
    rng = np.random.default_rng(0)
    names = [f"f{n}" for n in range(num_families) for _ in range(items_each)]
    held = held_by_items = 0
    for _ in range(300):
        rates = np.repeat(rng.beta(a, a, num_families), items_each)
        outcomes = (rng.random(len(names)) < rates).astype(float).tolist()
        items = wilson_interval(outcomes)
        found = interval_over_families(outcomes, names, items, resamples=2000)
        held += found.low <= 0.5 <= found.high
        held_by_items += items.low <= 0.5 <= items.high
    assert 0.90 <= held / 300 <= 0.99
    assert held_by_items / 300 < 0.82


def test_gains_on_other_families_fall_into_it_about_nineteen_times_in_twenty():
    # Each of 8 families gains a share of its own, between 0 and 0.4: 0.2 in the mean.
    rng = np.random.default_rng(0)
    names = [f"f{n}" for n in range(8) for _ in range(24)]
    held = held_by_items = 0
    for _ in range(300):
        before_rates, gains = np.repeat(rng.uniform(0.2, 0.6, 8), 24), np.repeat(rng.uniform(0, 0.4, 8), 24)
        draws = rng.random(len(names))
        before, after = (draws < before_rates).astype(float), (draws < before_rates + gains).astype(float)
        items = paired_difference(before.tolist(), after.tolist())
        found = interval_over_families((after - before).tolist(), names, items, lowest=-1.0, resamples=2000)
        held += found.low <= 0.2 <= found.high
        held_by_items += items.low <= 0.2 <= items.high
    assert 0.90 <= held / 300 <= 0.99
    assert held_by_items < held


def test_pairs_of_different_length_are_refused():
    with pytest.raises(ValueError, match="before has 2 items and after has 1"):
        paired_difference([0.0, 1.0], [1.0])


def test_outcomes_beyond_one_are_refused():
    with pytest.raises(ValueError, match=r"one is 1\.1"):
        wilson_interval([0.0, 1.1])


def test_moving_average_is_centred_and_shorter_at_the_ends():
    assert moving_average([1.0, 2.0, 6.0, 3.0], 3).mean == pytest.approx([1.5, 3.0, 11 / 3, 4.5])


def test_band_of_two_values_is_their_standard_error():
    # Both windows hold both values: mean 0.5, s^2 = (0.25 + 0.25) / (0.5 + 0.5) = 0.5, half 1.95996 * sqrt(0.5 / 2).
    band = moving_average([0.0, 1.0], 3)
    assert band.mean == [0.5, 0.5]
    assert band.high == pytest.approx([0.5 + 0.97998] * 2, abs=1e-5)
    assert band.low == pytest.approx([0.5 - 0.97998] * 2, abs=1e-5)


def test_a_constant_curve_has_a_band_of_no_width():
    band = moving_average([2.0] * 6, 3)
    assert band.low == band.high == [2.0] * 6


def test_missing_values_are_left_out_of_the_average():
    assert moving_average([1.0, math.nan, 3.0], 3).mean == [1.0, 2.0, 3.0]
    assert math.isnan(moving_average([math.nan], 3).mean[0])


def test_one_value_has_no_band():
    band = moving_average([1.0], 5)
    assert band.mean == [1.0]
    assert math.isnan(band.low[0])


@pytest.mark.parametrize(("num_correct", "num_samples", "k"), [(1, 4, 0), (1, 4, 5), (5, 4, 1), (-1, 4, 1)])
def test_pass_at_k_of_impossible_counts_is_refused(num_correct, num_samples, k):
    with pytest.raises(ValueError, match=f"pass@{k} cannot be told from {num_correct} of {num_samples}"):
        pass_at_k(num_correct, num_samples, k)


@given(num_samples=st.integers(1, 12), data=st.data())
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one(num_samples, data):
    num_correct = data.draw(st.integers(0, num_samples))
    k = data.draw(st.integers(1, num_samples))
    draws = list(itertools.combinations([1] * num_correct + [0] * (num_samples - num_correct), k))
    assert pass_at_k(num_correct, num_samples, k) == pytest.approx(sum(map(any, draws)) / len(draws))
