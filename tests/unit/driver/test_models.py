import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from driver.errors import ModelMissingError
from driver.models import TINY, cache_folder, is_present, resolve_model


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("R1CI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_tiny_model_is_made_once_and_whole_even_by_two_at_once(cache: Path) -> None:
    # Imported beforehand: transformers' lazy imports are not made for two threads at once, two processes are.
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast  # noqa: F401

    assert not is_present(TINY)
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(resolve_model, [TINY, TINY])
    assert first == second == cache / "models" / TINY
    assert is_present(TINY)
    names = {path.name for path in first.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= names
    assert [path.name for path in first.parent.iterdir()] == [TINY]
    made = os.stat(first / "model.safetensors").st_mtime_ns  # noqa: PTH116
    assert resolve_model(TINY) == first
    assert os.stat(first / "model.safetensors").st_mtime_ns == made  # noqa: PTH116


def test_the_tiny_model_loads_and_its_tokenizer_knows_the_chat_template() -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = str(resolve_model(TINY))
    assert AutoModelForCausalLM.from_pretrained(folder).num_parameters() < 1_000_000
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.decode(tokenizer("print(2 * 3)\n")["input_ids"]) == "print(2 * 3)\n"
    question = [{"role": "user", "content": "q"}]
    asked = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
    assert asked == "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n"


def test_a_folder_with_a_model_is_taken_as_it_is(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    assert resolve_model(str(tmp_path / "mine")) == tmp_path / "mine"
    assert is_present(str(tmp_path / "mine"))
    assert not cache.exists()


@pytest.mark.parametrize("name", ["/no/such/folder", "no/such/model/name"])
def test_a_missing_model_is_told_with_the_key_to_change(cache: Path, name: str) -> None:
    # Names that the hub refuses by their form, so that nothing is asked over the network.
    with pytest.raises(
        ModelMissingError, match=f"model '{name}' is neither a folder .*set model=/path/to/a/model"
    ):
        resolve_model(name)


def test_the_cache_lies_where_it_is_told_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("R1CI_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "r1-code-interpreter"
    monkeypatch.setenv("R1CI_CACHE", str(tmp_path / "other"))
    assert cache_folder() == tmp_path / "other"
