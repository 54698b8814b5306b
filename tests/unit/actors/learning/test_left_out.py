import numpy as np
import pytest

from actors.learning.batches import packed_rows
from actors.learning.config import GrpoConfig
from actors.learning.left_out import has_void_turn, is_left_out
from actors.learning.samples import grpo_samples
from actors.records import EndReason, Score, ScoredGroup
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN, group, rollout

LIMITS = {EndReason.TURN_TOKENS, EndReason.ROLLOUT_TOKENS}
CUT_OFF = rollout([SCRIPT_TURN, "I think"], end_reason=EndReason.TURN_TOKENS)
SILENT = rollout(["Hm."], end_reason=EndReason.SILENT)
GOOD = rollout([SCRIPT_TURN, ANSWER_TURN])
NO_ROOM = rollout([SCRIPT_TURN], end_reason=EndReason.ROLLOUT_TOKENS)


def scored(*pairs):
    rollouts, rewards = zip(*pairs, strict=True)
    scores = tuple(
        Score(reward=r, is_correct=r > 0.5, answer=None, breakdown={"outcome": r}) for r in rewards
    )
    return ScoredGroup(group=group(*rollouts), scores=scores, num_infrastructure=0)


@pytest.mark.parametrize("end_reason", sorted(EndReason))
def test_overlong_is_what_a_token_limit_ended_and_nothing_else(end_reason):
    held = rollout([SCRIPT_TURN, ANSWER_TURN], end_reason=end_reason)
    assert held.is_overlong is (end_reason in LIMITS)
    assert is_left_out(held, GrpoConfig(overlong="mask")) is (end_reason in LIMITS)


@pytest.mark.parametrize("choice", ["keep", "soft"])
def test_nothing_is_left_out_unless_configured(choice):
    for held in (CUT_OFF, SILENT, GOOD, NO_ROOM):
        assert not is_left_out(held, GrpoConfig(overlong=choice))


@pytest.mark.parametrize(
    ("turns", "is_void"),
    [
        ([SCRIPT_TURN, ANSWER_TURN], False),
        ([ANSWER_TURN], False),
        ([SCRIPT_TURN], False),
        (["Hm."], True),
        ([SCRIPT_TURN, "Hm."], True),
        (["Hm.", ANSWER_TURN], True),
        (["```python\nprint(1)\n"], True),  # a script that was never closed
        (["The answer is <<<...>>>"], True),  # a placeholder
        (["```python\nprint('<<<6>>>')\n"], True),  # an answer inside what was never closed
        ([], False),
    ],
    ids=str,
)
def test_a_turn_is_void_without_a_complete_script_and_without_an_answer(turns, is_void):
    held = rollout(turns, end_reason=EndReason.SILENT, terminations=[])
    assert has_void_turn(held) is is_void
    assert is_left_out(held, GrpoConfig(void_turns="mask")) is is_void


def test_a_rollout_that_is_left_out_stays_in_the_baseline_and_weighs_nothing():
    # Rewards 1, 0, 0, 0: mean 1/4, with the one that is cut off. Of three with six, three and three tokens, 1/12 each.
    held = scored((GOOD, 1.0), (CUT_OFF, 0.0), (SILENT, 0.0), (SILENT, 0.0))
    samples = grpo_samples([held], GrpoConfig(overlong="mask"))
    assert [s.advantage for s in samples] == [0.75, 0.0, -0.25, -0.25]
    assert [s.num_in_loss for s in samples] == [6, 0, 3, 3]
    np.testing.assert_allclose([s.weight for s in samples], [1 / 12, 0, 1 / 12, 1 / 12])
    assert [s.is_left_out for s in samples] == [False, True, False, False]
    rows = packed_rows(samples, share_prefix=True, max_tokens=4096)
    assert {int(n) for row in rows for n in row.targets.sample_N} == {0, 2, 3}


def test_a_rollout_that_is_left_out_is_no_rollout_in_a_mean_over_rollouts():
    held = scored((GOOD, 1.0), (CUT_OFF, 0.0), (SILENT, 0.0))
    samples = grpo_samples([held], GrpoConfig(overlong="mask", aggregation="sequence_mean"))
    np.testing.assert_allclose([s.weight for s in samples], [1 / (2 * 6), 0, 1 / (2 * 3)])


def test_void_turns_and_token_limits_are_two_things():
    held = scored((GOOD, 1.0), (CUT_OFF, 0.0), (SILENT, 0.0), (NO_ROOM, 0.0))

    def left_out(**choices):
        return [s.is_left_out for s in grpo_samples([held], GrpoConfig(**choices))]

    assert left_out(void_turns="mask") == [False, True, True, False]
    assert left_out(overlong="mask") == [False, True, False, True]
    assert left_out(overlong="mask", void_turns="mask") == [False, True, True, True]
