from actors.episodes.config import RolloutConfig
from actors.records import SftRollout, Source
from driver.phases.traces.limits import why_too_long
from tests.unit.actors.rollout_cases import fixed

# 4 of the prompt, then 60 of the model, 10 shown, 6 of the model: 80 in all, the longest turn 60.
WRITTEN = SftRollout(
    trace_id="t",
    segments=(
        fixed(Source.PROMPT, 4),
        fixed(Source.MODEL, 60),
        fixed(Source.ENVIRONMENT, 10),
        fixed(Source.MODEL, 6),
    ),
)


def test_a_trace_may_be_as_long_as_a_rollout_and_its_turns_as_long_as_a_turn() -> None:
    assert why_too_long(WRITTEN, RolloutConfig(max_rollout_tokens=80, max_turn_tokens=60)) is None


def test_a_longer_one_is_told_with_both_numbers_and_the_key() -> None:
    over = why_too_long(WRITTEN, RolloutConfig(max_rollout_tokens=79, max_turn_tokens=60))
    assert over == "80 tokens are more than rollout.max_rollout_tokens=79"
    turn = why_too_long(WRITTEN, RolloutConfig(max_rollout_tokens=80, max_turn_tokens=59))
    assert turn == "a turn of 60 tokens is longer than rollout.max_turn_tokens=59"
