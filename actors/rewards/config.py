"""Settings of the reward: the paper's and the modern preset are two sets of values of the same rules."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RewardConfig(BaseModel):
    """Outcome by rule plus optional shaping.

    Example: `RewardConfig(shaping="always")` is the paper's reward.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    shaping: Literal["none", "mixed_groups", "always"] = "none"
    """Where format and turn terms are added: nowhere; only in groups with both right and wrong rollouts, so that
    they can never be the whole signal; or everywhere (paper)."""
    correct: float = Field(default=1.0, gt=0)
    """For a right answer."""
    format: float = Field(default=0.1, ge=0)
    """Plus this if every turn has the right form, minus this if not."""
    turn_penalty: float = Field(default=0.1, ge=0)
    """Taken off beyond `free_turns` turns."""
    free_turns: int = Field(default=6, ge=1)
    """Turns without penalty."""
    check_timeout_s: float = Field(default=10.0, gt=0)
    """A checker that takes longer says wrong."""
