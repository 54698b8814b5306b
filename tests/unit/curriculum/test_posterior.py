from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.posterior import expected_potential, is_settled, success_posterior
from curriculum.potential import improvement_potential


def test_without_rollouts_the_posterior_is_the_uniform_prior() -> None:
    posterior = success_posterior(0, 0, level=0.9)
    assert (posterior.mean, posterior.low, posterior.high) == pytest.approx((0.5, 0.05, 0.95))
    # E[4 p (1 - p)] = 4 (1/2 - 1/3) = 2/3.
    assert posterior.expected_potential == pytest.approx(2 / 3)


def test_one_right_of_one_by_hand() -> None:
    # Beta(2, 1) has the distribution function p^2: quantiles sqrt(0.05) and sqrt(0.95), mean 2/3.
    posterior = success_posterior(1, 1, level=0.9)
    assert (posterior.mean, posterior.low, posterior.high) == pytest.approx((2 / 3, 0.05**0.5, 0.95**0.5))


def test_none_right_by_hand() -> None:
    # Beta(1, 9) has 1 - (1 - p)^9.
    posterior = success_posterior(0, 8, level=0.9)
    assert posterior.mean == pytest.approx(0.1)
    assert posterior.low == pytest.approx(1 - 0.95 ** (1 / 9))
    assert posterior.high == pytest.approx(1 - 0.05 ** (1 / 9))


def test_one_right_of_two_by_hand() -> None:
    # Beta(2, 2) has 3 p^2 - 2 p^3; the level is chosen so that its lower bound is 1/4: 3/16 - 2/64 = 10/64.
    posterior = success_posterior(1, 2, level=1 - 2 * 10 / 64)
    assert (posterior.low, posterior.high) == pytest.approx((0.25, 0.75))


@given(st.integers(0, 40), st.data())
def test_right_and_wrong_the_other_way_round_mirror_the_interval(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    one, other = success_posterior(k, n), success_posterior(n - k, n)
    assert one.low == pytest.approx(1 - other.high, abs=1e-9)
    assert one.low < one.mean < one.high
    assert one.expected_potential == pytest.approx(other.expected_potential)


def test_expected_potential_takes_arrays_and_decayed_counts() -> None:
    # Beta(3, 3): 4 * 9 / (6 * 7) = 6/7; Beta(1.5, 2.5): 4 * 3.75 / (4 * 5) = 3/4.
    assert expected_potential(np.array([2.0, 0.5]), np.array([2.0, 1.5])) == pytest.approx([6 / 7, 3 / 4])


def test_the_plain_potential_is_low_by_one_part_in_n_and_the_corrected_one_is_right_on_average() -> None:
    n, p = 5, 0.3
    chances = [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    plain = sum(c * improvement_potential(k, n) for k, c in enumerate(chances))
    corrected = sum(c * improvement_potential(k, n, unbiased=True) for k, c in enumerate(chances))
    assert plain == pytest.approx(0.84 * 4 / 5)  # 4 * 0.3 * 0.7 = 0.84
    assert corrected == pytest.approx(0.84)


def test_none_right_settles_at_the_number_of_rollouts_worked_out_by_hand() -> None:
    # The interval of 0 of N is as wide as 0.95^(1/(N+1)) - 0.05^(1/(N+1)): 0.306 at N = 7, 0.277 at N = 8.
    assert pytest.approx(0.306, abs=1e-3) == 0.95 ** (1 / 8) - 0.05 ** (1 / 8)
    assert not is_settled(0, 7, width=0.3)
    assert is_settled(0, 8, width=0.3)
    assert is_settled(8, 8, width=0.3)
    assert not is_settled(4, 8, width=0.3)


def _mean_rollouts(p: float, looks: list[int], width: float) -> float:
    """Rollouts of a task on average, exactly: after each number in `looks` sampling stops if the task is settled."""
    going, taken, mean = {0: 1.0}, 0, 0.0
    for look in looks:
        more, after = look - taken, {}
        for k, chance in going.items():
            for right in range(more + 1):
                share = comb(more, right) * p**right * (1 - p) ** (more - right)
                after[k + right] = after.get(k + right, 0.0) + chance * share
        taken, going = look, {}
        for k, chance in after.items():
            if look == looks[-1] or is_settled(k, look, width=width):
                mean += chance * look
            else:
                going[k] = chance
    return mean


def test_stopping_when_settled_saves_more_than_half_where_a_task_is_never_right_and_little_at_a_half() -> (
    None
):
    looks = [4, 8, 12, 16, 20]
    # p = 0 settles at the second look; at p = 1/2 hardly any path does before the last.
    assert _mean_rollouts(0.0, looks, 0.3) == 8
    assert _mean_rollouts(0.02, looks, 0.3) == pytest.approx(8.69, abs=0.01)
    assert _mean_rollouts(0.5, looks, 0.3) == pytest.approx(19.87, abs=0.01)


@given(st.integers(0, 30), st.floats(0.05, 0.9), st.data())
def test_what_is_settled_stays_so_at_a_wider_width(n: int, width: float, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    if is_settled(k, n, width=width):
        assert is_settled(k, n, width=width + 0.05)


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5])
def test_impossible_levels_and_counts_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match=f"level {level} is impossible"):
        success_posterior(1, 2, level)
    with pytest.raises(ValueError, match="3 correct of 2"):
        success_posterior(3, 2)
