"""An agent of one's own: one class with one method that holds a conversation.

    python -m driver run laptop folder=runs/twice \
        'evaluation.agents=["code_agent", "examples.own_agent:ChecksTwice"]'

The model solves the question, is asked to solve it once more another way, and the second answer counts. Limits, exact
tokens, log-probabilities, and faults of engine and sandbox are the business of the conversation.
"""

from actors.episodes.talk import Talk
from actors.records import EndReason

AGAIN = "Now solve it once more, in another way, and give your final answer."


class ChecksTwice:
    """Solves every question twice."""

    wording = None

    async def answer(self, talk: Talk, question: str) -> EndReason:
        """Two solutions, each of as many turns as it takes."""
        talk.open(question)
        for is_last in (False, True):
            turn = await talk.turn()
            while turn.script is not None:
                talk.say(await talk.run(turn.script))
                turn = await talk.turn()
            if not is_last:
                talk.say(AGAIN)
        return turn.end
