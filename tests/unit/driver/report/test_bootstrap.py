import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.report.bootstrap import gain_over_families, mean_over_families


def test_every_family_counts_once_however_many_tasks_it_has() -> None:
    # Family a: 1 of 4; family b: 1 of 1. (0.25 + 1) / 2, where the mean over tasks is 0.4.
    found = mean_over_families([1, 0, 0, 0, 1], ["a", "a", "a", "a", "b"])
    assert found is not None
    assert found.mean == pytest.approx(0.625)
    assert found.tasks.n == 5
    assert found.families is not None
    assert found.families.n == 2


def test_interval_over_tasks_is_that_of_independent_draws_within_each_family() -> None:
    # Two families of 100 with half right: variance of a family's mean p(1-p)/(n-1), of the mean of two half of that.
    families = ["a"] * 100 + ["b"] * 100
    found = mean_over_families([1.0, 0.0] * 100, families)
    assert found is not None
    half = 1.96 * math.sqrt(0.25 / 99 / 2)
    assert found.tasks.low == pytest.approx(0.5 - half, abs=0.01)
    assert found.tasks.high == pytest.approx(0.5 + half, abs=0.01)


def test_what_differs_between_families_widens_only_the_interval_over_families() -> None:
    outcomes = [float(i < n) for n in (1, 9, 2, 8) for i in range(10)]
    found = mean_over_families(outcomes, [name for name in "abcd" for _ in range(10)])
    assert found is not None
    assert found.families is not None
    assert found.tasks.high - found.tasks.low < 0.3
    assert found.families.high - found.families.low > 0.6


def test_tasks_that_all_agree_do_not_pass_for_certainty() -> None:
    found = mean_over_families([0.0] * 10, ["a"] * 5 + ["b"] * 5)
    assert found is not None
    assert found.mean == found.tasks.low == 0
    # Wilson's upper limit for none in ten.
    assert found.tasks.high == pytest.approx(0.2775, abs=1e-3)


def test_a_gain_is_over_the_same_tasks_and_has_a_sign() -> None:
    before, after = [0, 0, 1, 0], [1, 0, 1, 1]
    up, down = (
        gain_over_families(*pair, ["a", "a", "b", "b"]) for pair in ((before, after), (after, before))
    )
    assert up is not None
    assert down is not None
    assert up.mean == -down.mean == 0.5
    assert down.tasks.low < 0


def test_without_tasks_there_is_no_mean() -> None:
    assert mean_over_families([], []) is None
    assert gain_over_families([], [], []) is None


def test_pairs_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 outcomes but 1 families"):
        mean_over_families([1.0, 0.0], ["a"])


def test_interval_over_tasks_holds_the_truth_about_nineteen_times_in_twenty() -> None:
    rng, rates = random.Random(0), {"a": 0.2, "b": 0.5, "c": 0.9}
    families = [name for name in rates for _ in range(30)]
    held = 0
    for _ in range(300):
        found = mean_over_families([float(rng.random() < rates[name]) for name in families], families)
        assert found is not None
        held += found.tasks.low <= sum(rates.values()) / 3 <= found.tasks.high
    assert 0.90 <= held / 300 <= 0.99


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from("abc")), min_size=1, max_size=20)
)
def test_order_changes_nothing_and_both_intervals_hold_the_mean(tasks: list[tuple[float, str]]) -> None:
    found = mean_over_families(*zip(*tasks, strict=True))
    assert found is not None
    assert found == mean_over_families(*zip(*sorted(tasks), strict=True))
    for interval in (found.tasks, found.families):
        if interval is not None:
            assert 0 <= interval.low <= found.mean + 1e-9
            assert found.mean - 1e-9 <= interval.high <= 1
