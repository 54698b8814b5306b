"""An agent of one's own."""

from actors.episodes.conversation import Conversation
from actors.records import EndReason


class AsksTwice:
    wording = "text"

    async def answer(self, talk: Conversation, question: str) -> EndReason:
        talk.open(question)
        await talk.turn()
        talk.say("Are you sure?")
        return (await talk.turn()).end
