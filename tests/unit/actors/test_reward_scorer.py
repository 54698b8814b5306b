from collections.abc import Iterator

import pytest

from actors.records import EndReason, GroupSummary
from actors.reward_scorer import RewardScorer
from actors.rewards.config import RewardConfig
from curriculum.task import Task
from tests.unit.actors.rollout_cases import SCRIPT_TURN, group, rollout, task

GCD = task(
    family="gcd",
    checker="reasoning_gym",
    payload='{"dataset": "gcd", "config": {}, "question": "gcd of 12 and 18", "answer": "6", "metadata": {}}',
)


@pytest.fixture
def scorer() -> Iterator[RewardScorer]:
    scorer = RewardScorer(RewardConfig())
    yield scorer
    scorer.close()


async def test_answers_are_checked_by_the_tasks_own_rule_and_counted(scorer: RewardScorer) -> None:
    held = group(
        rollout([SCRIPT_TURN, "It is <<<6>>>"]),
        rollout(["It is <<<7>>>"]),
        rollout(["It is 6"], end_reason=EndReason.SILENT),
        rollout([SCRIPT_TURN], end_reason=EndReason.INFRASTRUCTURE),
        of=GCD,
    )
    scored, summary = await scorer.score(held)
    assert [s.is_correct for s in scored.scores] == [True, False, False]
    assert [s.answer for s in scored.scores] == ["6", "7", None]
    assert summary == GroupSummary.of(scored)
    assert (summary.num_rollouts, summary.num_correct, summary.num_infrastructure) == (3, 1, 1)
    assert scorer.metrics() == {"rollouts": 3, "correct": 1, "check_timeouts": 0, "check_crashes": 0}


async def test_rollouts_that_test_their_answer_are_counted(scorer: RewardScorer) -> None:
    check = "I check it.\n```python\nassert 12 % 6 == 18 % 6 == 0 and 6 == 6\n```\n"
    ran = {"code": "assert 12 % 6 == 18 % 6 == 0 and 6 == 6", "output": "(the script printed nothing)"}
    checked = rollout([SCRIPT_TURN, check, "It is <<<6>>>"])
    first, second = checked.executions
    first = first.model_copy(update={"code": "print(2 * 3)"})
    checked = checked.model_copy(update={"executions": (first, second.model_copy(update=ran))})
    _, summary = await scorer.score(group(checked, rollout([SCRIPT_TURN, "It is <<<6>>>"]), of=GCD))
    assert summary.num_self_checked == 1


async def test_a_task_whose_checker_is_unknown_is_our_fault_and_not_a_wrong_answer(
    scorer: RewardScorer,
) -> None:
    stranger: Task = task(checker="no_such")
    with pytest.raises(ValueError, match="wants checker 'no_such'"):
        await scorer.score(group(rollout(["<<<1>>>"]), of=stranger))
