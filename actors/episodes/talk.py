"""What an agent holds: a conversation with a model and a sandbox, wherever the model is.

Two things have it: `Conversation`, over an engine of ours, in exact tokens that can be trained on, and `Chat`, over an
endpoint, in messages that cannot.
"""

from dataclasses import dataclass
from typing import Protocol

from actors.episodes.scripts import complete_script
from actors.records import EndReason, Rollout
from curriculum.tasks.answers import extract_answer


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

    @classmethod
    def of(cls, text: str, stops_at_script: bool) -> "Turn":
        """A turn that said `text`, taken apart; without `stops_at_script` a script in it is text like any other."""
        script = complete_script(text) if stops_at_script else None
        return cls(text, script, None if script else extract_answer(text))

    @property
    def end(self) -> EndReason:
        """Why a rollout ends that ends with this turn."""
        return EndReason.ANSWER if self.answer else EndReason.SILENT


class Talk(Protocol):
    """One rollout while an agent holds it.

    Every method that goes on raises `ConversationOverError` at a limit of the config or a failure on our side.
    """

    @property
    def can_run(self) -> bool:
        """Whether another script may be run."""
        ...

    def open(self, question: str) -> None:
        """Put instructions and question before the first turn."""
        ...

    async def turn(self, stops_at_script: bool = True) -> Turn:
        """The model's next turn.

        Args:
            stops_at_script: whether a complete script ends the turn, to be run; else it is text like any other.
        """
        ...

    async def run(self, script: str) -> str:
        """Run a script in the sandbox; what the model is to be shown."""
        ...

    def say(self, text: str) -> None:
        """Words of the environment, between two turns of the model."""
        ...

    async def ask_aside(self, instructions: str, text: str) -> str:
        """What the model says to a question of its own, outside this conversation; empty where there is no room.

        It is kept for reading and counted, but no part of what is trained on.

        Args:
            instructions: the system message.
            text: the user's message.
        """
        ...

    def finished(self, end_reason: EndReason) -> Rollout:
        """The record of all that was said and run."""
        ...
