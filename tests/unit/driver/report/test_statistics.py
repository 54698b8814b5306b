import math

import numpy as np
import pytest

from driver.report.statistics import moving_average, paired_difference, wilson_interval


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
