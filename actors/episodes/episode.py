"""One conversation: generate, run the script, show the output, go on, until an answer or a limit.

Nobody waits for a batch: every rollout goes on as soon as its own execution is back.
"""

import logging
import time
import zlib

import numpy as np

from actors.callables import ExecuteFn, Finish, GenerateFn, Generation, SamplingSpec
from actors.episodes.config import RolloutConfig
from actors.episodes.scripts import STOP_TEXTS, complete_script, observation_text
from actors.episodes.transcript import Transcriber
from actors.errors import EngineError
from actors.records import EndReason, Execution, Rollout, Segment, Source
from curriculum.tasks.answers import extract_answer
from sandbox_service import ExecutionRequest, ExecutionResult, Termination

_log = logging.getLogger(__name__)


class Episode:
    """The state of one rollout while it runs; `run` returns the finished record."""

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
        self._generate_s = 0.0
        self._execute_s = 0.0

    async def run(self, question: str) -> Rollout:
        """Hold the conversation. A failure on our side ends it as `infrastructure`; nothing is raised for it."""
        self._append(self._transcriber.prompt(question))
        end_reason = None
        while end_reason is None:
            end_reason = await self._turn()
        return Rollout(
            rollout_id=self._rollout_id,
            segments=tuple(self._segments),
            executions=tuple(self._executions),
            end_reason=end_reason,
            generate_s=self._generate_s,
            execute_s=self._execute_s,
        )

    async def _turn(self) -> EndReason | None:
        """One model turn and, if it holds a script, its execution; the end reason, or None to go on."""
        try:
            segment, limit = await self._sampled_turn()
        except EngineError as error:
            _log.warning("rollout %s is dropped: %s", self._rollout_id, error)
            return EndReason.INFRASTRUCTURE
        if segment is None:
            return limit
        self._append(segment)
        if limit is not None:
            return limit
        script = complete_script(segment.text)
        if script is None:
            return EndReason.ANSWER if extract_answer(segment.text) else EndReason.SILENT
        if len(self._executions) >= self._config.max_executions:
            return EndReason.EXECUTIONS
        result = await self._run_script(script)
        if result.termination is Termination.INFRASTRUCTURE:
            _log.warning(
                "rollout %s is dropped, its script was not run: %s", self._rollout_id, result.message
            )
            return EndReason.INFRASTRUCTURE
        # A turn that another token ended is closed by the template's, which it has not.
        closed = int(segment.token_ids[-1]) == self._transcriber.end_of_turn_id
        observation = self._transcriber.observation(self._executions[-1].output, turn_is_closed=closed)
        # Without room for one more token of the model the output would only lengthen what is trained on.
        if len(self._token_ids) + len(observation.token_ids) >= self._config.max_rollout_tokens:
            return EndReason.ROLLOUT_TOKENS
        self._append(observation)
        return None

    async def _sampled_turn(self) -> tuple[Segment | None, EndReason | None]:
        """Sample until a script is complete, the model ends its turn, or a limit is reached."""
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
            piece = await self._piece(self._token_ids + ids, room)
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

    async def _piece(self, prompt_token_ids: list[int], room: int) -> Generation:
        """What the engine samples in one go.

        Raises:
            EngineError: it failed, gave up, or sampled nothing.
        """
        spec = SamplingSpec(
            temperature=self._temperature,
            top_p=self._config.top_p,
            max_tokens=room,
            stop=STOP_TEXTS,
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
