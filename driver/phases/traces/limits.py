"""Whether a written trace is a conversation that a rollout could hold: anything longer teaches what none can use."""

from actors.episodes.config import RolloutConfig
from actors.records import SftRollout, Source


def why_too_long(written: SftRollout, limits: RolloutConfig) -> str | None:
    """What is over which limit, with both numbers; None if all of it could be sampled.

    Args:
        written: the trace as segments.
        limits: of a rollout.
    """
    size = sum(len(segment.token_ids) for segment in written.segments)
    if size > limits.max_rollout_tokens:
        return f"{size} tokens are more than rollout.max_rollout_tokens={limits.max_rollout_tokens}"
    longest = max(len(segment.token_ids) for segment in written.segments if segment.source is Source.MODEL)
    if longest > limits.max_turn_tokens:
        return f"a turn of {longest} tokens is longer than rollout.max_turn_tokens={limits.max_turn_tokens}"
    return None
