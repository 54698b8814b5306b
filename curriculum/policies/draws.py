"""What every policy keeps: estimates, a sampler, and the state of both. A policy adds its pool and its weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curriculum.policies.estimates import SuccessEstimates
from curriculum.policies.policy import fingerprint, refuse_other_fingerprint
from curriculum.sampler import TaskSampler, check_fields
from curriculum.stages import StagePlan
from curriculum.task import Task

_FIELDS = ("fingerprint", "sampler", "estimates", "num_drawn")


class TaskDraws:
    """Draws tasks and counts them. Example: `TaskDraws("uniform", estimates, sampler, plan).draw(8, pool, weights)`."""

    def __init__(
        self, policy: str, estimates: SuccessEstimates, sampler: TaskSampler, plan: StagePlan
    ) -> None:
        """Nothing is drawn yet.

        Args:
            policy: Its name, part of what a saved state must fit.
            estimates: Of all tasks, in the order of the sampler's indices.
            sampler: Draws indices.
            plan: Which tasks open at which step, part of what a saved state must fit.
        """
        self.estimates = estimates
        self.sampler = sampler
        self.num_drawn = 0
        self._fingerprint = fingerprint(policy, estimates.index, plan)

    def draw(self, num: int, pool: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Int [num]: indices drawn from `pool`, int [P], by `weights`, float [N] over all tasks."""
        drawn = self.sampler.draw(num, pool, weights)
        self.num_drawn += len(drawn)
        return np.asarray(drawn)

    def tasks(self, drawn: np.ndarray) -> list[Task]:
        """The tasks at these indices."""
        return [self.estimates.tasks[i] for i in drawn]

    def metrics(self, pool: np.ndarray, *, stage: int, num_retired: int) -> dict[str, float]:
        """What is logged whatever the policy: `pool` are the open tasks, `stage` counts from 1."""
        return {
            "stage": float(stage),
            "epoch": float(self.sampler.epoch),
            "num_drawn": float(self.num_drawn),
            "num_retired": float(num_retired),
            **self.estimates.metrics(pool),
        }

    def state_dict(self) -> dict[str, Any]:
        """The part of a policy's state that is the same for all, as JSON."""
        return {
            "fingerprint": self._fingerprint,
            "sampler": self.sampler.state_dict(),
            "estimates": self.estimates.state_dict(),
            "num_drawn": self.num_drawn,
        }

    def load_state_dict(self, state: dict[str, Any], own_fields: Sequence[str] = ()) -> None:
        """Goes on from a policy's state, of which `own_fields` are the policy's own and left to it.

        Raises:
            ValueError: If fields are missing or unknown, or it belongs to another policy, other tasks or another plan.
        """
        check_fields(state, (*_FIELDS, *own_fields), "curriculum")
        refuse_other_fingerprint(state["fingerprint"], self._fingerprint)
        self.sampler.load_state_dict(state["sampler"])
        self.estimates.load_state_dict(state["estimates"])
        self.num_drawn = int(state["num_drawn"])
