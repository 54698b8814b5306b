"""What an agent does with the model and the sandbox: turns, scripts, words between turns, all as exact tokens.

Nobody waits for a batch: every conversation goes on as soon as its own execution is back.
"""

import logging
import time
import zlib
from dataclasses import dataclass

import numpy as np

from actors.callables import ExecuteFn, Finish, GenerateFn, Generation, SamplingSpec
from actors.episodes.config import RolloutConfig
from actors.episodes.scripts import STOP_TEXTS, complete_script, observation_text
from actors.episodes.transcript import Transcriber
from actors.errors import EngineError
from actors.records import Aside, EndReason, Execution, Rollout, Segment, Source
from curriculum.tasks.answers import extract_answer
from sandbox_service import ExecutionRequest, ExecutionResult, Termination

_log = logging.getLogger(__name__)


class ConversationOverError(Exception):
    """A limit is reached or our side failed: there is no next turn. Nobody but the worker catches it."""

    def __init__(self, reason: EndReason) -> None:
        super().__init__(f"the conversation is over: {reason.value}")
        self.reason = reason


@dataclass(frozen=True)
class Turn:
    """What the model said in one turn.

    Example: `Turn(text="It is <<<6>>>", script=None, answer="6")`.
    """

    text: str
    """All that was said, scripts included."""
    script: str | None
    """Its first complete script, without fences."""
    answer: str | None
    """The final answer that it gives in words."""

    @property
    def end(self) -> EndReason:
        """Why a rollout ends that ends with this turn."""
        return EndReason.ANSWER if self.answer else EndReason.SILENT


class Conversation:
    """The state of one rollout while an agent holds it.

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
        self._execute = execute
        self._temperature = temperature
        self._seed = seed
        self._segments: list[Segment] = []
        self._token_ids: list[int] = []
        self._executions: list[Execution] = []
        self._asides: list[Aside] = []
        self._generate_s = 0.0
        self._execute_s = 0.0

    @property
    def can_run(self) -> bool:
        """Whether another script may be run."""
        return len(self._executions) < self._config.max_executions

    def open(self, question: str) -> None:
        """Put instructions and question before the first turn."""
        self._append(self._transcriber.prompt(question))

    async def turn(self, stops_at_script: bool = True) -> Turn:
        """The model's next turn.

        Args:
            stops_at_script: whether a complete script ends the turn, to be run; else it is text like any other.
        """
        try:
            segment, limit = await self._sampled_turn(STOP_TEXTS if stops_at_script else ())
        except EngineError as error:
            _log.warning("rollout %s is dropped: %s", self._rollout_id, error)
            raise ConversationOverError(EndReason.INFRASTRUCTURE) from error
        if segment is not None:
            self._append(segment)
        if segment is None or limit is not None:
            raise ConversationOverError(limit or EndReason.ROLLOUT_TOKENS)
        script = complete_script(segment.text) if stops_at_script else None
        return Turn(segment.text, script, None if script else extract_answer(segment.text))

    async def run(self, script: str) -> str:
        """Run a script in the sandbox; what the model is to be shown."""
        if not self.can_run:
            raise ConversationOverError(EndReason.EXECUTIONS)
        result = await self._run_script(script)
        if result.termination is Termination.INFRASTRUCTURE:
            _log.warning(
                "rollout %s is dropped, its script was not run: %s", self._rollout_id, result.message
            )
            raise ConversationOverError(EndReason.INFRASTRUCTURE)
        return self._executions[-1].output

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
        try:
            piece = await self._piece(prompt, room, ())
        except EngineError as error:
            _log.warning("rollout %s is dropped: %s", self._rollout_id, error)
            raise ConversationOverError(EndReason.INFRASTRUCTURE) from error
        self._asides.append(Aside(question=text, text=piece.text, num_tokens=len(piece.token_ids)))
        return piece.text

    def finished(self, end_reason: EndReason) -> Rollout:
        """The record of all that was said and run."""
        return Rollout(
            rollout_id=self._rollout_id,
            segments=tuple(self._segments),
            executions=tuple(self._executions),
            asides=tuple(self._asides),
            end_reason=end_reason,
            generate_s=self._generate_s,
            execute_s=self._execute_s,
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
        """What the engine samples in one go.

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

    async def _run_script(self, script: str) -> ExecutionResult:
        request = ExecutionRequest(
            # With the script in it: a rollout that is sampled again after a worker died must not be given the
            # remembered result of another script.
            execution_id=f"{self._rollout_id}/{len(self._executions)}/{zlib.crc32(script.encode()):08x}",
            code=script,
            timeout_s=self._config.execution_timeout_s,
            memory_mib=self._config.execution_memory_mib,
            seed=self._seed % 2**31,
        )
        started, started_at = time.monotonic(), time.time()
        result = await self._execute(request)
        self._execute_s += time.monotonic() - started
        shown = (
            ""
            if result.termination is Termination.INFRASTRUCTURE
            else observation_text(result, self._config.max_observation_chars)
        )
        self._executions.append(
            Execution(
                code=script,
                termination=result.termination.value,
                output=shown,
                duration_s=result.duration_s,
                queue_s=result.queue_s,
                started_at=started_at,
            )
        )
        return result

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
