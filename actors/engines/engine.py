"""What a rollout worker needs of a generation engine, whichever it is.

To add an engine: a class that has `Engine`, and a function without arguments that makes it, as a `ServedModel`, in the
process that calls it; `driver/launch.py` hands that function to the rollout worker.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from actors.callables import Generation, SamplingSpec
from actors.errors import EngineError
from actors.records import WeightManifest


class Engine(Protocol):
    """A policy that samples and takes new weights; `VllmEngine` and `ScriptedEngine` are two."""

    @property
    def version(self) -> int:
        """Policy version of the weights in use."""
        ...

    @property
    def is_dead(self) -> bool:
        """Whether it will never generate again."""
        ...

    async def generate(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Generation:
        """Sample one turn, of one token at least; raises `EngineError` when the engine, not the model, failed."""
        ...

    async def load(self, manifest: WeightManifest, buckets: Iterable[np.ndarray]) -> None:
        """Serve new weights, one bucket after the other; raises `WeightSyncError` if it did not take all of them."""
        ...

    async def sleep(self) -> None:
        """Give back what memory of a GPU can be; turns wait, and go on under `wake` as if nothing had been."""
        ...

    async def wake(self) -> None:
        """Take the memory again; nothing to do for one that does not sleep."""
        ...

    def close(self) -> None:
        """End the engine's processes."""
        ...


@dataclass(frozen=True)
class ServedModel:
    """An engine with what belongs to its model. Made in the process that uses it, never sent to another."""

    engine: Engine
    """Samples from the model."""
    tokenizer: Any
    """The model's Hugging Face tokenizer, with its chat template."""
    eos_ids: tuple[int, ...] = ()
    """Every token that the model's generation config names as an end; empty if there is no such config."""


def generation_eos_ids(model_path: str | Path) -> tuple[int, ...]:
    """Every end token in the model folder's generation config, else in its model config; none if neither names one.

    Raises:
        EngineError: one of the two files cannot be read, or says something else.

    Source: `eos_token_id` of Hugging Face's `generation_config.json`, a number or a list (Qwen2.5-Instruct has two).
    """
    for name in ("generation_config.json", "config.json"):
        path = Path(model_path) / name
        if not path.is_file():
            continue
        try:
            found = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id")
            if found is not None:
                return tuple(int(token) for token in (found if isinstance(found, list) else [found]))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise EngineError(
                f"{path} does not say which tokens end a turn ({type(error).__name__}: {error}): its eos_token_id must "
                "be a number or a list of numbers; fetch or copy the model again"
            ) from error
    return ()
