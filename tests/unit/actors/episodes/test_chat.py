"""A conversation in messages does what one in tokens does: the same agents, the same scripts, the same ends."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from actors.agents.agent import Agent
from actors.agents.choice import AGENTS, chosen_agent
from actors.agents.code_agent import CodeAgent
from actors.agents.text import TextAgent
from actors.callables import ChatMessage, Completion, Finish
from actors.episodes.chat import Chat
from actors.episodes.config import RolloutConfig
from actors.episodes.episode import held
from actors.episodes.scripts import cut_after_script
from actors.errors import ChatTooLongError, EndpointDeadError, EndpointError, ForeignRolloutError
from actors.learning.samples import sample_of
from actors.records import EndReason, GroupSummary, Rollout, RolloutGroup, ScoredGroup, Source
from actors.rewards.rules import given_answer
from curriculum.tasks.instructions import INSTRUCTIONS
from sandbox_service import SandboxPool
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN, task

pytestmark = pytest.mark.asyncio(loop_scope="session")
_serial = itertools.count()


class Model:
    """Says its turns one after the other; an error among them is raised."""

    def __init__(self, *turns: str | Completion | Exception) -> None:
        self._turns = iter(turns)
        self.chats: list[list[tuple[str, str]]] = []
        self.max_tokens: list[int] = []

    async def __call__(
        self, messages: Sequence[ChatMessage], *, temperature: float, max_tokens: int
    ) -> Completion:
        self.chats.append([(message.role, message.content) for message in messages])
        self.max_tokens.append(max_tokens)
        turn = next(self._turns)
        if isinstance(turn, Exception):
            raise turn
        return turn if isinstance(turn, Completion) else said(turn)


def said(text: str, finish: Finish = Finish.STOP, prompt: int = 20, sampled: int = 5) -> Completion:
    return Completion(text=text, finish=finish, num_prompt_tokens=prompt, num_tokens=sampled)


async def answered(pool: SandboxPool, model: Model, agent: Agent | None = None, **changes: Any) -> Rollout:
    settings = {
        "max_executions": 2,
        "execution_timeout_s": 5,
        "max_turn_tokens": 50,
        "max_rollout_tokens": 200,
    }
    agent = agent or CodeAgent()
    chat = Chat(
        f"chat-{next(_serial)}/0",
        config=RolloutConfig(**{**settings, **changes}),
        instructions=INSTRUCTIONS[agent.wording or "full"],
        complete=model,
        execute=pool.execute,
        temperature=1.0,
        seed=7,
    )
    return await held(agent, chat, "What is 2 * 3?")


async def test_a_script_is_run_and_what_it_printed_is_the_next_message(pool: SandboxPool) -> None:
    model = Model(SCRIPT_TURN, ANSWER_TURN)
    rollout = await answered(pool, model)
    assert (rollout.end_reason, given_answer(rollout), len(rollout.executions)) == (EndReason.ANSWER, "6", 1)
    assert model.chats[1] == [
        ("system", INSTRUCTIONS["full"]),
        ("user", "What is 2 * 3?"),
        ("assistant", SCRIPT_TURN),
        ("user", "Code Execution Results:\n6"),
    ]
    assert [s.source for s in rollout.segments] == [
        Source.PROMPT,
        Source.MODEL,
        Source.ENVIRONMENT,
        Source.MODEL,
    ]
    assert rollout.num_generated_tokens == 10


async def test_what_a_model_writes_after_its_script_is_cut_off_before_it_is_believed(
    pool: SandboxPool,
) -> None:
    made_up = "Code Execution Results:\n7\nSo it is <<<7>>>"
    model = Model(SCRIPT_TURN + made_up, ANSWER_TURN)
    rollout = await answered(pool, model)
    assert rollout.turn_texts[0] == SCRIPT_TURN
    assert model.chats[1][2] == ("assistant", SCRIPT_TURN)
    assert given_answer(rollout) == "6"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\n```python\nx\n```\nb", "a\n```python\nx\n```\n"),
        (
            "```text\ny\n```\n```python\nx\n```\nb\n```python\nz\n```\n",
            "```text\ny\n```\n```python\nx\n```\n",
        ),
        ("```python\nx\n```", "```python\nx\n```"),
        ("```python\nx\n", "```python\nx\n"),
        ("no script <<<6>>>", "no script <<<6>>>"),
        ("~~~python\r\nx\r\n~~~\r\nb", "~~~python\r\nx\r\n~~~\r\n"),
    ],
)
async def test_the_cut_is_after_the_line_that_closes_the_first_script(text: str, kept: str) -> None:
    assert cut_after_script(text) == kept


async def test_in_words_a_script_is_text_like_any_other(pool: SandboxPool) -> None:
    rollout = await answered(pool, Model(f"{SCRIPT_TURN}It prints 6, so {ANSWER_TURN}"), TextAgent())
    assert (rollout.end_reason, rollout.executions, given_answer(rollout)) == (EndReason.ANSWER, (), "6")


@pytest.mark.parametrize("name", AGENTS)
async def test_every_agent_holds_a_chat(pool: SandboxPool, name: str) -> None:
    class Cast(Model):
        async def __call__(self, messages: Sequence[ChatMessage], **_: Any) -> Completion:
            if "You guide" in messages[0].content:
                return said("DONE")
            return said(ANSWER_TURN if messages[-1].content.startswith("Code Execution") else SCRIPT_TURN)

    rollout = await answered(pool, Cast(), chosen_agent(name))
    assert rollout.end_reason in (EndReason.ANSWER, EndReason.SILENT)
    roles = [s.source for s in rollout.segments[1:]]
    assert all(before is not after for before, after in itertools.pairwise(roles)), (
        "user and assistant take turns"
    )


@pytest.mark.parametrize(
    ("turns", "changes", "end"),
    [
        ([said("", Finish.LENGTH)], {}, EndReason.TURN_TOKENS),
        ([said("It is", Finish.LENGTH, prompt=195)], {}, EndReason.ROLLOUT_TOKENS),
        ([said(SCRIPT_TURN, prompt=195)], {}, EndReason.ROLLOUT_TOKENS),
        ([ChatTooLongError("x")], {}, EndReason.ROLLOUT_TOKENS),
        (["I do not know."], {}, EndReason.SILENT),
        ([SCRIPT_TURN] * 3, {}, EndReason.EXECUTIONS),
        ([EndpointError("slow")], {}, EndReason.INFRASTRUCTURE),
        ([SCRIPT_TURN, EndpointError("slow")], {}, EndReason.INFRASTRUCTURE),
    ],
)
async def test_a_limit_or_a_failure_ends_it_with_its_reason(
    pool: SandboxPool, turns: list[Any], changes: dict[str, int], end: EndReason
) -> None:
    assert (await answered(pool, Model(*turns), **changes)).end_reason is end


async def test_a_dead_endpoint_ends_more_than_one_rollout(pool: SandboxPool) -> None:
    with pytest.raises(EndpointDeadError):
        await answered(pool, Model(EndpointDeadError("gone")))


async def test_a_turn_is_given_what_is_left_of_the_rollout(pool: SandboxPool) -> None:
    model = Model(said(SCRIPT_TURN, prompt=170), ANSWER_TURN)
    await answered(pool, model)
    # Of 200 tokens 170 and 5 are used.
    assert model.max_tokens == [50, 25]


async def test_it_is_counted_but_refused_where_something_would_learn_from_it(pool: SandboxPool) -> None:
    rollout = await answered(pool, Model(SCRIPT_TURN, ANSWER_TURN))
    group = RolloutGroup(group_id="g", task=task(), rollouts=(rollout,))
    summary = GroupSummary.of(ScoredGroup(group=group, scores=(), num_infrastructure=0))
    assert (summary.num_generated_tokens, summary.num_executions, summary.oldest_version) == (10, 1, -1)
    assert all(np.size(s.token_ids) == 0 for s in rollout.segments)
    with pytest.raises(ForeignRolloutError, match=r"text without tokens.*cannot be trained on"):
        sample_of(rollout.segments, 3)
