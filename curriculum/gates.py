"""Whether a group of rollouts can teach anything: a gate on binary outcomes, before any reward shaping."""


def has_learning_signal(num_correct: int, num_rollouts: int) -> bool:
    """True if some rollouts of the group are right and some are wrong.

    With equal outcomes every advantage is zero, unless reward shaping invents one ("phantom advantages"): the
    gate looks at outcomes, never at rewards.

    Raises:
        ValueError: If the counts are impossible.
    """
    checked_counts(num_correct, num_rollouts)
    return 0 < num_correct < num_rollouts


def checked_counts(num_correct: int, num_rollouts: int) -> None:
    """Refuses counts that no group can have.

    Raises:
        ValueError: If not 0 <= num_correct <= num_rollouts.
    """
    if not 0 <= num_correct <= num_rollouts:
        raise ValueError(
            f"{num_correct} correct of {num_rollouts} rollouts is impossible: count again upstream"
        )
