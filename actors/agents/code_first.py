"""All-Code (arXiv 2505.21668, table 2): the model thinks, writes one script, and answers from what it printed."""

from actors.episodes.talk import Talk
from actors.records import EndReason


class CodeFirstAgent:
    """One script, then the answer."""

    wording = "code_first"

    async def answer(self, talk: Talk, question: str) -> EndReason:
        """Two turns: a first one without a script ends it without an answer, a second script is one too many."""
        talk.open(question)
        first = await talk.turn()
        if first.script is None:
            return EndReason.SILENT
        talk.say(await talk.run(first.script))
        second = await talk.turn()
        return second.end if second.script is None else EndReason.EXECUTIONS
