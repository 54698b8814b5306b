"""From a group and its binary outcomes to scores. Pure."""

from collections.abc import Sequence

from actors.records import EndReason, Rollout, RolloutGroup, Score, ScoredGroup
from actors.rewards.config import RewardConfig, RewardRole
from actors.rewards.own_term import OwnTerm
from actors.rewards.rules import format_term, given_answer, overlong_term, turn_term


def countable_rollouts(group: RolloutGroup) -> tuple[Rollout, ...]:
    """The rollouts that did not fail on our side."""
    return tuple(r for r in group.rollouts if r.end_reason is not EndReason.INFRASTRUCTURE)


def scored_group(
    group: RolloutGroup,
    outcomes: Sequence[bool],
    config: RewardConfig,
    own: OwnTerm | None = None,
    role: RewardRole | None = None,
) -> ScoredGroup:
    """Scores for the countable rollouts of `group`.

    Args:
        group: all siblings.
        outcomes: one per countable rollout, in order: whether its answer is right.
        config: weights and where shaping applies.
        own: a shaping term of the user's, already loaded.
        role: token limits, and whether coming near them costs; None for that it does not.

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
    scores = tuple(
        _score(rollout, right, config, _shaping(rollout, right, config, own, role) if shaped else {})
        for rollout, right in zip(rollouts, outcomes, strict=True)
    )
    return ScoredGroup(
        group=RolloutGroup(group_id=group.group_id, task=group.task, rollouts=rollouts),
        scores=scores,
        num_infrastructure=len(group.rollouts) - len(rollouts),
    )


def _shaping(
    rollout: Rollout, is_correct: bool, config: RewardConfig, own: OwnTerm | None, role: RewardRole | None
) -> dict[str, float]:
    """The named terms that shaping adds."""
    terms = {
        "format": format_term(rollout, config.format),
        "turns": turn_term(rollout, config.turn_penalty, config.free_turns),
    }
    if role is not None and role.penalises_overlong and config.overlong_window is not None:
        terms["overlong"] = overlong_term(
            rollout,
            config.correct,
            window=config.overlong_window,
            max_turn_tokens=role.max_turn_tokens,
            max_rollout_tokens=role.max_rollout_tokens,
        )
    if own is not None:
        terms["own"] = own(rollout, is_correct)
    return terms


def _score(rollout: Rollout, is_correct: bool, config: RewardConfig, shaping: dict[str, float]) -> Score:
    breakdown = {"outcome": config.correct if is_correct else 0.0, **shaping}
    return Score(
        reward=sum(breakdown.values()),
        is_correct=is_correct,
        answer=given_answer(rollout),
        breakdown=breakdown,
    )
