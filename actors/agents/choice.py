"""Which agent a name stands for."""

import importlib

from actors.agents.agent import Agent
from actors.agents.code_agent import CodeAgent
from actors.agents.code_first import CodeFirstAgent
from actors.agents.guided import GuidedAgent
from actors.agents.text import TextAgent
from actors.errors import AgentError

AGENTS: dict[str, type[Agent]] = {
    "text": TextAgent,
    "code_first": CodeFirstAgent,
    "code_agent": CodeAgent,
    "guided": GuidedAgent,
}
"""The paper's four, by the names that configs and files use."""


def chosen_agent(name: str) -> Agent:
    """The agent called `name`, or one of your own at `module:Class`.

    Raises:
        AgentError: there is no such agent, it cannot be made without arguments, or it lacks `answer` or `wording`.
    """
    if name in AGENTS:
        return AGENTS[name]()
    module, colon, attribute = name.partition(":")
    if not colon:
        raise AgentError(
            f"no agent is called {name!r}: set rollout.agent, potential.agents and evaluation.agents to "
            f"{', '.join(AGENTS)}, or to module:Class of your own"
        )
    try:
        agent = getattr(importlib.import_module(module), attribute)()
    except (ImportError, AttributeError, TypeError) as error:
        raise AgentError(
            f"no agent at {name} ({type(error).__name__}: {error}): give module:Class, importable from where "
            "the run is started, whose constructor needs no arguments"
        ) from error
    missing = [part for part in ("answer", "wording") if not hasattr(agent, part)]
    if missing:
        raise AgentError(f"{name} has no {' and no '.join(missing)}: an agent has both, see docs/agents.md")
    own: Agent = agent
    return own
