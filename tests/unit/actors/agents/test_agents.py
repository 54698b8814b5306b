"""What each of the four agents does with the same model."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.agents.choice import AGENTS, chosen_agent
from actors.agents.code_first import CodeFirstAgent
from actors.agents.text import TextAgent
from actors.errors import AgentError
from actors.records import EndReason, Source
from actors.rewards.rules import given_answer
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN

pytestmark = pytest.mark.asyncio(loop_scope="session")
Answer = Callable[..., Any]


def plays(*turns: str) -> Callable[[str, int], str]:
    return lambda _, turn: turns[turn]


async def test_text_runs_no_script_and_an_answer_after_one_still_counts(answer: Answer) -> None:
    rollout = await answer(TextAgent(), plays(f"{SCRIPT_TURN}It prints 6, so {ANSWER_TURN}"))
    assert (rollout.end_reason, rollout.num_turns, rollout.executions) == (EndReason.ANSWER, 1, ())
    assert given_answer(rollout) == "6"
    assert "without writing any code" in rollout.segments[0].text


async def test_text_that_only_writes_a_script_gives_no_answer(answer: Answer) -> None:
    rollout = await answer(TextAgent(), plays("```python\nprint('<<<6>>>')\n```\n"))
    assert (rollout.end_reason, rollout.executions) == (EndReason.SILENT, ())


async def test_code_first_runs_one_script_and_answers_from_what_it_printed(answer: Answer) -> None:
    rollout = await answer(CodeFirstAgent(), plays(SCRIPT_TURN, ANSWER_TURN))
    assert (rollout.end_reason, rollout.num_turns, len(rollout.executions)) == (EndReason.ANSWER, 2, 1)


async def test_code_first_takes_no_answer_that_no_script_led_to(answer: Answer) -> None:
    rollout = await answer(CodeFirstAgent(), plays(ANSWER_TURN))
    assert (rollout.end_reason, rollout.executions) == (EndReason.SILENT, ())


async def test_code_first_runs_no_second_script(answer: Answer) -> None:
    rollout = await answer(CodeFirstAgent(), plays(SCRIPT_TURN, SCRIPT_TURN, ANSWER_TURN))
    assert (rollout.end_reason, len(rollout.executions)) == (EndReason.EXECUTIONS, 1)


async def test_the_code_agent_goes_on_as_long_as_it_writes_scripts(answer: Answer) -> None:
    rollout = await answer(
        chosen_agent("code_agent"), plays(SCRIPT_TURN, SCRIPT_TURN, SCRIPT_TURN, ANSWER_TURN)
    )
    assert (rollout.end_reason, rollout.num_turns, len(rollout.executions)) == (EndReason.ANSWER, 4, 3)


@pytest.mark.parametrize("name", AGENTS)
async def test_every_agent_leaves_a_rollout_whose_tokens_can_be_learned_from(
    answer: Answer, name: str
) -> None:
    def reply(conversation: str, turn: int) -> str:
        return "DONE" if "You guide" in conversation else [SCRIPT_TURN, ANSWER_TURN][min(turn, 1)]

    rollout = await answer(chosen_agent(name), reply)
    sources = [s.source for s in rollout.segments]
    assert sources[0] is Source.PROMPT
    assert sources[-1] is Source.MODEL
    for segment in rollout.segments:
        sampled = len(segment.token_ids) if segment.source is Source.MODEL else 0
        assert (len(segment.logprobs), len(segment.versions)) == (sampled, sampled)


async def test_an_agent_that_is_not_there_is_refused_with_the_names_that_are() -> None:
    with pytest.raises(AgentError, match=r"'txt'.*rollout\.agent.*text, code_first, code_agent, guided"):
        chosen_agent("txt")
    with pytest.raises(AgentError, match=r"ModuleNotFoundError.*module:Class"):
        chosen_agent("no_such_module:Agent")
    with pytest.raises(AgentError, match="no answer and no wording"):
        chosen_agent("builtins:dict")


async def test_an_agent_of_ones_own_is_one_class(answer: Answer) -> None:
    rollout = await answer(chosen_agent("tests.unit.actors.agents.twice:AsksTwice"), plays("six", "<<<6>>>"))
    assert (rollout.end_reason, rollout.num_turns) == (EndReason.ANSWER, 2)
    assert rollout.segments[2].text == "Are you sure?"


async def test_the_example_solves_every_question_twice_and_the_second_answer_counts(answer: Answer) -> None:
    turns = (SCRIPT_TURN, "It is <<<5>>>", SCRIPT_TURN, ANSWER_TURN)
    rollout = await answer(chosen_agent("examples.own_agent:ChecksTwice"), plays(*turns))
    assert (rollout.end_reason, len(rollout.executions), given_answer(rollout)) == (EndReason.ANSWER, 2, "6")
