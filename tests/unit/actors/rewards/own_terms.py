"""Reward terms that a user might write, right and wrong."""

from actors.records import Rollout

NO_FUNCTION = 3


def half(rollout: Rollout, is_correct: bool) -> float:
    return 0.5


def not_a_number(rollout: Rollout, is_correct: bool) -> float:
    return float("nan")


def nothing(rollout: Rollout, is_correct: bool) -> None:
    return None


def failing(rollout: Rollout, is_correct: bool) -> float:
    raise KeyError(rollout.rollout_id)
