"""Settings of the reward: the paper's and the modern preset are two sets of values of the same rules."""

from typing import Literal, Self

from pydantic import Field, model_validator

from actors.frozen import Settings


class RewardConfig(Settings):
    """Outcome by rule plus optional shaping.

    Example: `RewardConfig(shaping="always")` is the paper's reward.
    """

    shaping: Literal["none", "mixed_groups", "always"] = "none"
    """Where format and turn terms are added: nowhere; only in groups with both right and wrong rollouts, so that
    they can never be the whole signal; or everywhere (paper)."""
    correct: float = Field(default=1.0, gt=0)
    """Reward of a right answer; a wrong one gets 0."""
    format: float = Field(default=0.1, ge=0)
    """Added, where shaping applies, if every turn but the last holds a complete script and the last an answer; taken
    off if not, and so from every rollout that a limit cut off."""
    turn_penalty: float = Field(default=0.1, ge=0)
    """Taken off, where shaping applies, once from a rollout of more than `free_turns` turns."""
    free_turns: int = Field(default=6, ge=1)
    """Most turns that a rollout may take without `turn_penalty`; no rollout takes more than
    `rollout.max_executions` + 1."""
    check_timeout_s: float = Field(default=10.0, gt=0)
    """Seconds that a checker may take; one that takes longer counts as a wrong answer."""
    overlong_window: int | None = Field(default=None, ge=1)
    """Read where `learner.grpo.overlong` is `soft`, and needed there: tokens before `rollout.max_turn_tokens` and
    before `rollout.max_rollout_tokens` over which the penalty grows, in a straight line, from 0 to `correct`."""
    own: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    """A shaping term of one's own, as `module:function` (examples/own_reward.py), added where shaping applies."""

    @model_validator(mode="after")
    def _own_term_applies_somewhere(self) -> Self:
        if self.own is not None and self.shaping == "none":
            raise ValueError(
                f"reward.own={self.own} is a shaping term, but reward.shaping=none adds no shaping anywhere: set "
                "reward.shaping to mixed_groups or always, or leave reward.own out"
            )
        return self


class RewardRole(Settings):
    """What the rest of a run asks of the scorer, no setting of its own: `RewardRole(penalises_overlong=True)`."""

    penalises_overlong: bool = False
    """Whether `learner.grpo.overlong` is `soft`, so that rollouts pay for coming near a token limit."""
    max_turn_tokens: int = Field(default=2048, ge=1)
    """The rollouts' own limit for one turn of the model."""
    max_rollout_tokens: int = Field(default=8192, ge=64)
    """The rollouts' own limit for prompt, turns and outputs together."""
