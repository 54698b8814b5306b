"""Settings of a rollout."""

from typing import Literal

from pydantic import Field

from actors.frozen import Settings

InstructionsName = Literal["short", "full", "text", "code_first"]
"""Wordings of the instructions, see `curriculum.tasks.instructions`."""


class RolloutConfig(Settings):
    """How one conversation is held."""

    agent: str = Field(default="code_agent", min_length=1)
    """Who holds the conversations that are trained on: `text`, `code_first`, `code_agent`, `guided`, or `module:Class`
    of your own (docs/agents.md)."""
    instructions: InstructionsName = "full"
    """Wording of the instructions, for agents that bring none of their own."""
    group_size: int = Field(default=8, ge=2)
    """Rollouts of one task that are compared with each other (G)."""
    temperature: float = Field(default=1.0, gt=0)
    """Sampling temperature while training; at 0 the rollouts of a group would all be the same."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Nucleus mass while training; below 1 the learner's ratio is biased."""
    max_executions: int = Field(default=8, ge=0)
    """Most scripts that one rollout may run."""
    execution_timeout_s: float = Field(default=60.0, gt=0, le=600)
    """Wall-clock limit of one script, in seconds."""
    execution_memory_mib: int = Field(default=1024, ge=16, le=65536)
    """Memory of one script beyond the warm interpreter, in MiB."""
    max_turn_tokens: int = Field(default=2048, ge=1)
    """Most tokens that the model may sample in one turn."""
    max_rollout_tokens: int = Field(default=8192, ge=64)
    """Most tokens of a rollout: prompt, turns and outputs together."""
    max_observation_chars: int = Field(default=2000, ge=80)
    """Most characters of a script's output that the model is shown; the middle is cut and the cut is marked."""
