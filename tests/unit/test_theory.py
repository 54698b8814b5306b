"""docs/theory.md, statement by statement: seeded draws within five standard errors, exact sums where they are short.

N drawn groups, G siblings in each, K coordinates of a gradient, A answers of a small softmax policy. Advantages are
the trainer's own.
"""

import math
import re
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_files import ROOT

from actors.learning.advantages import group_advantages, has_mixed_outcome
from curriculum.potential import PAPER_THRESHOLDS, TaskPotential, improvement_potential, potential_groups

DOCUMENT = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
SIGMAS = 5.0
NUM_GROUPS = 40_000

# A policy over four answers, the first and third of them right: p = 0.25. The gradient of p with respect to the logits
# is pi_k (right_k - p): 0.15 * 0.75, 0.25 * -0.25, 0.1 * 0.75, 0.5 * -0.25.
PROBS_A = np.array([0.15, 0.25, 0.10, 0.50])
RIGHT_A = np.array([1.0, 0.0, 1.0, 0.0])
P_RIGHT = 0.25
GRADIENT_K = np.array([0.1125, -0.0625, 0.075, -0.125])
SCORES_AK = np.eye(4) - PROBS_A  # the gradient of log pi of each answer


def drawn_outcomes(p, group_size, seed=0, num=NUM_GROUPS):
    return (np.random.default_rng(seed).random((num, group_size)) < p).astype(np.float64)


def drawn_answers(group_size, seed=0, probs_A=PROBS_A):
    return np.random.default_rng(seed).choice(len(probs_A), size=(NUM_GROUPS, group_size), p=probs_A)


def advantages(rewards_NG, kind="mean"):
    """The trainer's advantages of every group, each distinct group worked out once."""
    distinct, inverse = np.unique(rewards_NG, axis=0, return_inverse=True)
    return np.array([group_advantages(row_G, kind, std_floor=0.0) for row_G in distinct])[inverse.ravel()]


def gradients(adv_NG, v_NGK):
    return np.einsum("ng,ngk->nk", adv_NG, v_NGK) / adv_NG.shape[1]


def mixed_chance(p, group_size):
    return 1 - p**group_size - (1 - p) ** group_size


def binomial(p, num):
    return np.array([comb(num, k) * p**k * (1 - p) ** (num - k) for k in range(num + 1)])


def standard_error(values_N):
    return values_N.std(axis=0, ddof=1) / math.sqrt(len(values_N))


def assert_mean(values_N, expected, within=0.1):
    """The mean is as expected, to five standard errors; and those are small enough to tell."""
    error = standard_error(values_N)
    assert np.all(np.abs(values_N.mean(axis=0) - expected) <= SIGMAS * error)
    assert np.all(SIGMAS * error <= within * np.max(np.abs(expected)))


def table(label):
    """Numbers of the document's table whose first heading is `label`, by the first cell of each row."""
    lines = DOCUMENT[DOCUMENT.index(f"| {label} |") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    return [float(c) for c in cells[0][1:]], {c[0]: [float(x) for x in c[1:]] for c in cells[2:]}


@pytest.mark.parametrize("group_size", [2, 5, 8])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_lemma_c1_squared_advantage_is_p_times_1_minus_p_times_1_minus_1_over_g(p, group_size):
    expected = p * (1 - p) * (1 - 1 / group_size)
    adv_NG = advantages(drawn_outcomes(p, group_size))
    assert_mean((adv_NG**2).mean(axis=1), expected)
    assert_mean(adv_NG[:, 0] ** 2, expected)
    loo_NG = advantages(drawn_outcomes(p, group_size), "leave_one_out")
    assert_mean(loo_NG[:, 0] ** 2, p * (1 - p) * group_size / (group_size - 1))


@pytest.mark.parametrize("p", [0.02, 0.05, 0.10])
def test_proposition_1_as_printed_fails_where_only_right_rollouts_have_a_gradient(p):
    # v = r c with |c| = 1, so g = mean(r) - mean(r)^2. G = 5, p = 0.05, by hand: one right 5 * .05 * .95^4 = .2036 with
    # (.2 * .8)^2 = .0256, two right .02143 with .0576, three .00113 with .0576, four .00003 with .0256: .00651.
    rewards_NG = drawn_outcomes(p, 5)
    squares_N = gradients(advantages(rewards_NG), rewards_NG[..., None])[:, 0] ** 2
    exact = sum(w * ((k / 5) * (1 - k / 5)) ** 2 for k, w in enumerate(binomial(p, 5)))
    assert_mean(squares_N, exact, within=0.2)
    printed, corrected = p * (1 - p) * 0.8 * p, p * (1 - p) * 0.8
    assert squares_N.mean() - SIGMAS * standard_error(squares_N) > printed
    assert squares_N.mean() + SIGMAS * standard_error(squares_N) < corrected
    heads, rows = table("counter-example")
    written = [row[heads.index(p)] for row in rows.values()]
    assert written == [round(exact, 5), round(printed, 5), round(corrected, 5)]


@pytest.mark.parametrize("p", [0.05, 0.3, 0.5])
def test_corrected_bound_is_attained_by_two_siblings_with_opposite_gradients(p):
    # v = 2 r - 1, |v| = 1, G = 2: a mixed group has g = (0.5 * 1 + -0.5 * -1) / 2 = 0.5, in 2 p (1 - p) of all groups.
    rewards_NG = drawn_outcomes(p, 2)
    squares_N = gradients(advantages(rewards_NG), (2 * rewards_NG - 1)[..., None])[:, 0] ** 2
    assert set(squares_N.tolist()) == {0.0, 0.25}
    assert_mean(squares_N, p * (1 - p) * (1 - 1 / 2))


@given(
    rewards=st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=8),
    seed=st.integers(0, 999),
)
def test_corrected_bound_holds_in_every_single_group(rewards, seed):
    v_GK = np.random.default_rng(seed).normal(size=(len(rewards), 3))
    adv_G = group_advantages(np.array(rewards))
    square = np.sum((adv_G @ v_GK / len(rewards)) ** 2)
    assert square <= np.mean(adv_G**2) * np.mean(np.sum(v_GK**2, axis=1)) + 1e-12
    assert square <= np.mean(adv_G**2) * np.max(np.sum(v_GK**2, axis=1)) + 1e-12


def test_gradients_independent_of_rewards_obey_the_printed_bound_and_teach_nothing():
    p, group_size = 0.25, 5
    v_NGK = SCORES_AK[drawn_answers(group_size, seed=1)]  # E v = 0, E |v|^2 = 1 - sum of pi^2 = 0.655
    g_NK = gradients(advantages(drawn_outcomes(p, group_size, seed=2)), v_NGK)
    assert np.all(np.abs(g_NK.mean(axis=0)) <= SIGMAS * standard_error(g_NK))
    printed = p * (1 - p) * (1 - 1 / group_size) * 0.655
    assert_mean(np.sum(g_NK**2, axis=1), printed / group_size)


@pytest.mark.parametrize(("kind", "factor"), [("mean", 1 - 1 / 5), ("leave_one_out", 1.0)])
def test_exact_mean_is_the_gradient_of_the_success_rate(kind, factor):
    answers_NG = drawn_answers(5)
    g_NK = gradients(advantages(RIGHT_A[answers_NG], kind), SCORES_AK[answers_NG])
    assert_mean(g_NK, factor * GRADIENT_K)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_exact_mean_needs_nothing_of_the_gradients_but_their_means_by_outcome(p):
    # mu_1 = (1.0, 0.5), mu_0 = (0.5, -0.5), E v not 0, and wrong rollouts twice as noisy as right ones.
    rewards_NG = drawn_outcomes(p, 5)
    noise_NGK = np.random.default_rng(3).normal(size=(*rewards_NG.shape, 2)) * 0.3
    right_NG1 = rewards_NG[..., None]
    v_NGK = np.where(right_NG1 == 1, [1.0, 0.5], [0.5, -0.5]) + noise_NGK * (2 - right_NG1)
    assert_mean(gradients(advantages(rewards_NG), v_NGK), 0.8 * p * (1 - p) * np.array([0.5, 1.0]))


@pytest.mark.parametrize("kind", ["mean", "std"])
def test_corollary_c1_the_policy_term_vanishes_at_both_ends(kind):
    # |v| = 1 always; a group has an advantage only if it is mixed, which is rarer than G min(p, 1 - p).
    for p in (0.01, 0.99, 0.001, 0.999):
        rewards_NG = drawn_outcomes(p, 5)
        adv_NG = advantages(rewards_NG, kind)
        assert_mean(adv_NG.any(axis=1).astype(float), mixed_chance(p, 5), within=0.5)
        assert mixed_chance(p, 5) <= 5 * min(p, 1 - p)
        squares_N = np.sum(gradients(adv_NG, (2 * rewards_NG - 1)[..., None]) ** 2, axis=1)
        bound = p * (1 - p) * 0.8 if kind == "mean" else 0.8 * mixed_chance(p, 5)
        assert squares_N.mean() - SIGMAS * standard_error(squares_N) <= bound
    for reward in (0.0, 1.0):
        assert not group_advantages(np.full(5, reward), kind).any()


@pytest.mark.parametrize("p", [0.05, 0.3, 0.5])
def test_lemma_c2_hoeffding_holds_and_says_little_at_20_samples(p):
    rates_N = np.random.default_rng(4).binomial(20, p, size=NUM_GROUPS) / 20
    heads, rows = table("eps")
    for eps, written in zip(heads, rows["bound on the rate"], strict=True):
        far_N = (np.abs(rates_N - p) >= eps - 1e-9).astype(float)
        exact = sum(w for k, w in enumerate(binomial(p, 20)) if abs(k / 20 - p) >= eps - 1e-9)
        assert abs(far_N.mean() - exact) <= SIGMAS * math.sqrt(exact * (1 - exact) / NUM_GROUPS)
        assert exact <= 2 * math.exp(-2 * 20 * eps**2)
        assert written == round(2 * math.exp(-2 * 20 * eps**2), 3)
    assert rows["bound on the potential"] == [round(2 * math.exp(-20 * eps**2 / 8), 3) for eps in heads]


def test_a_rate_within_5_points_at_95_percent_takes_738_samples():
    assert 2 * math.exp(-2 * 738 * 0.05**2) <= 0.05 < 2 * math.exp(-2 * 737 * 0.05**2)
    # At 20 samples the bound on the potential is 1 at eps = sqrt(8 ln 2 / 20) = 0.5266.
    assert 2 * math.exp(-20 * 0.526**2 / 8) > 1 > 2 * math.exp(-20 * 0.527**2 / 8)


@given(num_correct=st.integers(0, 20), p=st.floats(0, 1))
def test_potential_is_off_by_at_most_four_times_the_rates_error(num_correct, p):
    off = abs(improvement_potential(num_correct, 20) - 4 * p * (1 - p))
    assert off <= 4 * abs(num_correct / 20 - p) + 1e-12


def test_unlike_agents_concentrate_on_their_average_and_not_on_the_policys_rate():
    # Four agents, five samples each: rates 0, 0.2, 0.6 and, the one in training, 1. Average 0.45, its variance
    # (0.16 + 0.24) * 5 / 400 = 0.005; the plug-in potential is 4 (0.45 * 0.55 - 0.005) = 0.97 on average, the
    # policy's own 0.
    rng = np.random.default_rng(5)
    correct_N = sum(rng.binomial(5, rate, size=NUM_GROUPS) for rate in (0.0, 0.2, 0.6, 1.0))
    rates_N = correct_N / 20
    assert_mean(rates_N, 0.45)
    assert np.mean(np.abs(rates_N - 0.45) >= 0.2) <= 2 * math.exp(-2 * 20 * 0.2**2)
    assert np.mean(np.abs(rates_N - 1.0) >= 0.2) > 0.99
    assert_mean(np.array([improvement_potential(int(k), 20) for k in correct_N]), 4 * (0.45 * 0.55 - 0.005))


@pytest.mark.parametrize(("unbiased", "factor"), [(False, 1 - 1 / 20), (True, 1.0)])
def test_plug_in_potential_is_low_by_1_minus_1_over_n(unbiased, factor):
    counts_N = np.random.default_rng(6).binomial(20, 0.2, size=NUM_GROUPS)
    values_N = np.array([improvement_potential(int(k), 20, unbiased=unbiased) for k in counts_N])
    assert_mean(values_N, factor * 4 * 0.2 * 0.8, within=0.02)


def test_stages_by_20_samples_are_the_documents_and_as_drawn():
    values = [improvement_potential(k, 20) for k in range(21)]
    stage_of = [next(s for s, bound in enumerate(PAPER_THRESHOLDS) if v >= bound - 1e-9) for v in values]
    _, rows = table("stage by 20 samples")
    for p, shares in ((float(key), row) for key, row in rows.items()):
        exact = np.bincount(stage_of, weights=binomial(p, 20), minlength=4)
        assert shares == exact.round(3).tolist()
    counts = np.random.default_rng(7).binomial(20, 0.1, size=2000)
    groups = potential_groups(
        [TaskPotential.measured(str(i), int(k), 20) for i, k in enumerate(counts)], "thresholds"
    )
    drawn = np.array([len(group) / 2000 for group in groups])
    exact = np.array(rows["0.10"])
    assert np.all(np.abs(drawn - exact) <= SIGMAS * np.sqrt(exact * (1 - exact) / 2000) + 0.0005)


def test_proposition_2_bounds_the_second_moment_by_a_quarter_of_the_potential():
    # |e_a - pi|^2 <= 2 for any policy: B^2 = 2. The potential at p = 0.25 is 0.75: bound 0.75 / 4 * 0.8 * 2 = 0.3.
    answers_NG = drawn_answers(5)
    squares_N = np.sum(gradients(advantages(RIGHT_A[answers_NG]), SCORES_AK[answers_NG]) ** 2, axis=1)
    assert squares_N.mean() + SIGMAS * standard_error(squares_N) <= 0.75 / 4 * 0.8 * 2
    assert np.max(np.sum(SCORES_AK**2, axis=1)) <= 2


def test_a_higher_potential_may_have_the_smaller_gradient():
    # Exact means: 0.8 * 0.25 * 0.1 = 0.02 at potential 1, and 0.8 * 0.09 * 1 = 0.072 at potential 0.36.
    drawn = {}
    for p, gap in ((0.5, 0.1), (0.1, 1.0)):
        rewards_NG = drawn_outcomes(p, 5)
        drawn[p] = gradients(advantages(rewards_NG), rewards_NG[..., None] * gap)[:, 0]
        assert_mean(drawn[p], 0.8 * p * (1 - p) * gap)
    assert drawn[0.1].mean() > 3 * drawn[0.5].mean()


def success_rate(logits_NA):
    weights_NA = np.exp(logits_NA - logits_NA.max(axis=-1, keepdims=True))
    return (weights_NA * RIGHT_A).sum(axis=-1) / weights_NA.sum(axis=-1)


@pytest.mark.parametrize("rate", [0.1, 1.0])
def test_a_step_gains_at_least_what_the_descent_lemma_says(rate):
    logits_A, answers_NG = np.log(PROBS_A), drawn_answers(5)
    g_NK = gradients(advantages(RIGHT_A[answers_NG]), SCORES_AK[answers_NG])
    gains_N = success_rate(logits_A + rate * g_NK) - P_RIGHT
    # L = 1/2: eta |E g|^2 - eta^2 / 4 E|g|^2, with E g = 0.8 * gradient.
    bound = rate * np.sum((0.8 * GRADIENT_K) ** 2) - rate**2 / 4 * np.mean(np.sum(g_NK**2, axis=1))
    assert gains_N.mean() - SIGMAS * standard_error(gains_N) >= bound > 0


@given(seed=st.integers(0, 9999), scale=st.sampled_from([0.1, 1.0, 5.0]))
def test_the_success_rate_of_a_softmax_policy_is_smooth_with_one_half(seed, scale):
    logits_A, along_A = np.random.default_rng(seed).normal(size=(2, 4)) * [[scale], [1.0]]
    along_A /= np.linalg.norm(along_A)
    weights_A = np.exp(logits_A) / np.exp(logits_A).sum()
    spread_A = (along_A - weights_A @ along_A) ** 2
    curvature = weights_A @ ((RIGHT_A - weights_A @ RIGHT_A) * spread_A)
    ahead, here, behind = success_rate(logits_A + np.array([[1e-3], [0.0], [-1e-3]]) * along_A)
    assert curvature == pytest.approx((ahead - 2 * here + behind) / 1e-6, abs=1e-5)
    assert abs(curvature) <= 0.5


def test_remark_c1_the_bound_survives_clipping_with_the_ratio_in_it():
    # Sampled by another policy, under which p is 0.4; ratios 0.15/0.3, 0.25/0.2, 0.1/0.1, 0.5/0.4. A token of positive
    # advantage above 1.2, or of negative advantage below 0.8, has no gradient.
    behaviour_A = np.array([0.3, 0.2, 0.1, 0.4])
    ratio_A = PROBS_A / behaviour_A
    answers_NG = drawn_answers(5, probs_A=behaviour_A)
    adv_NG, ratio_NG = advantages(RIGHT_A[answers_NG]), ratio_A[answers_NG]
    kept_NG = ~(((adv_NG > 0) & (ratio_NG > 1.2)) | ((adv_NG < 0) & (ratio_NG < 0.8)))
    v_NGK = (ratio_NG * kept_NG)[..., None] * SCORES_AK[answers_NG]
    squares_N = np.sum(gradients(adv_NG, v_NGK) ** 2, axis=1)
    most = np.max(ratio_A**2 * np.sum(SCORES_AK**2, axis=1))
    assert squares_N.mean() + SIGMAS * standard_error(squares_N) <= 0.4 * 0.6 * 0.8 * most


@pytest.mark.parametrize("group_size", [5, 8])
@pytest.mark.parametrize("p", [0.05, 0.5])
def test_std_normalised_squared_advantage_follows_the_chance_of_a_mixed_group(p, group_size):
    adv_NG = advantages(drawn_outcomes(p, group_size), "std")
    assert_mean((adv_NG**2).mean(axis=1), (1 - 1 / group_size) * mixed_chance(p, group_size))


def test_std_normalised_mean_is_flatter_than_the_plain_one():
    # (k/5)(1 - k/5) / s with s^2 = (k/5)(1 - k/5) 5/4: sqrt(0.8) sqrt((k/5)(1 - k/5)).
    answers_NG = drawn_answers(5)
    g_NK = gradients(advantages(RIGHT_A[answers_NG], "std"), SCORES_AK[answers_NG])
    factor = math.sqrt(0.8) * sum(
        w * math.sqrt(k / 5 * (1 - k / 5)) for k, w in enumerate(binomial(P_RIGHT, 5))
    )
    assert_mean(g_NK, factor * GRADIENT_K / (P_RIGHT * (1 - P_RIGHT)))


@pytest.mark.parametrize("group_size", [5, 8, 16])
def test_chance_of_a_mixed_group_is_the_documents_and_as_drawn(group_size):
    rates, rows = table("P(mixed)")
    written = rows[f"G = {group_size}"]
    assert written == [round(mixed_chance(p, group_size), 3) for p in rates]
    for p in rates[:3]:
        outcomes_NG = drawn_outcomes(p, group_size, num=4000).astype(bool)
        assert_mean(
            np.array([float(has_mixed_outcome(row_G)) for row_G in outcomes_NG]),
            mixed_chance(p, group_size),
            0.5,
        )


@pytest.mark.parametrize("group_size", [5, 8, 16])
def test_factors_of_the_exact_mean_are_the_documents(group_size):
    rates, rows = table("factor of the mean")
    plain = [p * (1 - p) * (1 - 1 / group_size) for p in rates]
    spread = [math.sqrt(k / group_size * (1 - k / group_size)) for k in range(group_size + 1)]
    std = [math.sqrt(1 - 1 / group_size) * float(binomial(p, group_size) @ spread) for p in rates]
    assert rows[f"plain, G = {group_size}"] == [round(value, 3) for value in plain]
    assert rows[f"std, G = {group_size}"] == [round(value, 3) for value in std]


@pytest.mark.parametrize("base", [0.1, 1.1])
def test_phantom_advantages_are_as_loud_as_real_ones_only_under_std(base):
    # All wrong (0.1) or all right (1.1), each rollout over six turns with chance 0.2 and then 0.1 less: no outcome in
    # it, yet under std the same mean square as outcomes of p = 0.2 give; without the division 0.1^2 of that.
    slips_NG = drawn_outcomes(0.2, 5)
    rewards_NG = base - 0.1 * slips_NG
    assert_mean((advantages(rewards_NG, "std") ** 2).mean(axis=1), 0.8 * mixed_chance(0.2, 5))
    assert_mean((advantages(rewards_NG, "mean") ** 2).mean(axis=1), 0.01 * 0.2 * 0.8 * 0.8)
    np.testing.assert_allclose(advantages(rewards_NG, "std"), -advantages(slips_NG, "std"), atol=1e-9)


@pytest.mark.parametrize("right", [False, True])
def test_the_gate_on_mixed_outcomes_silences_every_phantom(right):
    assert not has_mixed_outcome(np.full(5, right))
    assert has_mixed_outcome(np.array([not right, right, right, right, right]))


def test_every_test_that_the_document_names_is_in_a_test_file():
    named = re.findall(r"`(test_\w+)`", DOCUMENT)
    files = [ROOT / "tests/unit/test_theory.py", *(ROOT / "tests/unit/actors/learning").glob("test_*.py")]
    defined = {
        name for path in files for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    assert len(named) >= 20
    assert sorted(set(named) - defined) == []
