"""An engine that plays replies written beforehand: a rollout worker without a model, for tests and for trying a script.

A turn is tokenised whole, so that a turn which a stop text interrupted goes on exactly where it stands.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from actors.callables import Finish, Generation, SamplingSpec
from actors.errors import EngineError
from actors.records import WeightManifest

Reply = Callable[[str, int], str]
"""From the conversation before a turn, as text, and the turn's number from 0, to the whole turn; it may raise
`EngineError` to play a broken engine."""


class ScriptedEngine:
    """Has what `actors.engines.engine.Engine` asks for.

    Example: `ScriptedEngine(tokenizer, lambda conversation, turn: "The answer is <<<6>>>")`.
    """

    def __init__(
        self, tokenizer: Any, reply: Reply, version: int = 0, end_of_turn_id: int | None = None
    ) -> None:
        """Plays `reply`.

        Args:
            tokenizer: of the model that is played.
            reply: what it says.
            version: the policy version that it begins with.
            end_of_turn_id: the token that it ends its turns with; the tokenizer's own end token if None.
        """
        self.version = version
        self.is_closed = False
        self.is_dead = False
        """Set by whoever plays an engine that died: every turn fails from then on."""
        self._awake = asyncio.Event()
        self._awake.set()
        self._tokenizer = tokenizer
        self._reply = reply
        self._end = int(tokenizer.eos_token_id) if end_of_turn_id is None else end_of_turn_id
        self._header = _turn_header(tokenizer)

    async def generate(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Generation:
        """The next part of the reply: up to its end, a stop text, or the limit, whichever comes first.

        Raises:
            EngineError: the engine was closed, or the prompt is no conversation that a reply can go on with.
        """
        # As with a real engine, other rollouts go on meanwhile.
        await asyncio.sleep(0)
        await self._awake.wait()
        if self.is_closed or self.is_dead:
            raise EngineError("the scripted engine is closed or dead: make a new one")
        start, turn = self._place(prompt_token_ids)
        whole = self._whole_turn(prompt_token_ids[:start], turn)
        written = prompt_token_ids[start:]
        if whole[: len(written)] != written:
            raise EngineError(
                f"turn {turn} has begun otherwise than its reply: a reply must depend on its arguments alone"
            )
        ids, text, finish, stop_text = self._cut(whole[len(written) :], sampling)
        return Generation(
            token_ids=np.asarray(ids, dtype=np.int32),
            logprobs=scripted_logprobs(ids),
            versions=np.full(len(ids), self.version, dtype=np.int32),
            text=text,
            finish=finish,
            stop_text=stop_text,
        )

    async def load(self, manifest: WeightManifest, buckets: Iterable[np.ndarray]) -> None:
        """Take the manifest's version; the weights themselves change no reply."""
        self.version = manifest.version

    async def sleep(self) -> None:
        """Turns wait from now on."""
        self._awake.clear()

    async def wake(self) -> None:
        """Turns go on."""
        self._awake.set()

    def close(self) -> None:
        """From now on it is dead and refuses further turns."""
        self.is_closed = True

    def _place(self, ids: list[int]) -> tuple[int, int]:
        """Where the present turn begins, and its number."""
        size = len(self._header)
        starts = [i + size for i in range(len(ids) - size + 1) if ids[i : i + size] == self._header]
        if not starts:
            raise EngineError("the prompt opens no model turn: was it made with another chat template?")
        return starts[-1], len(starts) - 1

    def _whole_turn(self, conversation: list[int], turn: int) -> list[int]:
        text = self._reply(self._tokenizer.decode(conversation), turn)
        ids = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return [*ids, self._end]

    def _cut(self, rest: list[int], sampling: SamplingSpec) -> tuple[list[int], str, Finish, str | None]:
        for count in range(1, len(rest) + 1):
            ids = rest[:count]
            text = self._tokenizer.decode(ids, skip_special_tokens=True)
            found = [(text.find(stop) + len(stop), stop) for stop in sampling.stop if stop in text]
            if found:
                # As vLLM does: the text ends with the stop text, the tokens with the one that completed it.
                end, stop = min(found)
                return ids, text[:end], Finish.STOP, stop
            if ids[-1] == self._end or ids[-1] in sampling.stop_token_ids:
                return ids, text, Finish.STOP, None
            if count == sampling.max_tokens:
                return ids, text, Finish.LENGTH, None
        raise EngineError("the turn is over already: its end-of-turn token is in the prompt")


def scripted_logprobs(token_ids: Sequence[int]) -> np.ndarray:
    """float32 [T]: minus one to seven eighths, by the token alone, so that a test can work them out."""
    return np.asarray([-(token % 7 + 1) / 8 for token in token_ids], dtype=np.float32)


def _turn_header(tokenizer: Any) -> list[int]:
    """The tokens that open a model turn, by the chat template."""
    question = [{"role": "user", "content": "u"}]
    closed = tokenizer.apply_chat_template(question, tokenize=False)
    opened = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
    return list(tokenizer(opened.removeprefix(closed), add_special_tokens=False)["input_ids"])
