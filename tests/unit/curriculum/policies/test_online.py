import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.config import CurriculumConfig, OnlineConfig
from curriculum.policies.online import OnlinePolicy
from curriculum.policies.policy import CurriculumPolicy
from curriculum.policies.stages import StagesPolicy
from curriculum.potential import TaskPotential
from curriculum.task import Task, TaskOutcome
from tests.unit.curriculum.policies.resuming import play

IDS = [f"t{n}" for n in range(10)]
CONFIG = CurriculumConfig(
    policy="online",
    steps_per_stage=(2, 2, 2, 2),
    min_tasks_per_group=2,
    decay=0.5,
    online=OnlineConfig(retire_above=0.9, return_below=0.7, retest_epochs=5),
    seed=3,
)


def _task(task_id: str) -> Task:
    fields = {"source": "s", "split": "train", "checker": "c", "payload": "{}"}
    return Task(task_id=task_id, family="f", question=task_id, **fields)


def _policy(config: CurriculumConfig = CONFIG, counts: dict[str, int] | None = None) -> OnlinePolicy:
    potentials = [TaskPotential.measured(i, k, 20) for i, k in (counts or {}).items()]
    return OnlinePolicy([_task(i) for i in IDS], potentials, config)


def _outcome(task_id: str, num_correct: int, num_rollouts: int = 4) -> TaskOutcome:
    return TaskOutcome(task_id=task_id, num_correct=num_correct, num_rollouts=num_rollouts, version=0)


def _drawn(policy: CurriculumPolicy, num: int) -> list[str]:
    return [task.task_id for task in policy.next_tasks(num, step=0)]


def _retire(policy: OnlinePolicy, *task_ids: str) -> None:
    for task_id in task_ids:
        policy.observe(_outcome(task_id, 4))
        policy.observe(_outcome(task_id, 4))


def test_all_tasks_are_open_from_the_first_step_whatever_was_measured() -> None:
    policy = _policy(counts=dict.fromkeys(IDS[:5], 0))
    assert set(policy.plan.open_task_ids(0)) == set(IDS)
    assert policy.plan.num_steps == 8
    assert policy.plan.notes == ("policy online: all tasks open, weighed by training's own rollouts",)
    assert set(_drawn(policy, 40)) == set(IDS)
    with pytest.raises(ValueError, match="step -1 is negative"):
        policy.next_tasks(1, step=-1)


def test_a_solved_task_is_retired_after_eight_rollouts_and_not_drawn_until_it_is_due() -> None:
    policy = _policy(counts={"t0": 20})
    while _drawn(policy, 1) != ["t0"]:
        pass
    policy.observe(_outcome("t0", 4))
    # Four rollouts in training are too few, whatever was measured before.
    assert policy.metrics()["num_retired"] == 0
    policy.observe(_outcome("t0", 4))
    metrics = policy.metrics()
    assert (metrics["num_retired"], metrics["num_retirements"], metrics["num_open_tasks"]) == (1, 1, 9)
    retired_in = policy._draws.sampler.epoch
    while _drawn(policy, 1) != ["t0"]:
        pass
    assert policy._draws.sampler.epoch == retired_in + CONFIG.online.retest_epochs
    assert policy.metrics()["num_open_tasks"] == 9  # asked for, it waits again


def test_a_rate_between_the_two_bounds_neither_retires_nor_brings_back() -> None:
    policy = _policy()
    for _ in range(5):
        policy.observe(_outcome("t0", 8, 10))  # 0.8 is below 0.9
    assert policy.metrics()["num_retired"] == 0
    _retire(policy, "t1")
    policy.observe(_outcome("t1", 2))  # 8 of 8 in two groups decay to 6 / 2 = 3 of 3; with 2 of 4 it is 5 / 7
    assert policy._estimates.decayed_rate(1) == pytest.approx(5 / 7)
    assert policy.metrics()["num_retired"] == 1


def test_a_retired_task_that_is_forgotten_comes_back() -> None:
    policy = _policy()
    _retire(policy, "t0")
    policy.observe(_outcome("t0", 0))  # 3 of 3 decayed, and 0 of 4: 3 / 7 is below 0.7
    assert policy._estimates.decayed_rate(0) == pytest.approx(3 / 7)
    metrics = policy.metrics()
    assert (metrics["num_retired"], metrics["num_returns"], metrics["num_open_tasks"]) == (0, 1, 10)


def test_older_evidence_is_decayed_once_for_every_epoch_that_a_task_rested() -> None:
    policy = _policy()
    policy.observe(_outcome("t0", 4))
    while policy._draws.sampler.epoch < 3:
        policy.next_tasks(1, step=0)
    policy.observe(_outcome("t0", 0))
    # Three epochs at decay 1/2: 4 right count for 1/2, and 4 wrong are new.
    assert policy._estimates.decayed_rate(0) == pytest.approx(0.5 / 4.5)


def test_never_fewer_tasks_are_open_than_the_least_and_the_hardest_of_the_retired_come_first() -> None:
    policy = _policy()
    _retire(policy, *IDS)
    policy.observe(_outcome("t7", 3))  # 3 of 3 decayed, and 3 of 4: 6 / 7 stays retired
    metrics = policy.metrics()
    assert (metrics["num_retired"], metrics["num_open_tasks"]) == (10, 2)
    assert [IDS[i] for i in policy._pool()] == ["t0", "t7"]
    assert len(_drawn(policy, 5)) == 5


def test_tasks_that_teach_come_round_more_often_than_those_never_right() -> None:
    policy = _policy()
    hopeless = set(IDS[:5])
    for _ in range(6):
        for task_id in IDS:
            policy.observe(_outcome(task_id, 0 if task_id in hopeless else 2))
    drawn = _drawn(policy, 400)
    share = sum(task_id in hopeless for task_id in drawn) / len(drawn)
    assert 0.1 < share < 0.45
    assert set(drawn) == set(IDS)


def test_metrics_count_open_tasks_in_each_range_of_potential() -> None:
    policy = _policy(counts={"t0": 20, "t1": 0, "t2": 10})
    # 20 of 20 count as 8 of 8: Beta mean 0.9, potential 0.36; so has 0 of 20. Half, and the unmeasured: potential 1.
    metrics = policy.metrics()
    assert [metrics[f"num_open_in_range_{n}"] for n in (1, 2, 3, 4)] == [8, 0, 2, 0]
    # Beta(9, 1): 4 * 9 / (10 * 11) = 18/55; Beta(5, 5): 100 / 110 = 10/11; seven uniform ones: 2/3.
    assert metrics["expected_potential"] == pytest.approx((2 * 18 / 55 + 10 / 11 + 7 * 2 / 3) / 10)
    policy.observe(_outcome("t2", 2))
    policy.observe(_outcome("t2", 0))
    assert policy.metrics()["mixed_share"] == 0.5
    assert all(isinstance(value, float) for value in metrics.values())


events = st.lists(
    st.one_of(
        st.tuples(st.just("draw"), st.integers(1, 6), st.integers(0, 9)),
        st.tuples(st.just("observe"), st.sampled_from(IDS), st.sampled_from([0, 2, 4, 4, 4])),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(events, st.integers(0, 60))
def test_resuming_equals_never_stopping(played: list[tuple[Any, ...]], stop: int) -> None:
    straight, first, second = _policy(), _policy(), _policy()
    whole = play(straight, played, _outcome)
    begun = play(first, played[:stop], _outcome)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert begun + play(second, played[stop:], _outcome) == whole
    assert second.state_dict() == straight.state_dict()
    assert second.metrics() == straight.metrics()


@settings(max_examples=60, deadline=None)
@given(events)
def test_the_books_of_the_retired_balance_and_the_pool_holds_everyone_else(
    played: list[tuple[Any, ...]],
) -> None:
    policy = _policy()
    play(policy, played, _outcome)
    metrics = policy.metrics()
    assert metrics["num_retirements"] - metrics["num_returns"] == metrics["num_retired"]
    assert set(np.flatnonzero(~policy._retired)) <= set(policy._pool())
    assert metrics["num_open_tasks"] >= CONFIG.min_tasks_per_group


def test_states_of_another_policy_or_with_other_fields_are_refused() -> None:
    policy = _policy()
    with pytest.raises(ValueError, match="unknown \\['extra'\\]"):
        policy.load_state_dict({**policy.state_dict(), "extra": 1})
    staged = StagesPolicy([_task(i) for i in IDS], [], CurriculumConfig(steps_per_stage=(2, 2, 2, 2)))
    with pytest.raises(ValueError, match="misses"):
        policy.load_state_dict(staged.state_dict())
    foreign = {**policy.state_dict(), "fingerprint": staged.state_dict()["fingerprint"]}
    with pytest.raises(ValueError, match="another policy"):
        policy.load_state_dict(foreign)


def test_unknown_tasks_and_impossible_counts_are_refused_and_empty_groups_teach_nothing() -> None:
    policy = _policy()
    before = policy.state_dict()
    with pytest.raises(ValueError, match="unknown task x"):
        policy.observe(_outcome("x", 1))
    with pytest.raises(ValueError, match="impossible"):
        policy.observe(_outcome("t0", 6))
    policy.observe(_outcome("t0", 0, 0))
    assert policy.state_dict() == before
