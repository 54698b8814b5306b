"""What vLLM says is read without vLLM; the engine itself runs in tests/engine."""

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from actors.callables import Finish
from actors.engines.vllm_engine import generation_of
from actors.errors import EngineError


def _output(finish_reason: str | None, stop_reason: int | str | None, **changes: Any) -> SimpleNamespace:
    fields = {
        "token_ids": [5, 9],
        "logprobs": [{5: SimpleNamespace(logprob=-0.5)}, {9: SimpleNamespace(logprob=-0.25)}],
        "weight_versions": None,
        "text": "ab",
        **changes,
    }
    return SimpleNamespace(finish_reason=finish_reason, stop_reason=stop_reason, **fields)


@pytest.mark.parametrize(
    ("finish_reason", "stop_reason", "finish", "ends_turn"),
    [
        ("stop", None, Finish.STOP, True),
        ("stop", 151643, Finish.STOP, True),
        ("stop", "\n```\n", Finish.STOP, False),
        ("length", None, Finish.LENGTH, False),
        ("abort", None, Finish.ABORT, False),
        ("error", None, Finish.ERROR, False),
    ],
)
def test_a_turn_ends_for_vllms_own_reason(
    finish_reason: str, stop_reason: int | str | None, finish: Finish, ends_turn: bool
) -> None:
    generation = generation_of(_output(finish_reason, stop_reason), born=3)
    assert (generation.finish, generation.ends_turn) == (finish, ends_turn)
    assert generation.logprobs.tolist() == [-0.5, -0.25]
    assert generation.versions.tolist() == [3, 3]


@pytest.mark.parametrize("reason", ["repetition", "", None])
def test_a_reason_that_nobody_asked_for_is_an_error_of_the_engine(reason: str | None) -> None:
    with pytest.raises(EngineError, match="finish_reason="):
        generation_of(_output(reason, "repetition_detected"), born=0)


def test_an_update_within_a_turn_gives_its_later_tokens_the_new_version() -> None:
    spans = [SimpleNamespace(version="default", start=0, end=1), SimpleNamespace(version="8", start=1, end=2)]
    assert generation_of(_output("stop", None, weight_versions=spans), born=7).versions.tolist() == [7, 8]


def test_tokens_without_log_probabilities_are_refused() -> None:
    generation = generation_of(_output("stop", None), born=0)
    with pytest.raises(ValidationError, match=r"lengths \[2, 1, 2\]"):
        type(generation).model_validate({**dict(generation), "logprobs": generation.logprobs[:1]})
    with pytest.raises(ValueError, match="shorter"):
        generation_of(_output("stop", None, logprobs=None), born=0)
