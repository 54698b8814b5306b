"""CodeSteer (arXiv 2502.04350; arXiv 2505.21668, table 2): a guide says whether to answer in code or in words.

    guide -> solver's turn -> [script: looked at, run] -> answer -> tested by a script of its own -> guide -> ...

Guide, solver and tester are the policy itself, each with words of its own. The guide's and the tester's turns are
asides: the conversation holds what they led to as words of the environment.
"""

from actors.agents.guide_rules import PLAIN_SCORE, Advice, advice_in, complexity
from actors.episodes.scripts import complete_script
from actors.episodes.talk import Talk, Turn
from actors.records import EndReason

MAX_ROUNDS = 5
"""Most times that the guide is asked, as in CodeSteer."""

GUIDE = (
    "You guide someone who solves a question. You are shown the question and how far the solver is. Say in one word "
    "what comes next: CODE if a Python script should be written, TEXT if it is better solved by reasoning in words, "
    "DONE if the last answer should be kept. After the word, say why in one sentence"
)
TESTER = (
    "You are shown a question and an answer to it. Write one Python script that tests the answer and prints True if it "
    "is right and False if it is wrong, in a block that begins with the line\n```python\nand ends with the line\n```"
)
HINTS = {
    Advice.CODE: "Solve it with a Python script that computes the result.",
    Advice.TEXT: "Solve it by reasoning in words, without code.",
}
PLAIN = "The script computes next to nothing. Write one that works the result out."


class GuidedAgent:
    """A guide, a solver and a tester."""

    wording = None

    async def answer(self, talk: Talk, question: str) -> EndReason:
        """Rounds of advice, turns and a test, until the guide keeps an answer or has spoken `MAX_ROUNDS` times."""
        advice = advice_in(await talk.ask_aside(GUIDE, _progress(question, "Nothing is done yet.")))
        wanted = Advice.TEXT if advice is Advice.TEXT else Advice.CODE
        talk.open(f"{question}\n\n{HINTS[wanted]}")
        for number in range(1, MAX_ROUNDS + 1):
            turn = await _solved(talk, wanted)
            if number == MAX_ROUNDS:
                break
            tested = await _tested(talk, question, turn.answer)
            so_far = f"Answer: {turn.answer or 'none yet'}\nTest: {tested}"
            advice = advice_in(await talk.ask_aside(GUIDE, _progress(question, so_far)))
            # A guide that says nothing readable does not hold an answer up.
            if advice is Advice.DONE or (advice is None and turn.answer):
                break
            wanted = advice or Advice.CODE
            talk.say(f"Test of the answer: {tested}\n{HINTS[wanted]}")
        return turn.end


async def _solved(talk: Talk, wanted: Advice) -> Turn:
    """The solver's turns up to one without a script."""
    while True:
        turn = await talk.turn(stops_at_script=wanted is Advice.CODE)
        if turn.script is None:
            return turn
        seen = await talk.run(turn.script)
        talk.say(f"{seen}\n{PLAIN}" if complexity(turn.script) < PLAIN_SCORE else seen)


async def _tested(talk: Talk, question: str, answer: str | None) -> str:
    """What a script that tests the answer prints, or why there is none."""
    if answer is None:
        return "there is no answer to test"
    script = complete_script(await talk.ask_aside(TESTER, f"{question}\n\nAnswer: {answer}"))
    if script is None or not talk.can_run:
        return "not tested"
    return await talk.run(script)


def _progress(question: str, so_far: str) -> str:
    return f"Question:\n{question}\n\n{so_far}"
