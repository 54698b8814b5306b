"""What is decided about faults of ours, by numbers alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.config import RecoveryConfig
from driver.recovery import (
    HOUR_S,
    ActorLost,
    Drop,
    GroupLate,
    GroupLost,
    RecoveryPolicy,
    Replace,
    Retry,
    StepRefused,
    Stop,
    WorkFailed,
)


def policy(**limits: float) -> RecoveryPolicy:
    return RecoveryPolicy(RecoveryConfig.model_validate(limits))


def why(decision: object) -> str:
    assert isinstance(decision, Stop)
    return decision.why


@pytest.mark.parametrize(("num_empty", "num_groups"), [(0, 1), (3, 4), (4, 40), (10, 100)])
def test_a_few_groups_lost_to_our_own_faults_are_borne(num_empty: int, num_groups: int) -> None:
    assert policy().decide(GroupLost(num_empty, num_groups, in_a_row=False)) == Drop()


@pytest.mark.parametrize(("num_empty", "num_groups"), [(4, 4), (5, 40), (11, 100)])
def test_more_than_three_and_more_than_a_tenth_stop_the_run(num_empty: int, num_groups: int) -> None:
    stop = policy().decide(GroupLost(num_empty, num_groups, in_a_row=False))
    assert f"{num_empty} of {num_groups} groups lost every rollout" in why(stop)


def test_lost_groups_in_a_row_are_not_said_to_be_some_of_a_step() -> None:
    # Four in a row with two groups in a step: "4 of 2 groups" would be nonsense.
    told = why(policy().decide(GroupLost(4, 2, in_a_row=True)))
    assert "4 groups in a row lost every rollout, or all but one," in told
    assert " of 2 groups" not in told


def test_work_is_tried_three_times_and_then_dropped_or_ends_the_run() -> None:
    tried = [policy().decide(WorkFailed("group g", n)) for n in (1, 2, 3)]
    assert tried == [Retry(), Retry(), Drop()]
    told = why(policy().decide(WorkFailed("the tasks of step 3", 3, can_be_left_out=False)))
    assert told == "the tasks of step 3 failed 3 times (recovery.attempts=3)"


def test_a_worker_is_replaced_only_if_it_is_silent_altogether() -> None:
    assert policy().decide(GroupLate(worker_answers=True)) == Drop()
    assert policy().decide(GroupLate(worker_answers=False)) == Replace()


def test_replacements_are_budgeted_per_hour_and_role() -> None:
    rules = policy(replacements_per_hour=2)
    at = [0.0, 10.0, 20.0, HOUR_S - 0.1, HOUR_S, HOUR_S + 5.0, HOUR_S + 10.0]
    decisions = [rules.decide(ActorLost("rollout worker", now, num_others=1)) for now in at]
    # The first falls out of the hour at 3600 s, the second at 3610 s.
    assert decisions == [Replace(), Replace(), Drop(), Drop(), Replace(), Drop(), Replace()]
    assert rules.decide(ActorLost("scorer", 20.0)) == Replace()


def test_the_last_actor_without_a_replacement_ends_the_run_with_the_key_to_change() -> None:
    told = why(policy(replacements_per_hour=0).decide(ActorLost("scorer", 0.0, why="ActorLostError: killed")))
    assert "the last scorer was lost (ActorLostError: killed)" in told
    assert "recovery.replacements_per_hour=0" in told


def test_actors_that_never_started_are_not_started_over_and_over() -> None:
    rules = policy()
    assert rules.decide(ActorLost("rollout worker", 0.0, num_others=1, ever_served=False)) == Drop()
    told = why(rules.decide(ActorLost("rollout worker", 0.0, ever_served=False, why="EngineError: no room")))
    assert told == "no rollout worker started: EngineError: no room"


def test_two_refused_steps_are_an_accident_and_three_in_a_row_stop_the_run_with_the_numbers() -> None:
    rules = policy()
    why_refused = "loss nan at optimiser step 7 of grpo"
    assert [rules.decide(StepRefused(n, why_refused)) for n in (1, 2)] == [Drop(), Drop()]
    told = why(rules.decide(StepRefused(3, why_refused)))
    assert re.search(r"refused 3 steps in a row, the last for loss nan.*lower learner", told)


@given(
    limit=st.integers(0, 4),
    gaps=st.lists(st.integers(0, int(HOUR_S)), max_size=30),
)
def test_no_hour_ever_has_more_replacements_than_the_limit(limit: int, gaps: list[int]) -> None:
    rules = policy(replacements_per_hour=limit)
    now, replaced = 0, []
    for gap in gaps:
        now += gap
        if rules.decide(ActorLost("r", now, num_others=1)) == Replace():
            replaced.append(now)
    assert all(sum(start <= t < start + HOUR_S for t in replaced) <= limit for start in replaced)
