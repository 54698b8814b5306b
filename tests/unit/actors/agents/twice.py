"""An agent of one's own."""

from actors.episodes.talk import Talk
from actors.records import EndReason


class AsksTwice:
    wording = "text"

    async def answer(self, talk: Talk, question: str) -> EndReason:
        talk.open(question)
        await talk.turn()
        talk.say("Are you sure?")
        return (await talk.turn()).end
