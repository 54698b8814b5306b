"""Plays draws and outcomes to a policy, for tests that stop and go on."""

from collections.abc import Callable, Sequence

from curriculum.policies.policy import CurriculumPolicy
from curriculum.task import TaskOutcome

Event = tuple[str, str | int, int]
"""("draw", number of tasks, step) or ("observe", task id, number of right rollouts)."""


def play(
    policy: CurriculumPolicy, played: Sequence[Event], outcome: Callable[[str, int], TaskOutcome]
) -> list[list[str]]:
    """Ids of the tasks drawn at each draw."""
    drawn = []
    for kind, what, number in played:
        if kind == "draw":
            drawn.append([task.task_id for task in policy.next_tasks(int(what), step=number)])
        else:
            policy.observe(outcome(str(what), number))
    return drawn
