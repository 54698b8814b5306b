"""All-Text (arXiv 2505.21668, table 2): the model reasons in words, and nothing that it writes is run."""

from actors.episodes.talk import Talk
from actors.records import EndReason


class TextAgent:
    """One turn, in words."""

    wording = "text"

    async def answer(self, talk: Talk, question: str) -> EndReason:
        """One turn; a script in it is text like any other, and no answer."""
        talk.open(question)
        return (await talk.turn(stops_at_script=False)).end
