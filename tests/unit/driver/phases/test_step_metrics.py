import pytest

from driver.phases.step_metrics import StepMetrics
from tests.unit.driver.summary_cases import summary


def test_success_is_over_all_finished_groups_and_admitted_success_over_the_used_ones() -> None:
    metrics = StepMetrics()
    mixed, solved = summary(1), summary(4, family="easy")
    lost = summary(0, 0, num_infrastructure=4)
    for done in (mixed, solved, lost):
        metrics.group_done(done)
    row = metrics.taken([mixed], version=1, since=0.0, now=10.0)
    # 1 + 4 right of 4 + 4; of the used ones 1 of 4.
    assert row["success_rate"] == row["reward_mean"] == 5 / 8
    assert row["success_rate_admitted"] == 1 / 4
    assert (row["success_rate/f"], row["success_rate/easy"]) == (1 / 4, 1.0)
    assert (row["groups_done"], row["groups_no_signal"]) == (3, 2)
    assert (row["end/answer"], row["executions/ok"], row["executions"]) == (8, 8, 8)
    assert (row["tokens_generated"], row["tokens_trained"], row["tokens_per_s"]) == (80, 40, 8.0)
    # Three groups waited one second each for eight executions.
    assert row["execute_s_mean"] == pytest.approx(3 / 8)


def test_times_together_are_those_worked_out_by_hand() -> None:
    metrics = StepMetrics()
    metrics.group_started("a", 0.0)
    metrics.group_rolled_out("a", 4.0)
    metrics.group_started("b", 6.0)
    metrics.learner_busy(2.0, 8.0)
    metrics.group_done(summary(1, execution_spans=((1.0, 3.0), (2.0, 4.0))))
    row = metrics.taken([], version=1, since=0.0, now=10.0)
    # Rollouts in [0, 4] and [6, 10], the learner in [2, 8]: together in [2, 4] and [6, 8].
    assert row["overlap"] == pytest.approx(4 / 6)
    assert row["learner_share"] == pytest.approx(0.6)
    assert row["rollout_share"] == pytest.approx(0.8)
    # Scripts in [1, 4], of which the learner shares [2, 4].
    assert row["sandbox_share"] == pytest.approx(0.3)
    assert row["sandbox_overlap"] == pytest.approx(2 / 3)
    assert row["step_s"] == 10.0


def test_every_step_starts_anew_but_for_groups_still_running() -> None:
    metrics = StepMetrics()
    metrics.group_started("a", 0.0)
    metrics.learner_busy(0.0, 5.0)
    metrics.group_done(summary(1))
    metrics.taken([], version=1, since=0.0, now=10.0)
    metrics.group_rolled_out("a", 15.0)
    row = metrics.taken([], version=2, since=10.0, now=20.0)
    assert (row["groups_done"], row["learner_share"], row["rollout_share"]) == (0, 0, 0.5)


def test_writing_and_checkpoints_are_in_the_step_in_which_their_time_passed() -> None:
    metrics = StepMetrics()
    metrics.wrote(1.5)
    first = metrics.taken([], version=1, since=0.0, now=10.0)
    # The checkpoint of the first step is written from 10 to 14, in the time of the second.
    metrics.checkpointed(4.0)
    metrics.wrote(0.5)
    second = metrics.taken([], version=2, since=10.0, now=21.0)
    third = metrics.taken([], version=3, since=21.0, now=24.0)
    assert [(row["step_s"], row["write_s"], row["checkpoint_s"]) for row in (first, second, third)] == [
        (10.0, 1.5, 0.0),
        (11.0, 0.5, 4.0),
        (3.0, 0.0, 0.0),
    ]
    assert sum(row["step_s"] for row in (first, second, third)) == 24.0


def test_staleness_counts_the_updates_between_sampling_and_learning() -> None:
    # The step that makes version 5 learns as version 4.
    used = [summary(1, oldest_version=4), summary(1, oldest_version=3), summary(1, oldest_version=-1)]
    row = StepMetrics().taken(used, version=5, since=0.0, now=1.0)
    assert (row["staleness_mean"], row["staleness_max"]) == (0.5, 1.0)


def test_a_step_in_which_nothing_happened_is_all_zeros() -> None:
    row = StepMetrics().taken([], version=0, since=5.0, now=5.0)
    assert set(row.values()) == {0.0}


def test_step_in_which_no_group_finished_claims_no_success_rate() -> None:
    row = StepMetrics().taken([], 1, since=0.0, now=1.0)
    assert "success_rate" not in row
    assert "reward_mean" not in row


def test_what_a_rollout_runs_and_how_far_siblings_differ_is_worked_out_by_hand() -> None:
    metrics = StepMetrics()
    mixed = summary(
        1, num_executions=10, num_turns=14, num_with_code=4, num_self_checked=3, queue_s=3.0, reward_std=0.4
    )
    solved = summary(4, num_executions=2, num_turns=6, num_with_code=2, queue_s=0.0, reward_std=0.0)
    alone = summary(1, 1, num_executions=0, num_turns=1, num_with_code=0, reward_std=0.0)
    for done in (mixed, solved, alone, summary(0, 0, num_infrastructure=4)):
        metrics.group_done(done)
    row = metrics.taken([mixed], version=1, since=0.0, now=18.0)
    # 12 scripts of 9 rollouts, 3 s in line; spread and signal of the two groups that have siblings.
    assert row["executions_per_rollout"] == pytest.approx(12 / 9)
    assert (row["turns_mean"], row["code_share"]) == (pytest.approx(21 / 9), pytest.approx(6 / 9))
    assert row["self_check_share"] == pytest.approx(3 / 9)
    assert row["execute_queue_s_mean"] == pytest.approx(3 / 12)
    assert row["rollouts_per_s"] == 0.5
    assert (row["reward_std"], row["signal_share"]) == (pytest.approx(0.2), 0.5)


def test_a_step_in_which_no_rollout_finished_says_nothing_of_the_policy() -> None:
    metrics = StepMetrics()
    metrics.group_done(summary(0, 0, num_infrastructure=4))
    row = metrics.taken([], version=1, since=0.0, now=1.0)
    silent = {
        "turns_mean",
        "code_share",
        "self_check_share",
        "success_rate",
        "reward_mean",
        "reward_std",
        "signal_share",
        "executions_per_rollout",
    }
    assert silent & row.keys() == set()


def test_failures_are_counted_over_all_steps_by_the_boundary_where_they_were_met() -> None:
    metrics = StepMetrics()
    metrics.group_done(summary(1, num_infrastructure=2, terminations={"ok": 3, "infrastructure": 1}))
    first = metrics.taken([], version=1, since=0.0, now=1.0)
    second = metrics.taken([], version=2, since=1.0, now=2.0)
    metrics.group_done(summary(0, 0, num_infrastructure=4))
    third = metrics.taken([], version=3, since=2.0, now=3.0)
    told = [(row["failures/rollout"], row["failures/sandbox"]) for row in (first, second, third)]
    assert told == [(2, 1), (2, 1), (6, 1)]
