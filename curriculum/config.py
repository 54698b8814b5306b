"""Settings of the curriculum. Importing this loads pydantic and nothing heavier."""

import itertools
from typing import Literal

from pydantic import Field, model_validator

from curriculum.frozen import Settings


class CurriculumConfig(Settings):
    """How tasks are ordered by improvement potential and sampled. Defaults: the paper's four stages.

    Example: `CurriculumConfig(steps_per_stage=(20, 20, 20, 20), min_tasks_per_group=4)`.
    """

    grouping: Literal["thresholds", "equal"] = "thresholds"
    """`thresholds`: the paper's ranges of potential; `equal`: groups of equal size."""
    thresholds: tuple[float, ...] = (0.64, 0.48, 0.32, 0.0)
    """Lowest potential of each group, first stage first; the last must be 0."""
    steps_per_stage: tuple[int, ...] = (150, 150, 150, 150)
    """Training steps of each stage; one entry per group."""
    min_tasks_per_group: int = Field(default=8, ge=1)
    """A smaller group is merged with the next one, and its steps with it."""
    epoch_share: float = Field(default=0.5, gt=0, le=1)
    """Share of the open pool drawn in one sampler epoch: below 1, promising tasks come round more often."""
    max_rest_epochs: int = Field(default=3, ge=1)
    """No open task is left out of more than this many epochs in a row."""
    prior_rollouts: float = Field(default=8.0, ge=0)
    """Most rollouts that the measured potential counts for in a task's estimated success rate."""
    decay: float = Field(default=0.8, gt=0, le=1)
    """Factor on a task's older evidence at each new outcome: the policy moves on."""
    seed: int = 0
    """Seed of the generator that samples tasks, and of the order among tasks of equal potential."""

    @model_validator(mode="after")
    def _check(self) -> "CurriculumConfig":
        bounds = self.thresholds
        if not bounds or bounds[-1] != 0 or any(a <= b for a, b in itertools.pairwise(bounds)):
            raise ValueError(
                f"thresholds {bounds} must fall strictly and end with 0: set curriculum.thresholds"
            )
        if len(self.steps_per_stage) != len(bounds):
            raise ValueError(
                f"steps_per_stage has {len(self.steps_per_stage)} entries, thresholds has {len(bounds)}: "
                "give curriculum.steps_per_stage one entry per group"
            )
        if min(self.steps_per_stage) < 1:
            raise ValueError(f"steps_per_stage {self.steps_per_stage} must all be at least 1")
        return self
