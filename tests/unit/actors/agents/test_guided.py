"""The guide, the solver and the tester of the guided agent, each played by replies of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.agents.guide_rules import PLAIN_SCORE, Advice, advice_in, complexity
from actors.agents.guided import HINTS, MAX_ROUNDS, PLAIN, GuidedAgent
from actors.records import EndReason, Source
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN

pytestmark = pytest.mark.asyncio(loop_scope="session")
Answer = Callable[..., Any]
TEST_SCRIPT = "```python\nprint(2 * 3 == 6)\n```\n"
LOOP_TURN = "```python\nprint(sum(range(4)))\nfor i in []:\n    pass\n```\n"


class Cast:
    """Plays guide, tester and solver; each says its lines in turn, the last one again and again."""

    def __init__(self, guide: list[str], solver: list[str], tester: str = TEST_SCRIPT) -> None:
        self.guide, self.solver, self.tester = guide, solver, tester
        self.shown: list[str] = []

    def __call__(self, conversation: str, turn: int) -> str:
        if "You guide" in conversation:
            if "Nothing is done yet" not in conversation:
                self.shown.append(conversation)
            number = 0 if "Nothing is done yet" in conversation else len(self.shown)
            return self.guide[min(number, len(self.guide) - 1)]
        if "tests the answer" in conversation:
            return self.tester
        return self.solver[min(turn, len(self.solver) - 1)]


def said(rollout: Any) -> list[str]:
    return [s.text for s in rollout.segments if s.source is Source.ENVIRONMENT]


async def test_the_guide_chooses_code_the_answer_is_tested_and_kept(answer: Answer) -> None:
    cast = Cast(["CODE, it is arithmetic", "DONE"], [LOOP_TURN, ANSWER_TURN])
    rollout = await answer(GuidedAgent(), cast)
    assert rollout.end_reason is EndReason.ANSWER
    assert HINTS[Advice.CODE] in rollout.segments[0].text
    assert [e.code for e in rollout.executions][1] == "print(2 * 3 == 6)\n"
    assert "Answer: 6" in cast.shown[0]
    assert "True" in cast.shown[0]
    # Two words of the guide and one script of the tester are beside the conversation, and counted.
    assert len(rollout.asides) == 3
    own = sum(len(s.token_ids) for s in rollout.segments if s.source is Source.MODEL)
    assert rollout.num_generated_tokens == own + sum(aside.num_tokens for aside in rollout.asides) > own


async def test_where_the_guide_wants_words_no_script_is_run(answer: Answer) -> None:
    rollout = await answer(GuidedAgent(), Cast(["TEXT", "DONE"], [f"{SCRIPT_TURN} {ANSWER_TURN}"]))
    assert HINTS[Advice.TEXT] in rollout.segments[0].text
    # The one execution is the tester's.
    assert [e.code for e in rollout.executions] == ["print(2 * 3 == 6)\n"]


async def test_a_script_that_computes_next_to_nothing_is_said_to(answer: Answer) -> None:
    rollout = await answer(GuidedAgent(), Cast(["CODE", "DONE"], ["```python\nprint(6)\n```\n", ANSWER_TURN]))
    assert said(rollout)[0].endswith(PLAIN)
    loop = await answer(GuidedAgent(), Cast(["CODE", "DONE"], [LOOP_TURN, ANSWER_TURN]))
    assert not said(loop)[0].endswith(PLAIN)


async def test_a_guide_that_is_never_content_ends_after_five_rounds(answer: Answer) -> None:
    cast = Cast(["TEXT"], [ANSWER_TURN], tester="I cannot test it.")
    rollout = await answer(GuidedAgent(), cast)
    assert (rollout.end_reason, rollout.num_turns) == (EndReason.ANSWER, MAX_ROUNDS)
    assert said(rollout) == [f"Test of the answer: not tested\n{HINTS[Advice.TEXT]}"] * (MAX_ROUNDS - 1)


async def test_a_guide_that_cannot_be_read_lets_an_answer_stand(answer: Answer) -> None:
    rollout = await answer(GuidedAgent(), Cast(["well", "hm"], [ANSWER_TURN]))
    assert (rollout.end_reason, rollout.num_turns) == (EndReason.ANSWER, 1)


async def test_tests_of_answers_count_as_executions(answer: Answer) -> None:
    rollout = await answer(
        GuidedAgent(), Cast(["CODE", "TEXT", "DONE"], [LOOP_TURN, ANSWER_TURN]), max_executions=1
    )
    assert len(rollout.executions) == 1
    assert "not tested" in said(rollout)[1]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("CODE", Advice.CODE),
        ("I say TEXT, not CODE", Advice.TEXT),
        ("DONE.", Advice.DONE),
        ("code it", None),
        ("ENCODED", None),
        ("", None),
    ],
)
async def test_advice_is_the_first_of_three_words_in_capitals(text: str, advice: Advice | None) -> None:
    assert advice_in(text) is advice


@pytest.mark.parametrize(
    ("script", "score"),
    [
        ("print(6)", 0),
        ("x = 6\nprint(x)", 0),
        ("print(2 * 3)", 1),
        ("import math\nprint(math.sqrt(4))", 3),
        ("print(sum(i for i in range(4)))", 5),
        ("for i in range(3):\n    if i % 2 == 1:\n        print(i)", 3 + 1 + 1 + 1 + 1),
        ("def f(", 0),
    ],
)
async def test_a_scripts_complexity_is_counted_by_its_syntax(script: str, score: int) -> None:
    # A loop 3, a call of range 1, an if 1, a comparison 1, a remainder 1.
    assert complexity(script) == score


async def test_printing_a_number_is_plain_and_a_search_is_not() -> None:
    assert complexity("print(42)") < PLAIN_SCORE <= complexity("for i in range(9):\n    print(i)")
