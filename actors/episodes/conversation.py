"""What an agent does with the model and the sandbox: turns, scripts, words between turns, all as exact tokens.

Nobody waits for a batch: every conversation goes on as soon as its own execution is back.
"""

import logging
import time

import numpy as np

from actors.callables import ExecuteFn, Finish, GenerateFn, Generation, SamplingSpec
from actors.episodes.config import RolloutConfig
from actors.episodes.script_runs import ScriptRuns
from actors.episodes.scripts import STOP_TEXTS, complete_script
from actors.episodes.talk import ConversationOverError, Turn
from actors.episodes.transcript import Transcriber
from actors.errors import EngineError
from actors.records import Aside, EndReason, Rollout, Segment, Source

_log = logging.getLogger(__name__)


class Conversation:
    """A `Talk` over an engine of ours: the state of one rollout while an agent holds it.

    Every method that goes on raises `ConversationOverError` at a limit of the config or a failure on our side.
    """

    def __init__(
        self,
        rollout_id: str,
        *,
        config: RolloutConfig,
        transcriber: Transcriber,
        generate: GenerateFn,
        execute: ExecuteFn,
        temperature: float,
        seed: int,
    ) -> None:
        self._rollout_id = rollout_id
        self._config = config
        self._transcriber = transcriber
        self._generate = generate
        self._scripts = ScriptRuns(rollout_id, config, execute, seed)
        self._temperature = temperature
        self._seed = seed
        self._segments: list[Segment] = []
        self._token_ids: list[int] = []
        self._asides: list[Aside] = []
        self._generate_s = 0.0

    @property
    def can_run(self) -> bool:
        """Whether another script may be run."""
        return self._scripts.can_run

    def open(self, question: str) -> None:
        """Put instructions and question before the first turn."""
        self._append(self._transcriber.prompt(question))

    async def turn(self, stops_at_script: bool = True) -> Turn:
        """The model's next turn.

        Args:
            stops_at_script: whether a complete script ends the turn, to be run; else it is text like any other.
        """
        segment, limit = await self._sampled_turn(STOP_TEXTS if stops_at_script else ())
        if segment is not None:
            self._append(segment)
        if segment is None or limit is not None:
            raise ConversationOverError(limit or EndReason.ROLLOUT_TOKENS)
        return Turn.of(segment.text, stops_at_script)

    async def run(self, script: str) -> str:
        """Run a script in the sandbox; what the model is to be shown."""
        return await self._scripts.run(script)

    def say(self, text: str) -> None:
        """Words of the environment, between two turns of the model."""
        # A turn that another token ended is closed by the template's, which it has not.
        closed = self._token_ids[-1] == self._transcriber.end_of_turn_id
        said = self._transcriber.observation(text, turn_is_closed=closed)
        # Without room for one more token of the model the words would only lengthen what is trained on.
        if len(self._token_ids) + len(said.token_ids) >= self._config.max_rollout_tokens:
            raise ConversationOverError(EndReason.ROLLOUT_TOKENS)
        self._append(said)

    async def ask_aside(self, instructions: str, text: str) -> str:
        """What the model says to a question of its own, outside this conversation; empty where there is no room.

        It is kept for reading and counted, but no part of what is trained on.

        Args:
            instructions: the system message.
            text: the user's message.
        """
        prompt = self._transcriber.chat(instructions, text)
        room = min(self._config.max_turn_tokens, self._config.max_rollout_tokens - len(prompt))
        if room <= 0:
            return ""
        piece = await self._piece(prompt, room, ())
        self._asides.append(Aside(question=text, text=piece.text, num_tokens=len(piece.token_ids)))
        return piece.text

    def finished(self, end_reason: EndReason) -> Rollout:
        """The record of all that was said and run."""
        return Rollout(
            rollout_id=self._rollout_id,
            segments=tuple(self._segments),
            executions=self._scripts.executions,
            asides=tuple(self._asides),
            end_reason=end_reason,
            generate_s=self._generate_s,
            execute_s=self._scripts.execute_s,
        )

    async def _sampled_turn(self, stop: tuple[str, ...]) -> tuple[Segment | None, EndReason | None]:
        """Sample until a script is complete, the model ends its turn, or a limit is reached.

        Args:
            stop: texts that may end a script; none if scripts are not to be run.
        """
        ids: list[int] = []
        logprobs: list[np.ndarray] = []
        versions: list[np.ndarray] = []
        text = ""
        while True:
            room = min(
                self._config.max_turn_tokens - len(ids),
                self._config.max_rollout_tokens - len(self._token_ids) - len(ids),
            )
            if room <= 0:
                break
            piece = await self._piece(self._token_ids + ids, room, stop)
            ids += piece.token_ids.tolist()
            logprobs.append(piece.logprobs)
            versions.append(piece.versions)
            text += piece.text
            if piece.ends_turn or (piece.finish is Finish.STOP and complete_script(text) is not None):
                return self._segment(ids, logprobs, versions, text), None
            # A stop text also closes blocks of other languages and opens bare ones: the turn goes on, after what its
            # tokens say, since an engine cuts its text where the stop text ends, within a token.
            text = self._transcriber.decoded(ids)
        segment = self._segment(ids, logprobs, versions, text) if ids else None
        if len(ids) >= self._config.max_turn_tokens:
            return segment, EndReason.TURN_TOKENS
        return segment, EndReason.ROLLOUT_TOKENS

    async def _piece(self, prompt_token_ids: list[int], room: int, stop: tuple[str, ...]) -> Generation:
        """What the engine samples in one go; the conversation is over where it fails."""
        try:
            return await self._sampled(prompt_token_ids, room, stop)
        except EngineError as error:
            _log.warning("rollout %s is dropped: %s", self._rollout_id, error)
            raise ConversationOverError(EndReason.INFRASTRUCTURE) from error

    async def _sampled(self, prompt_token_ids: list[int], room: int, stop: tuple[str, ...]) -> Generation:
        """See `_piece`.

        Raises:
            EngineError: it failed, gave up, or sampled nothing.
        """
        spec = SamplingSpec(
            temperature=self._temperature,
            top_p=self._config.top_p,
            max_tokens=room,
            stop=stop,
            stop_token_ids=self._transcriber.end_ids,
            seed=self._seed + len(prompt_token_ids),
        )
        started = time.monotonic()
        piece = await self._generate(prompt_token_ids, spec)
        self._generate_s += time.monotonic() - started
        if piece.finish in (Finish.ABORT, Finish.ERROR) or not len(piece.token_ids):
            raise EngineError(
                f"the engine ended a piece of {self._rollout_id} with {piece.finish.value} after "
                f"{len(piece.token_ids)} tokens of {room} asked for: its log lines say why"
            )
        return piece

    def _append(self, segment: Segment) -> None:
        self._segments.append(segment)
        self._token_ids += segment.token_ids.tolist()

    @staticmethod
    def _segment(
        ids: list[int], logprobs: list[np.ndarray], versions: list[np.ndarray], text: str
    ) -> Segment:
        return Segment(
            source=Source.MODEL,
            token_ids=np.asarray(ids, dtype=np.int32),
            logprobs=np.concatenate(logprobs),
            versions=np.concatenate(versions),
            text=text,
        )
