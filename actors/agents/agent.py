"""What an agent is: one method that holds a conversation."""

from typing import Protocol

from actors.episodes.talk import Talk
from actors.records import EndReason


class Agent(Protocol):
    """A way to answer; it keeps nothing from one question to the next, so one object serves all rollouts."""

    @property
    def wording(self) -> str | None:
        """Name of the instructions that it goes with; None takes `rollout.instructions`."""
        ...

    async def answer(self, talk: Talk, question: str) -> EndReason:
        """Open the conversation and hold it to its end.

        Limits and failures on our side are raised by the conversation as `ConversationOverError`: let them pass.

        Args:
            talk: the conversation, not opened yet.
            question: what to answer.
        """
        ...
