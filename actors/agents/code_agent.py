"""Code Agent (arXiv 2505.21668, table 2): scripts and words in any order. This is the one that is trained."""

from actors.episodes.talk import Talk
from actors.records import EndReason


class CodeAgent:
    """Writes a script, reads what it printed, and goes on until it answers."""

    wording = None

    async def answer(self, talk: Talk, question: str) -> EndReason:
        """Turn after turn, until one has no script."""
        talk.open(question)
        while True:
            turn = await talk.turn()
            if turn.script is None:
                return turn.end
            talk.say(await talk.run(turn.script))
