import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curriculum.gates import has_learning_signal
from curriculum.potential import (
    TaskPotential,
    between_agents,
    improvement_potential,
    one_per_task,
    pooled,
    potential_groups,
)


def _measured(counts: dict[str, int], num_rollouts: int = 20) -> list[TaskPotential]:
    return [TaskPotential.measured(i, k, num_rollouts) for i, k in counts.items()]


@pytest.mark.parametrize(
    ("k", "value"), [(0, 0.0), (1, 0.19), (2, 0.36), (3, 0.51), (4, 0.64), (10, 1.0), (20, 0.0)]
)
def test_potential_of_k_in_20_by_hand(k: int, value: float) -> None:
    assert improvement_potential(k, 20) == pytest.approx(value)
    assert improvement_potential(20 - k, 20) == pytest.approx(value)


def test_unbiased_potential_averages_to_the_true_one() -> None:
    # p = 1/2, N = 2: k = 0, 1, 2 with chances 1/4, 1/2, 1/4; only k = 1 has potential, 4 * 1/4 * 2/1 = 2.
    assert improvement_potential(1, 2, unbiased=True) == 2.0
    assert 0.5 * improvement_potential(1, 2, unbiased=True) == 4 * 0.5 * 0.5
    assert 0.5 * improvement_potential(1, 2) == 0.5  # the plain value is low by 1 - 1/N = 1/2


@pytest.mark.parametrize(("k", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_impossible_counts_are_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"impossible|too few"):
        improvement_potential(k, n)


def test_papers_thresholds_give_the_counts_worked_out_by_hand() -> None:
    groups = potential_groups(_measured({f"{k:02d}": k for k in range(21)}))
    assert [sorted(map(int, g)) for g in groups] == [list(range(4, 17)), [3, 17], [2, 18], [0, 1, 19, 20]]
    assert groups[0][0] == "10"  # highest potential first


def test_equal_groups_differ_by_at_most_one_task() -> None:
    groups = potential_groups(_measured({str(k): k for k in range(11)}), "equal")
    assert [len(g) for g in groups] == [3, 3, 3, 2]
    assert groups[0] == ("10", "9", "8")
    assert groups[-1] == ("1", "0")


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 20)),
    st.sampled_from(["thresholds", "equal"]),
)
def test_groups_part_the_tasks_in_falling_order(counts: dict[str, int], grouping: str) -> None:
    potentials = _measured(counts)
    value = {p.task_id: p.potential for p in potentials}
    groups = potential_groups(potentials, grouping)  # type: ignore[arg-type]
    flat = [i for g in groups for i in g]
    assert sorted(flat) == sorted(counts)
    assert [value[i] for i in flat] == sorted(value.values(), reverse=True)
    assert groups == potential_groups(potentials[::-1], grouping)  # type: ignore[arg-type]


def test_among_equals_no_group_is_filled_from_the_start_of_the_alphabet() -> None:
    # 40 tasks of two families, all with 10 of 20: each of four equal groups gets 7 or 8 of the 30 and 2 or 3 of the 10.
    families = {f"a/{n:02d}": "a" for n in range(30)} | {f"b/{n:02d}": "b" for n in range(10)}
    potentials = _measured(dict.fromkeys(families, 10))
    groups = potential_groups(potentials, "equal", family_of=families, seed=1)
    assert [len(g) for g in groups] == [10, 10, 10, 10]
    for group in groups:
        assert sum(families[i] == "a" for i in group) in (7, 8)
    in_order = [i for g in groups for i in g if families[i] == "a"]
    assert in_order != sorted(in_order)
    assert potential_groups(potentials[::-1], "equal", family_of=families, seed=1) == groups
    assert potential_groups(potentials, "equal", family_of=families, seed=2) != groups


@given(st.integers(1, 60), st.data())
def test_as_many_right_as_wrong_the_other_way_round_ties_exactly(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    assert improvement_potential(k, n) == improvement_potential(n - k, n)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), st.integers(0, 5))
def test_tied_tasks_spread_their_families_over_any_start_of_the_order(names: list[str], seed: int) -> None:
    families = {f"{name}/{n}": name for n, name in enumerate(names)}
    potentials = _measured(dict.fromkeys(families, 3))
    order = [i for g in potential_groups(potentials, "equal", family_of=families, seed=seed) for i in g]
    for end in range(len(order)):
        taken = [families[i] for i in order[:end]]
        for name in set(names):
            assert abs(taken.count(name) - end * names.count(name) / len(names)) <= len(set(names)) / 2 + 0.5


def test_agents_that_disagree_inflate_the_pooled_potential() -> None:
    records = [TaskPotential.measured("t", 0, 5, "text"), TaskPotential.measured("t", 5, 5, "code")]
    assert [r.potential for r in records] == [0.0, 0.0]
    assert pooled(records).potential == 1.0
    assert between_agents(records) == 1.0


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), min_size=1, max_size=5))
def test_pooled_potential_is_within_plus_between_agents(counts: list[tuple[int, int]]) -> None:
    records = [TaskPotential.measured("t", min(k, n), n, f"a{i}") for i, (k, n) in enumerate(counts)]
    total = pooled(records)
    within = sum(r.num_rollouts * r.potential for r in records) / total.num_rollouts
    assert total.potential == pytest.approx(within + between_agents(records))


def test_policys_own_record_is_preferred_to_other_agents() -> None:
    records = [
        TaskPotential.measured("a", 0, 5, "text"),
        TaskPotential.measured("a", 2, 5),
        TaskPotential.measured("b", 0, 5, "text"),
        TaskPotential.measured("b", 5, 5, "code"),
    ]
    chosen = one_per_task(records)
    assert [(c.task_id, c.agent, c.num_correct, c.num_rollouts) for c in chosen] == [
        ("a", "policy", 2, 5),
        ("b", "pooled", 5, 10),
    ]
    with pytest.raises(ValueError, match="one_per_task"):
        potential_groups(records)


def test_unmeasured_task_has_no_potential_and_impossible_record_is_refused() -> None:
    assert TaskPotential.measured("t", 0, 0).potential == 0.0
    with pytest.raises(ValidationError, match="impossible"):
        TaskPotential(task_id="t", num_correct=3, num_rollouts=2, potential=0.0)


def test_only_groups_of_mixed_outcome_have_learning_signal() -> None:
    assert [has_learning_signal(k, 5) for k in range(6)] == [False, True, True, True, True, False]
    assert not has_learning_signal(0, 0)
    with pytest.raises(ValueError, match="impossible"):
        has_learning_signal(6, 5)
