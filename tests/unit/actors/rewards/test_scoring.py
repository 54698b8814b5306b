import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.records import EndReason, Rollout
from actors.rewards.config import RewardConfig, RewardRole
from actors.rewards.scoring import countable_rollouts, scored_group
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN, group, rollout

PAPER = RewardConfig(shaping="always", correct=1.0, format=0.1, turn_penalty=0.1, free_turns=6)
GOOD = rollout([SCRIPT_TURN, ANSWER_TURN])
BAD = rollout(["Hm."], end_reason=EndReason.SILENT)
SEVEN = rollout([SCRIPT_TURN] * 6 + [ANSWER_TURN])
SEVEN_BAD = rollout([SCRIPT_TURN] * 6 + ["Hm."], end_reason=EndReason.SILENT)
FAILED = rollout([SCRIPT_TURN], end_reason=EndReason.INFRASTRUCTURE)


@pytest.mark.parametrize(
    ("held", "is_correct", "reward"),
    [
        (GOOD, True, 1.1),  # 1 + 0.1
        (GOOD, False, 0.1),  # 0 + 0.1
        (BAD, False, -0.1),  # 0 - 0.1
        (BAD, True, 0.9),  # 1 - 0.1
        (SEVEN, True, 1.0),  # 1 + 0.1 - 0.1
        (SEVEN_BAD, False, -0.2),  # 0 - 0.1 - 0.1
    ],
)
def test_the_papers_rewards_are_those_worked_out_by_hand(
    held: Rollout, is_correct: bool, reward: float
) -> None:
    (score,) = scored_group(group(held), [is_correct], PAPER).scores
    assert score.reward == pytest.approx(reward)
    assert score.is_correct is is_correct


def test_without_shaping_the_reward_is_the_outcome() -> None:
    scored = scored_group(group(GOOD, BAD, SEVEN), [True, False, True], RewardConfig())
    assert [s.reward for s in scored.scores] == [1.0, 0.0, 1.0]
    assert [s.breakdown for s in scored.scores] == [{"outcome": 1.0}, {"outcome": 0.0}, {"outcome": 1.0}]


@pytest.mark.parametrize("outcome", [True, False])
def test_mixed_groups_shaping_is_absent_in_groups_of_equal_outcome(outcome: bool) -> None:
    config = RewardConfig(shaping="mixed_groups")
    scored = scored_group(group(GOOD, BAD, SEVEN_BAD), [outcome] * 3, config)
    assert {s.reward for s in scored.scores} == {float(outcome)}


def test_mixed_groups_shaping_is_the_papers_in_groups_of_both_outcomes() -> None:
    config = PAPER.model_copy(update={"shaping": "mixed_groups"})
    mixed = group(GOOD, BAD, SEVEN_BAD), [True, False, False]
    assert scored_group(*mixed, config).scores == scored_group(*mixed, PAPER).scores


@given(
    st.lists(
        st.tuples(st.sampled_from([GOOD, BAD, SEVEN, SEVEN_BAD]), st.booleans()), min_size=1, max_size=6
    ),
    st.sampled_from(["none", "mixed_groups", "always"]),
)
def test_the_named_parts_add_up_and_shaping_never_makes_wrong_better_than_right(
    pairs: list[tuple[Rollout, bool]], shaping: str
) -> None:
    config = PAPER.model_copy(update={"shaping": shaping})
    scored = scored_group(group(*[r for r, _ in pairs]), [right for _, right in pairs], config)
    assert all(s.reward == pytest.approx(sum(s.breakdown.values())) for s in scored.scores)
    right = [s.reward for s in scored.scores if s.is_correct]
    wrong = [s.reward for s in scored.scores if not s.is_correct]
    assert min(right, default=9.0) > max(wrong, default=-9.0)


def test_rollouts_that_failed_on_our_side_are_left_out_and_counted() -> None:
    scored = scored_group(group(GOOD, FAILED, BAD), [True, False], PAPER)
    assert countable_rollouts(group(GOOD, FAILED, BAD)) == (GOOD, BAD)
    assert scored.group.rollouts == (GOOD, BAD)
    assert scored.num_infrastructure == 1
    assert scored.success_rate == 0.5
    assert [s.answer for s in scored.scores] == ["6", None]


def test_a_wrong_number_of_outcomes_is_refused() -> None:
    with pytest.raises(ValueError, match="3 outcomes for 2 countable rollouts of g"):
        scored_group(group(GOOD, FAILED, BAD), [True, False, True], PAPER)


def test_the_overlong_penalty_is_a_term_of_shaping_worth_a_right_answer_at_most() -> None:
    cut = rollout([SCRIPT_TURN], end_reason=EndReason.ROLLOUT_TOKENS)
    role = RewardRole(penalises_overlong=True, max_turn_tokens=100, max_rollout_tokens=64)
    config = RewardConfig(shaping="mixed_groups", correct=2, format=0, turn_penalty=0, overlong_window=60)
    scored = scored_group(group(GOOD, cut), [True, False], config, role=role)
    # GOOD has 14 tokens: 64 - 14 = 50 of room, 10 of the window's 60 gone; the turn of 3 tokens is 97 from its limit.
    assert [s.breakdown["overlong"] for s in scored.scores] == pytest.approx([-2 * 10 / 60, -2.0])
    assert [s.reward for s in scored.scores] == pytest.approx([2 - 1 / 3, -2.0])
    # In a group of one outcome shaping applies nowhere.
    assert [s.reward for s in scored_group(group(GOOD, cut), [False, False], config, role=role).scores] == [
        0,
        0,
    ]


def test_without_the_choice_of_soft_nobody_pays_for_length() -> None:
    cut = rollout([SCRIPT_TURN], end_reason=EndReason.ROLLOUT_TOKENS)
    config = PAPER.model_copy(update={"overlong_window": 10})
    for role in (None, RewardRole()):
        scored = scored_group(group(GOOD, cut), [True, False], config, role=role)
        assert all("overlong" not in s.breakdown for s in scored.scores)
