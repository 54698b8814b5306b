"""Settings of the curriculum. Importing this loads pydantic and nothing heavier."""

import itertools
from typing import Literal

from pydantic import Field, model_validator

from curriculum.frozen import Settings


class OnlineConfig(Settings):
    """When the policy `online` retires tasks that are solved, and takes them back.

    Example: `CurriculumConfig(policy="online", online=OnlineConfig(retire_above=0.95))`.
    """

    retire_above: float = Field(default=0.9, gt=0, le=1)
    """A task with at least this share of right rollouts, older ones decayed, is not drawn any more."""
    return_below: float = Field(default=0.75, ge=0, lt=1)
    """A retired task whose share of right rollouts falls below this is drawn again like any other."""
    retest_epochs: int = Field(default=8, ge=1)
    """Sampler epochs after which a retired task is tried once more."""

    @model_validator(mode="after")
    def _check(self) -> "OnlineConfig":
        if self.return_below >= self.retire_above:
            raise ValueError(
                f"return_below={self.return_below} must be less than retire_above={self.retire_above}, or a task would "
                "come and go: lower curriculum.online.return_below"
            )
        return self


class CurriculumConfig(Settings):
    """How tasks are ordered by improvement potential and sampled. Defaults: the paper's four stages.

    Example: `CurriculumConfig(steps_per_stage=(20, 20, 20, 20), min_tasks_per_group=4)`.
    """

    policy: Literal["stages", "online", "uniform"] = "stages"
    """`stages`: the paper's groups, opened one after the other; `online`: all tasks open, weighed by training's own
    rollouts, solved ones retired; `uniform`: the control, every task equally often."""
    online: OnlineConfig = OnlineConfig()
    """For the policy `online` alone: when tasks retire and return."""
    grouping: Literal["thresholds", "equal"] = "thresholds"
    """`thresholds`: the paper's ranges of potential; `equal`: groups of equal size."""
    thresholds: tuple[float, ...] = (0.64, 0.48, 0.32, 0.0)
    """Lowest potential of each group, first stage first; the last must be 0."""
    steps_per_stage: tuple[int, ...] = (150, 150, 150, 150)
    """Training steps of each stage; one entry per group. Without stages their sum counts."""
    min_tasks_per_group: int = Field(default=8, ge=1)
    """A smaller group is merged with the next one, and its steps with it. `online` never has fewer tasks open."""
    epoch_share: float = Field(default=0.5, gt=0, le=1)
    """Share of the open pool drawn in one sampler epoch: below 1, promising tasks come round more often. `uniform`
    draws the whole pool."""
    max_rest_epochs: int = Field(default=3, ge=1)
    """No open task is left out of more than this many epochs in a row."""
    prior_rollouts: float = Field(default=8.0, ge=0)
    """Most rollouts that the measured potential counts for in a task's estimated success rate."""
    decay: float = Field(default=0.8, gt=0, le=1)
    """Factor on a task's older evidence at each new outcome: the policy moves on. `online` applies it once for every
    sampler epoch that the task rested."""
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
        if self.policy != "online" and self.online != OnlineConfig():
            raise ValueError(
                f"policy {self.policy} does not read curriculum.online: set curriculum.policy=online or leave it out"
            )
        return self
