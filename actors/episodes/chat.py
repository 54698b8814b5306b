"""A `Talk` over an endpoint: the same turns, scripts and words, as messages of a chat.

The API gives text and no tokens, so nothing of this can be trained on. It knows at most four stop texts, does not say
which of them it met, and leaves it out: a turn is sampled to its end and cut after its first complete script, by the
same reader. What came after was paid for and is counted.
"""

import logging
import time
from collections.abc import Sequence

from actors.callables import ChatMessage, CompleteFn, Completion, ExecuteFn, Finish
from actors.episodes.config import RolloutConfig
from actors.episodes.script_runs import ScriptRuns
from actors.episodes.scripts import cut_after_script
from actors.episodes.talk import ConversationOverError, Turn
from actors.episodes.transcript import fixed_segment
from actors.errors import ChatTooLongError, EndpointDeadError, EndpointError
from actors.records import Aside, EndReason, Rollout, Segment, Source

_log = logging.getLogger(__name__)


class Chat:
    """The state of one rollout by a model behind an endpoint.

    Every method that goes on raises `ConversationOverError` at a limit of the config or a failure on our side, and
    `EndpointDeadError` once the endpoint answers nobody.
    """

    def __init__(
        self,
        rollout_id: str,
        *,
        config: RolloutConfig,
        instructions: str,
        complete: CompleteFn,
        execute: ExecuteFn,
        temperature: float,
        seed: int,
        max_turn_tokens: int | None = None,
    ) -> None:
        """Says nothing yet.

        Args:
            rollout_id: unique in the run.
            config: limits of a rollout.
            instructions: their text.
            complete: asks the endpoint.
            execute: runs one script.
            temperature: of its sampling.
            seed: of its scripts.
            max_turn_tokens: most tokens of a turn; that of `config` if None.
        """
        self._rollout_id = rollout_id
        self._config = config
        self._instructions = instructions
        self._complete = complete
        self._scripts = ScriptRuns(rollout_id, config, execute, seed)
        self._temperature = temperature
        self._turn_tokens = max_turn_tokens or config.max_turn_tokens
        self._messages: list[ChatMessage] = []
        self._segments: list[Segment] = []
        self._asides: list[Aside] = []
        self._num_reported = 0
        self._num_in_context = 0
        self._generate_s = 0.0

    @property
    def can_run(self) -> bool:
        """Whether another script may be run."""
        return self._scripts.can_run

    def open(self, question: str) -> None:
        """Put instructions and question before the first turn."""
        self._messages = _opened(self._instructions, question)
        self._segments.append(fixed_segment(Source.PROMPT, (), f"{self._instructions}\n\n{question}"))

    async def turn(self, stops_at_script: bool = True) -> Turn:
        """The model's next turn.

        Args:
            stops_at_script: whether a complete script ends the turn, to be run; else it is text like any other.
        """
        room = min(self._turn_tokens, self._config.max_rollout_tokens - self._num_in_context)
        if room <= 0:
            raise ConversationOverError(EndReason.ROLLOUT_TOKENS)
        said = await self._said(self._messages, room)
        text = cut_after_script(said.text) if stops_at_script else said.text
        turn = Turn.of(text, stops_at_script)
        self._num_reported += said.num_tokens
        self._num_in_context = said.num_prompt_tokens + said.num_tokens
        self._messages.append(ChatMessage(role="assistant", content=text))
        self._segments.append(fixed_segment(Source.MODEL, (), text))
        if said.finish is Finish.LENGTH and turn.script is None:
            is_whole = self._num_in_context >= self._config.max_rollout_tokens
            raise ConversationOverError(EndReason.ROLLOUT_TOKENS if is_whole else EndReason.TURN_TOKENS)
        return turn

    async def run(self, script: str) -> str:
        """Run a script in the sandbox; what the model is to be shown."""
        return await self._scripts.run(script)

    def say(self, text: str) -> None:
        """Words of the environment, between two turns of the model."""
        if self._messages[-1].role == "user":
            # Many servers want the two to take turns.
            text = f"{self._messages.pop().content}\n{text}"
            self._segments.pop()
        self._messages.append(ChatMessage(role="user", content=text))
        self._segments.append(fixed_segment(Source.ENVIRONMENT, (), text))

    async def ask_aside(self, instructions: str, text: str) -> str:
        """What the model says to a question of its own, outside this conversation.

        Args:
            instructions: the system message.
            text: the user's message.
        """
        said = await self._said(_opened(instructions, text), self._turn_tokens)
        self._asides.append(Aside(question=text, text=said.text, num_tokens=said.num_tokens))
        return said.text

    def finished(self, end_reason: EndReason) -> Rollout:
        """The record of all that was said and run."""
        return Rollout(
            rollout_id=self._rollout_id,
            segments=tuple(self._segments),
            executions=self._scripts.executions,
            asides=tuple(self._asides),
            num_reported_tokens=self._num_reported,
            end_reason=end_reason,
            generate_s=self._generate_s,
            execute_s=self._scripts.execute_s,
        )

    async def _said(self, messages: Sequence[ChatMessage], room: int) -> Completion:
        started = time.monotonic()
        try:
            return await self._complete(messages, temperature=self._temperature, max_tokens=room)
        except EndpointDeadError:
            raise
        except ChatTooLongError as error:
            raise ConversationOverError(EndReason.ROLLOUT_TOKENS) from error
        except EndpointError as error:
            _log.warning("rollout %s is dropped: %s", self._rollout_id, error)
            raise ConversationOverError(EndReason.INFRASTRUCTURE) from error
        finally:
            self._generate_s += time.monotonic() - started


def _opened(instructions: str, text: str) -> list[ChatMessage]:
    return [ChatMessage(role="system", content=instructions), ChatMessage(role="user", content=text)]
