"""Turns a conversation into exact token segments, and never back.

Model tokens are those the engine sampled (or, for a written trace, the tokens of that turn alone). Everything between
two model turns is one environment segment whose wording comes from the model's own chat template.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from actors.episodes.turn_ends import turn_ends
from actors.records import Segment, SftRollout, Source
from curriculum.tasks.instructions import INSTRUCTIONS

_NO_INTS = np.empty(0, dtype=np.int32)
_NO_FLOATS = np.empty(0, dtype=np.float32)


class Transcriber:
    """Knows a tokenizer and its chat template; makes prompt, model and environment segments."""

    def __init__(self, tokenizer: Any, instructions: str, eos_ids: Collection[int] = ()) -> None:
        """Reads the chat template.

        Args:
            tokenizer: with a chat template.
            instructions: name of their wording, a key of `INSTRUCTIONS`.
            eos_ids: the end tokens of the model's generation config, see `turn_ends`.

        Raises:
            TemplateError: turns cannot be laid out as exact tokens, or no token ends them.
        """
        self._tokenizer = tokenizer
        self._instructions = INSTRUCTIONS[instructions]
        self._ends = turn_ends(tokenizer, eos_ids)

    @property
    def end_of_turn_id(self) -> int:
        """The token that the chat template closes a turn with."""
        return self._ends.end_of_turn_id

    @property
    def end_ids(self) -> tuple[int, ...]:
        """Every token that ends a turn of the model, `end_of_turn_id` among them."""
        return self._ends.end_ids

    def prompt(self, question: str) -> Segment:
        """Instructions and question, up to where the model begins to write."""
        text = self._opened(self._instructions, question)
        return fixed_segment(Source.PROMPT, self._encode(text), text)

    def chat(self, instructions: str, text: str) -> list[int]:
        """Tokens of another conversation's beginning: a system message and a user's, up to the model's turn."""
        return self._encode(self._opened(instructions, text))

    def observation(self, text: str, turn_is_closed: bool) -> Segment:
        """What the environment says between two model turns.

        Args:
            text: the words; special tokens spelt out in them stay plain text.
            turn_is_closed: whether the model's last token was already the template's end of turn.
        """
        before = self._ends.opening if turn_is_closed else self._ends.closing + self._ends.opening
        ids = [*before, *self._plain(text), *self._ends.after_user]
        return fixed_segment(Source.ENVIRONMENT, ids, text)

    def written_turn(self, text: str, closes: bool) -> Segment:
        """A model turn written by someone else (SFT): its tokens, with the end of turn if it `closes` the rollout."""
        ids = self._plain(text)
        return fixed_segment(Source.MODEL, [*ids, *self._ends.closing] if closes else ids, text)

    def written_rollout(
        self, trace_id: str, question: str, turns: Sequence[tuple[str, str | None]]
    ) -> SftRollout:
        """Lay out a written trace as segments.

        Args:
            trace_id: unique in the run.
            question: what was asked.
            turns: (model text, what the environment then said, or None after the last turn).
        """
        segments = [self.prompt(question)]
        for text, observation in turns:
            segments.append(self.written_turn(text, closes=observation is None))
            if observation is not None:
                segments.append(self.observation(observation, turn_is_closed=False))
        return SftRollout(trace_id=trace_id, segments=tuple(segments))

    def decoded(self, token_ids: Sequence[int]) -> str:
        """The tokens as text, special tokens left out."""
        text: str = self._tokenizer.decode(
            token_ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _opened(self, instructions: str, text: str) -> str:
        messages = [{"role": "system", "content": instructions}, {"role": "user", "content": text}]
        opened: str = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        return opened

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _plain(self, text: str) -> list[int]:
        """Tokens of `text`, special tokens that are spelt out in it as plain text."""
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])


def fixed_segment(source: Source, token_ids: Sequence[int], text: str) -> Segment:
    """A segment that no policy sampled: it carries no log-probabilities and no versions."""
    return Segment(
        source=source,
        token_ids=np.asarray(token_ids, dtype=np.int32),
        logprobs=_NO_FLOATS,
        versions=_NO_INTS,
        text=text,
    )
