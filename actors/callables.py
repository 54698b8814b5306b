"""What a role needs from outside, as callables: other code never sees an actor handle."""

from collections.abc import Awaitable, Sequence
from enum import StrEnum
from typing import Literal, Protocol, Self

import numpy as np
from pydantic import model_validator

from actors.frozen import Frozen
from sandbox_service import ExecutionRequest, ExecutionResult


class SamplingSpec(Frozen):
    """How to sample one turn."""

    temperature: float
    """Divides the logits before sampling; 0 takes the likeliest token."""
    top_p: float
    """Nucleus mass: only the likeliest tokens that together have this probability are sampled from."""
    max_tokens: int
    """Longest turn in tokens."""
    stop: tuple[str, ...]
    """Texts that end the turn; they stay in the output."""
    stop_token_ids: tuple[int, ...] = ()
    """Tokens that end the turn, beside those that the engine knows; they stay in the output."""
    seed: int | None = None
    """Seed of this one request."""


class Finish(StrEnum):
    """Why the engine stopped, by its own account."""

    STOP = "stop"
    """The model sampled a token that ends its turn, or one of the texts asked for is complete."""
    LENGTH = "length"
    """The limit on tokens is reached."""
    ABORT = "abort"
    """The engine gave the request up before its end: our failure, not the model's."""
    ERROR = "error"
    """The engine failed in this one request: our failure, not the model's."""


class Generation(Frozen):
    """What the engine sampled for one turn."""

    token_ids: np.ndarray
    """int32 [T], the stop token included when the model sampled it."""
    logprobs: np.ndarray
    """float32 [T], log-probability of each token under the weights that sampled it."""
    versions: np.ndarray
    """int32 [T] policy version of each token."""
    text: str
    """The tokens as text, special tokens left out."""
    finish: Finish
    """Why the engine stopped sampling."""
    stop_text: str | None = None
    """The text that stopped it; None under `stop` means that a token ended the turn."""

    @model_validator(mode="after")
    def _is_one_number_per_token(self) -> Self:
        lengths = [len(array) for array in (self.token_ids, self.logprobs, self.versions)]
        if len(set(lengths)) > 1:
            raise ValueError(
                f"token_ids, logprobs and versions have lengths {lengths}: an engine gives one per token"
            )
        return self

    @property
    def ends_turn(self) -> bool:
        """Whether the model itself ended its turn, by a token."""
        return self.finish is Finish.STOP and self.stop_text is None


class GenerateFn(Protocol):
    """Continue a token sequence by one turn."""

    def __call__(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Awaitable[Generation]:
        """Raises `EngineError` when the engine, not the model, failed."""
        ...


class ChatMessage(Frozen):
    """One message of a chat, as an endpoint takes it."""

    role: Literal["system", "user", "assistant"]
    """Who wrote the message, by the API's names."""
    content: str
    """Its text, as the other side reads it."""


class Completion(Frozen):
    """What a model behind an endpoint said: text and counts, no tokens."""

    text: str
    """All that it said; empty if it said nothing."""
    finish: Finish
    """`stop` if it ended by itself, `length` at the limit on tokens."""
    num_prompt_tokens: int
    """Tokens of the messages, by the endpoint's count; 0 where it gives none."""
    num_tokens: int
    """Tokens that it sampled, hidden ones included, by the endpoint's count; 0 where it gives none."""


class CompleteFn(Protocol):
    """Continue a chat by one message of the model."""

    def __call__(
        self, messages: Sequence[ChatMessage], *, temperature: float, max_tokens: int
    ) -> Awaitable[Completion]:
        """Raises `EndpointError` when the endpoint, not the model, failed, `EndpointDeadError` once it always does."""
        ...


class ExecuteFn(Protocol):
    """Run one script in the sandbox, wherever that is."""

    def __call__(self, request: ExecutionRequest) -> Awaitable[ExecutionResult]:
        """Returns `infrastructure` when no worker could run it after retries."""
        ...
