"""What a role needs from outside, as callables: other code never sees an actor handle."""

from collections.abc import Awaitable
from typing import Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict

from sandbox_service import ExecutionRequest, ExecutionResult


class SamplingSpec(BaseModel):
    """How to sample one turn."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    temperature: float
    """0 is greedy."""
    top_p: float
    """Nucleus mass."""
    max_tokens: int
    """Longest turn in tokens."""
    stop: tuple[str, ...]
    """Texts that end the turn; they stay in the output."""
    seed: int | None = None
    """Seed of this one request."""


class Generation(BaseModel):
    """What the engine sampled for one turn."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, use_attribute_docstrings=True
    )

    token_ids: np.ndarray
    """int32 [T], the stop token included when the model sampled it."""
    logprobs: np.ndarray
    """float32 [T]."""
    versions: np.ndarray
    """int32 [T] policy version of each token."""
    text: str
    """The tokens as text, special tokens left out."""
    finish: str
    """`stop` (end of turn or a stop text) or `length`."""


class GenerateFn(Protocol):
    """Continue a token sequence by one turn."""

    def __call__(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Awaitable[Generation]:
        """Raises `EngineError` when the engine, not the model, failed."""
        ...


class ExecuteFn(Protocol):
    """Run one script."""

    def __call__(self, request: ExecutionRequest) -> Awaitable[ExecutionResult]:
        """Returns `infrastructure` when no worker could run it after retries."""
        ...
