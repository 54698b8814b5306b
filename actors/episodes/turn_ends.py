"""Where a model's turn ends: by the chat template, and by every token that the model's own settings name.

Qwen2.5-Instruct, for one, may end a turn with `<|im_end|>` or `<|endoftext|>`; a turn that goes on after either is
text that nobody asked for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jinja2

from actors.errors import TemplateError

_MODEL_MARK, _USER_MARK = "MODEL-TURN-MARK", "USER-TURN-MARK"


@dataclass(frozen=True)
class TurnEnds:
    """What stands between a model turn and the user text after it, and between that and the next model turn."""

    closing: tuple[int, ...]
    """Tokens after a model turn up to its end token, which is the last of them."""
    opening: tuple[int, ...]
    """Tokens from there to the next user text."""
    after_user: tuple[int, ...]
    """Tokens from the end of that text to the next model turn."""
    end_ids: tuple[int, ...]
    """Every token that ends a turn: the template's, the generation config's, the tokenizer's; ascending."""

    @property
    def end_of_turn_id(self) -> int:
        """The template's own end token."""
        return self.closing[-1]


def turn_ends(tokenizer: Any, eos_ids: Collection[int] = ()) -> TurnEnds:
    """Read the template of `tokenizer`.

    Args:
        tokenizer: with a chat template.
        eos_ids: the end tokens of the model's generation config; empty if there is no such config.

    Raises:
        TemplateError: there is no template, it takes no system message, drops earlier turns or ends a turn with plain
            text, or the tokenizer's end token is neither the template's nor one of `eos_ids`.
    """
    before, after = _separators(tokenizer)
    ids = list(tokenizer(before, add_special_tokens=False)["input_ids"])
    own = tokenizer.eos_token_id
    known = {*eos_ids, *tokenizer.all_special_ids, *tokenizer.added_tokens_decoder, *_given(own)}
    place = next((place for place, token in enumerate(ids) if token in known), None)
    if place is None or tokenizer.decode(ids[:place]).strip():
        raise TemplateError(
            f"the chat template ends a model turn with the plain text {before!r}: no single token does, so the "
            "model could not end its turn; use a model whose template has an end-of-turn token"
        )
    ends = {ids[place], *eos_ids}
    if eos_ids and own is not None and own not in ends:
        names = ", ".join(f"{token} ({tokenizer.decode([token])})" for token in sorted(ends))
        raise TemplateError(
            f"the tokenizer's eos_token {own} ({tokenizer.decode([own])}) is neither the chat template's end of turn "
            f"nor an eos_token_id of generation_config.json: those are {names}; give the model its "
            "own tokenizer, or set eos_token in tokenizer_config.json to one of them"
        )
    return TurnEnds(
        closing=tuple(ids[: place + 1]),
        opening=tuple(ids[place + 1 :]),
        after_user=tuple(tokenizer(after, add_special_tokens=False)["input_ids"]),
        end_ids=tuple(sorted({*ends, *_given(own)})),
    )


def _given(token: int | None) -> set[int]:
    return set() if token is None else {token}


def _separators(tokenizer: Any) -> tuple[str, str]:
    """The template's text from the end of a model turn to the next user text, and from there to the next model turn."""
    messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": _MODEL_MARK},
        {"role": "user", "content": _USER_MARK},
    ]
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except (jinja2.TemplateError, ValueError) as error:
        # The second: there is no template.
        raise TemplateError(
            f"the tokenizer's chat template cannot lay out a system message, a question, a turn and what it was shown "
            f"({error}): use a model with a chat template that takes all four"
        ) from error
    _, found, rest = text.partition(_MODEL_MARK)
    before, found_too, after = rest.partition(_USER_MARK)
    if not (found and found_too):
        raise TemplateError(
            "the tokenizer's chat template drops or rewrites earlier turns, so a multi-turn rollout cannot be laid "
            "out as exact tokens: use a model whose template keeps every turn"
        )
    return before, after
