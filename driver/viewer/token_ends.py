"""Where each sampled token ends in the text that it is part of, by the run's own tokenizer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

_UNFINISHED = {"\N{REPLACEMENT CHARACTER}"}


class TokenEnds:
    """The tokenizer that a run saved beside its models, once there is one. Example: `TokenEnds([run.sft_model])`."""

    def __init__(self, models: Sequence[Path]) -> None:
        """Look in these folders, the first that has a tokenizer first."""
        self._files = [folder / "tokenizer.json" for folder in models]
        self._tokenizer: Any = None

    def ends(self, token_ids: Sequence[int], text: str) -> list[int] | None:
        """The end of each token in `text`, in characters.

        Args:
            token_ids: what was sampled.
            text: what it says, special tokens left out; an engine may have cut it within the last token.

        Returns:
            As many numbers as tokens, none less than the one before; a character of several tokens is there with the
            last of them. None where the run has no tokenizer, or it does not say `text`.
        """
        tokenizer = self._loaded()
        if tokenizer is None:
            return None
        from tokenizers.decoders import DecodeStream

        stream = DecodeStream(skip_special_tokens=True)
        said, ends = "", []
        for token_id in token_ids:
            said += stream.step(tokenizer, token_id) or ""
            ends.append(min(len(said), len(text)))
        is_unfinished = text.startswith(said) and set(text[len(said) :]) <= _UNFINISHED
        return ends if is_unfinished or said.startswith(text) else None

    def _loaded(self) -> Any:
        if self._tokenizer is None:
            file = next((file for file in self._files if file.is_file()), None)
            if file is not None:
                # Only one who looks at a rollout waits for it.
                from tokenizers import Tokenizer

                self._tokenizer = Tokenizer.from_file(str(file))
        return self._tokenizer
