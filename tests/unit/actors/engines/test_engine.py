from pathlib import Path

import pytest

from actors.engines.engine import generation_eos_ids
from actors.errors import EngineError


@pytest.mark.parametrize(
    ("generation", "model", "ids"),
    [
        ('{"eos_token_id": [151645, 151643]}', '{"eos_token_id": 151645}', (151645, 151643)),
        ('{"eos_token_id": 2}', '{"eos_token_id": 7}', (2,)),
        ('{"temperature": 0.7}', '{"eos_token_id": 7}', (7,)),
        ('{"eos_token_id": null}', '{"eos_token_id": [7, 8]}', (7, 8)),
        (None, '{"eos_token_id": 0}', (0,)),
        (None, "{}", ()),
        (None, None, ()),
    ],
)
def test_end_tokens_are_those_of_the_generation_config_else_of_the_model_config(
    tmp_path: Path, generation: str | None, model: str | None, ids: tuple[int, ...]
) -> None:
    for name, text in (("generation_config.json", generation), ("config.json", model)):
        if text is not None:
            (tmp_path / name).write_text(text)
    assert generation_eos_ids(tmp_path) == ids


@pytest.mark.parametrize("text", ["{", "[]", '{"eos_token_id": "<|im_end|>"}', '{"eos_token_id": [[2]]}'])
def test_a_config_that_does_not_say_how_turns_end_is_told_with_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "generation_config.json").write_text(text)
    with pytest.raises(EngineError, match=r"generation_config.json does not say which tokens end a turn"):
        generation_eos_ids(tmp_path)
