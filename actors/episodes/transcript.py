"""Turns a conversation into exact token segments, and never back.

Model tokens are those the engine sampled (or, for a written trace, the tokens of that turn alone). Everything between
two model turns is one environment segment whose wording comes from the model's own chat template.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from actors.episodes.instructions import INSTRUCTIONS
from actors.errors import TemplateError
from actors.records import Segment, SftRollout, Source

_MODEL_MARK, _USER_MARK = "MODEL-TURN-MARK", "USER-TURN-MARK"
_NO_INTS = np.empty(0, dtype=np.int32)
_NO_FLOATS = np.empty(0, dtype=np.float32)


class Transcriber:
    """Knows a tokenizer and its chat template; makes prompt, model and environment segments."""

    def __init__(self, tokenizer: Any, instructions: str) -> None:
        self._tokenizer = tokenizer
        self._instructions = INSTRUCTIONS[instructions]
        self._before, self._after = _turn_separators(tokenizer)
        self.end_of_turn_id = int(tokenizer.eos_token_id)

    def prompt(self, question: str) -> Segment:
        """Instructions and question, up to where the model begins to write."""
        messages = [
            {"role": "system", "content": self._instructions},
            {"role": "user", "content": question},
        ]
        text = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return fixed_segment(Source.PROMPT, self._encode(text), text)

    def observation(self, text: str, turn_is_closed: bool) -> Segment:
        """What the environment says between two model turns.

        Args:
            text: the words; special tokens spelt out in them stay plain text.
            turn_is_closed: whether the model's last token was already its end-of-turn token.
        """
        before = self._encode(self._before)
        if turn_is_closed and before and before[0] == self.end_of_turn_id:
            before = before[1:]
        inner = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return fixed_segment(Source.ENVIRONMENT, [*before, *inner, *self._encode(self._after)], text)

    def written_turn(self, text: str, closes: bool) -> Segment:
        """A model turn written by someone else (SFT): its tokens, with the end of turn if it `closes` the rollout."""
        ids = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return fixed_segment(Source.MODEL, [*ids, self.end_of_turn_id] if closes else ids, text)

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

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def fixed_segment(source: Source, token_ids: Sequence[int], text: str) -> Segment:
    """A segment that no policy sampled: it carries no log-probabilities and no versions."""
    return Segment(
        source=source,
        token_ids=np.asarray(token_ids, dtype=np.int32),
        logprobs=_NO_FLOATS,
        versions=_NO_INTS,
        text=text,
    )


def _turn_separators(tokenizer: Any) -> tuple[str, str]:
    """The template's text from the end of a model turn to the next user text, and from there to the next model turn."""
    messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": _MODEL_MARK},
        {"role": "user", "content": _USER_MARK},
    ]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    _, found, rest = text.partition(_MODEL_MARK)
    before, found_too, after = rest.partition(_USER_MARK)
    if not (found and found_too):
        raise TemplateError(
            "the tokenizer's chat template drops or rewrites earlier turns, so a multi-turn rollout cannot be laid "
            "out as exact tokens: use a model whose template keeps every turn"
        )
    return before, after
