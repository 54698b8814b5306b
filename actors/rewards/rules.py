"""The shaping rules, one number each, from one rollout. Pure.

The reward is `correct * is_right`, and where shaping applies `+ format_term + turn_term`: see `RewardConfig.shaping`;
and `+ overlong_term`, if the run asks for it.

Source: R1-Code-Interpreter (arXiv 2505.21668), section on rewards: +1 correct, +0.1 / -0.1 format, -0.1 over six turns.
"""

from actors.episodes.scripts import complete_script, words_only
from actors.records import EndReason, Rollout, Source
from curriculum.tasks.answers import extract_answer


def given_answer(rollout: Rollout) -> str | None:
    """The last answer in the model's own words, scripts and their output left out."""
    # Turn by turn: a script that one of them left open does not reach into the next.
    return extract_answer("\n".join(words_only(text) for text in rollout.turn_texts))


def has_right_format(rollout: Rollout) -> bool:
    """Every turn but the last holds a complete script, and the rollout ended with an answer (`EndReason.ANSWER`)."""
    turns = rollout.turn_texts
    return (
        rollout.end_reason is EndReason.ANSWER
        and all(complete_script(text) is not None for text in turns[:-1])
        and given_answer(rollout) is not None
    )


def format_term(rollout: Rollout, weight: float) -> float:
    """`weight` if the format is right (`has_right_format`), else `-weight`: never 0, so cut rollouts pay too."""
    return weight if has_right_format(rollout) else -weight


def turn_term(rollout: Rollout, weight: float, free_turns: int) -> float:
    """`-weight` if the model took more than `free_turns` turns, however many more, else 0."""
    return -weight if rollout.num_turns > free_turns else 0.0


def overlong_term(
    rollout: Rollout, weight: float, *, window: int, max_turn_tokens: int, max_rollout_tokens: int
) -> float:
    """DAPO's soft overlong punishment (arXiv 2503.14476, equation 13), for the limit that the rollout is nearer to.

    0 up to `window` tokens before the limit, then falling in a straight line to `-weight` at it; and `-weight` for a
    rollout that a limit cut off, though it may end before it, where the output of its last script had no room.

    Args:
        rollout: any that did not fail on our side.
        weight: of the full penalty; in DAPO the reward of a right answer.
        window: tokens before a limit over which the penalty grows.
        max_turn_tokens: limit of each of the model's turns.
        max_rollout_tokens: limit of prompt, turns and outputs together.
    """
    if rollout.is_overlong:
        return -weight
    longest_turn = max((len(s.token_ids) for s in rollout.segments if s.source is Source.MODEL), default=0)
    room = min(
        max_rollout_tokens - sum(len(s.token_ids) for s in rollout.segments), max_turn_tokens - longest_turn
    )
    return -weight * min(max(window - room, 0) / window, 1.0)
