import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from driver.errors import ModelMissingError, RunFolderError
from driver.models import TINY, LocalFiles, cache_folder, is_present, resolve_model


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


def local(tmp_path: Path, **changes: Any) -> LocalFiles:
    (tmp_path / "token").write_text("5f0c")
    fields = {
        "model": TINY,
        "driver_path": str(tmp_path / "of-the-driver"),
        "token_file": str(tmp_path / "token"),
        "token": "5f0c",
        "patience_s": 0.0,
    }
    return LocalFiles(**{**fields, **changes})


def test_an_actor_finds_the_runs_model_on_its_own_machine(tmp_path: Path) -> None:
    files = pickle.loads(pickle.dumps(local(tmp_path)))
    assert files(str(tmp_path / "of-the-driver")) == str(resolve_model(TINY))
    # Any other folder is one of the run's, and where the driver's is there it is taken.
    assert files("/runs/a/checkpoints/sft") == "/runs/a/checkpoints/sft"
    (tmp_path / "of-the-driver").mkdir()
    (tmp_path / "of-the-driver" / "config.json").write_text("{}")
    assert files(str(tmp_path / "of-the-driver")) == str(tmp_path / "of-the-driver")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"token": "77aa"}, "was written by another run or at another start"),
        ({"token_file": "/nowhere/token"}, "is not there"),
    ],
)
def test_a_machine_that_sees_another_folder_is_told_before_anything_is_loaded(
    tmp_path: Path, changes: dict[str, str], what: str
) -> None:
    # Not even whether its model is there is looked at.
    files = local(tmp_path, model="no/such-model", **changes)
    with pytest.raises(RunFolderError, match=rf"does not see the run folder .*token {what}\): set folder="):
        files(str(tmp_path / "of-the-driver"))


def test_a_folder_that_shows_late_what_others_wrote_is_waited_for(tmp_path: Path) -> None:
    files = local(tmp_path, token="77aa", patience_s=60.0)
    late = threading.Timer(0.2, (tmp_path / "token").write_text, ["77aa"])
    late.start()
    assert files("/runs/a") == "/runs/a"
    late.join()


def test_the_sandbox_alone_has_no_folder_to_see(tmp_path: Path) -> None:
    assert local(tmp_path, token_file="", token="")("/anywhere") == "/anywhere"
