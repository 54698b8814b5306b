"""From a group and its binary outcomes to scores. Pure."""

from collections.abc import Sequence

from actors.records import EndReason, Rollout, RolloutGroup, Score, ScoredGroup
from actors.rewards.config import RewardConfig
from actors.rewards.own_term import OwnTerm
from actors.rewards.rules import format_term, given_answer, turn_term


def countable_rollouts(group: RolloutGroup) -> tuple[Rollout, ...]:
    """The rollouts that did not fail on our side."""
    return tuple(r for r in group.rollouts if r.end_reason is not EndReason.INFRASTRUCTURE)


def scored_group(
    group: RolloutGroup, outcomes: Sequence[bool], config: RewardConfig, own: OwnTerm | None = None
) -> ScoredGroup:
    """Scores for the countable rollouts of `group`.

    Args:
        group: all siblings.
        outcomes: one per countable rollout, in order: whether its answer is right.
        config: weights and where shaping applies.
        own: a shaping term of the user's, already loaded.

    Raises:
        ValueError: the number of outcomes is not the number of countable rollouts.
    """
    rollouts = countable_rollouts(group)
    if len(outcomes) != len(rollouts):
        raise ValueError(
            f"{len(outcomes)} outcomes for {len(rollouts)} countable rollouts of {group.group_id}"
        )
    mixed = any(outcomes) and not all(outcomes)
    shaped = config.shaping == "always" or (config.shaping == "mixed_groups" and mixed)
    scores = tuple(_score(r, right, shaped, config, own) for r, right in zip(rollouts, outcomes, strict=True))
    return ScoredGroup(
        group=RolloutGroup(group_id=group.group_id, task=group.task, rollouts=rollouts),
        scores=scores,
        num_infrastructure=len(group.rollouts) - len(rollouts),
    )


def _score(
    rollout: Rollout, is_correct: bool, shaped: bool, config: RewardConfig, own: OwnTerm | None
) -> Score:
    breakdown = {"outcome": config.correct if is_correct else 0.0}
    if shaped:
        breakdown["format"] = format_term(rollout, config.format)
        breakdown["turns"] = turn_term(rollout, config.turn_penalty, config.free_turns)
        if own is not None:
            breakdown["own"] = own(rollout, is_correct)
    return Score(
        reward=sum(breakdown.values()),
        is_correct=is_correct,
        answer=given_answer(rollout),
        breakdown=breakdown,
    )
