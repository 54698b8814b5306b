"""Groups of rollouts by a model behind an endpoint: what a rollout worker does, without an engine."""

import asyncio
from collections.abc import Sequence

from actors.agents.agent import Agent
from actors.agents.choice import chosen_agent
from actors.callables import CompleteFn, ExecuteFn
from actors.endpoints.config import EndpointConfig
from actors.episodes.chat import Chat
from actors.episodes.config import RolloutConfig
from actors.episodes.episode import held
from actors.records import Rollout, RolloutGroup
from actors.rollout_worker import rollout_seed
from curriculum.task import Task
from curriculum.tasks.instructions import INSTRUCTIONS


class EndpointRollouts:
    """Holds as many conversations at once as `endpoint.rollouts_at_once` allows."""

    def __init__(
        self, config: RolloutConfig, endpoint: EndpointConfig, complete: CompleteFn, execute: ExecuteFn
    ) -> None:
        self._config = config
        self._endpoint = endpoint
        self._complete = complete
        self._execute = execute
        self._places = asyncio.Semaphore(endpoint.rollouts_at_once)

    async def rollout_group(
        self,
        task: Task,
        group_id: str,
        *,
        size: int | None = None,
        temperatures: Sequence[float] = (),
        agent: str | None = None,
    ) -> RolloutGroup:
        """Hold `size` conversations about `task`; arguments as of `RolloutWorker.rollout_group`.

        Raises:
            EndpointDeadError: the endpoint answers nobody.
        """
        chosen = chosen_agent(agent or self._config.agent)
        heats = temperatures or (self._config.temperature,)
        async with asyncio.TaskGroup() as group:
            held_s = [
                group.create_task(
                    self.rollout(
                        task.question,
                        f"{group_id}/{index}",
                        agent=chosen,
                        temperature=heats[index % len(heats)],
                    )
                )
                for index in range(size or self._config.group_size)
            ]
        return RolloutGroup(group_id=group_id, task=task, rollouts=tuple(one.result() for one in held_s))

    async def rollout(
        self,
        question: str,
        rollout_id: str,
        *,
        agent: Agent,
        temperature: float,
        instructions: str | None = None,
    ) -> Rollout:
        """Hold one conversation, once there is a place.

        Args:
            question: what to ask.
            rollout_id: `<group_id>/<index>`, unique in the run.
            agent: who holds it.
            temperature: of its sampling.
            instructions: their text; the agent's own or the run's if None.

        Raises:
            EndpointDeadError: the endpoint answers nobody.
        """
        group_id, _, index = rollout_id.rpartition("/")
        async with self._places:
            chat = Chat(
                rollout_id,
                config=self._config,
                instructions=instructions or INSTRUCTIONS[agent.wording or self._config.instructions],
                complete=self._complete,
                execute=self._execute,
                temperature=temperature,
                seed=rollout_seed(group_id, int(index)),
                max_turn_tokens=self._endpoint.max_turn_tokens,
            )
            return await held(agent, chat, question)
