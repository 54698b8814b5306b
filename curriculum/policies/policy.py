"""What every way of choosing tasks has: the four verbs, the draw, and a plan of stages (of one, where it has none).

A policy is pure: it owns its generator, and the same calls in the same order bring it to the same place. Not
thread-safe: one owner calls it.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Protocol

from curriculum.stages import StagePlan
from curriculum.task import Task, TaskOutcome


class CurriculumPolicy(Protocol):
    """Chooses tasks and learns from their outcomes."""

    @property
    def plan(self) -> StagePlan:
        """Which tasks open at which step."""
        ...

    def next_tasks(self, num: int, step: int) -> list[Task]:
        """Draws the next tasks for a training step; moves the sampler on."""
        ...

    def observe(self, outcome: TaskOutcome) -> None:
        """Learns from a group of rollouts; one without scored rollouts teaches nothing.

        Raises:
            ValueError: If the task is unknown or the counts are impossible.
        """
        ...

    def metrics(self) -> dict[str, float]:
        """Where the curriculum stands, for the log."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next, as JSON."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state of the same policy, tasks and plan.

        Raises:
            ValueError: If fields are missing or unknown, or it belongs to another policy, other tasks or another plan.
        """
        ...


def fingerprint(policy: str, task_ids: Iterable[str], plan: StagePlan) -> str:
    """What a saved state must have been made with to be of use here."""
    return hashlib.sha256("\n".join([policy, *task_ids, plan.model_dump_json()]).encode()).hexdigest()


def refuse_other_fingerprint(saved: str, own: str) -> None:
    """Refuses a state that was saved by another policy or over other tasks.

    Raises:
        ValueError: If the two differ.
    """
    if saved != own:
        raise ValueError(
            "curriculum state is of another policy, or of other tasks or stages: "
            "resume with the config it began with (curriculum.policy among it)"
        )
