"""One rollout: an agent holds a conversation, and what was said becomes the record."""

from actors.agents.agent import Agent
from actors.episodes.talk import ConversationOverError, Talk
from actors.records import Rollout


async def held(agent: Agent, conversation: Talk, question: str) -> Rollout:
    """Have `agent` answer `question`. A failure on our side ends it as `infrastructure`; nothing is raised for it."""
    try:
        end_reason = await agent.answer(conversation, question)
    except ConversationOverError as over:
        end_reason = over.reason
    return conversation.finished(end_reason)
