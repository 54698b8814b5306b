"""Conversations of agents over engines that play replies."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from actors.agents.agent import Agent
from actors.engines.scripted_engine import ScriptedEngine
from actors.episodes.config import RolloutConfig
from actors.episodes.conversation import Conversation
from actors.episodes.episode import held
from actors.episodes.transcript import Transcriber
from actors.records import Rollout
from sandbox_service import SandboxPool

CONFIG = RolloutConfig(max_executions=3, execution_timeout_s=5, max_turn_tokens=160, max_rollout_tokens=2048)
_serial = itertools.count()


@pytest.fixture
def answer(tiny_tokenizer: Any, pool: SandboxPool) -> Callable[..., Any]:
    """Have an agent answer where `reply` is the model: from the conversation so far and the turn's number."""

    async def answered(
        agent: Agent, reply: Callable[[str, int], str], question: str = "What is 2 * 3?", **changes: Any
    ) -> Rollout:
        conversation = Conversation(
            f"agents-{next(_serial)}/0",
            config=CONFIG.model_copy(update=changes),
            transcriber=Transcriber(tiny_tokenizer, agent.wording or "full"),
            generate=ScriptedEngine(tiny_tokenizer, reply).generate,
            execute=pool.execute,
            temperature=1.0,
            seed=7,
        )
        return await held(agent, conversation, question)

    return answered
