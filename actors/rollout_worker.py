"""Holds many conversations at once over one generation engine. One actor per engine."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence

import numpy as np

from actors.agents.choice import chosen_agent
from actors.callables import ExecuteFn
from actors.engines.engine import ServedModel
from actors.episodes.config import RolloutConfig
from actors.episodes.conversation import Conversation
from actors.episodes.episode import held
from actors.episodes.transcript import Transcriber
from actors.errors import EngineError
from actors.records import RolloutGroup, WeightManifest
from actors.weights.buckets import verify
from actors.weights.folder import folder_policy
from curriculum.task import Task


class RolloutWorker:
    """Generates, executes and records rollouts; pulls new weights when told of a version."""

    def __init__(
        self,
        config: RolloutConfig,
        open_model: Callable[[], ServedModel],
        execute: ExecuteFn,
        index: int = 0,
        local: Callable[[str], str] = str,
    ) -> None:
        """Opens the model in this process.

        Args:
            config: how a conversation is held.
            open_model: makes the engine, or hands out one that is there.
            execute: runs one script.
            index: number of this worker in the run, for messages.
            local: from a folder that the driver names to the one on this machine.
        """
        self._config = config
        self._model = open_model()
        self._engine = self._model.engine
        self._execute = execute
        self._index = index
        self._local = local
        self._transcribers: dict[str, Transcriber] = {}
        self._running = 0
        self._totals = {
            "rollouts": 0.0,
            "tokens": 0.0,
            "executions": 0.0,
            "generate_s": 0.0,
            "execute_s": 0.0,
        }

    def __repr__(self) -> str:
        return f"RolloutWorker({self._index})"

    async def rollout_group(
        self,
        task: Task,
        group_id: str,
        *,
        size: int | None = None,
        temperatures: Sequence[float] = (),
        agent: str | None = None,
    ) -> tuple[RolloutGroup, int]:
        """Hold `size` conversations about `task` at once.

        Args:
            task: what to ask.
            group_id: unique in the run; also seeds the sampling.
            size: rollouts; the configured group size if None.
            temperatures: handed out to the rollouts in turn; the configured training temperature if empty.
            agent: who holds them; the configured one if None.

        Returns:
            The group, siblings that failed on our side included (end reason `infrastructure`), and how many tokens
            were sampled: a receipt that can be awaited without fetching the group.

        Raises:
            EngineError: the engine died; the worker must be replaced.
            AgentError: `agent` names none.
        """
        chosen = chosen_agent(agent or self._config.agent)
        wording = chosen.wording or self._config.instructions
        heats = temperatures or (self._config.temperature,)
        self._running += 1
        try:
            episodes = [
                held(
                    chosen,
                    Conversation(
                        f"{group_id}/{index}",
                        config=self._config,
                        transcriber=self._transcriber(wording),
                        generate=self._engine.generate,
                        execute=self._execute,
                        temperature=heats[index % len(heats)],
                        seed=rollout_seed(group_id, index),
                    ),
                    task.question,
                )
                for index in range(size or self._config.group_size)
            ]
            rollouts = await asyncio.gather(*episodes)
        finally:
            self._running -= 1
        if self._engine.is_dead:
            raise EngineError(f"the engine of rollout worker {self._index} died: its log lines say why")
        for rollout in rollouts:
            self._totals["rollouts"] += 1
            self._totals["tokens"] += rollout.num_generated_tokens
            self._totals["executions"] += len(rollout.executions)
            self._totals["generate_s"] += rollout.generate_s
            self._totals["execute_s"] += rollout.execute_s
        group = RolloutGroup(group_id=group_id, task=task, rollouts=tuple(rollouts))
        return group, sum(rollout.num_generated_tokens for rollout in rollouts)

    async def load_weights(self, manifest: WeightManifest, *buckets: np.ndarray) -> float:
        """Verify and serve a published policy version; returns the seconds it took.

        Raises:
            WeightSyncError: a bucket is damaged or the engine did not take it.
        """
        started = time.monotonic()
        # In a thread, as all that reads or copies weights: the conversations of this process go on meanwhile.
        await asyncio.to_thread(verify, manifest, buckets)
        await self._engine.load(manifest, buckets)
        return time.monotonic() - started

    async def load_folder(self, folder: str, version: int) -> float:
        """Serve the model saved in `folder` (Hugging Face form) as `version`; returns the seconds it took.

        Raises:
            WeightSyncError: the folder cannot be read or the engine did not take it.
        """
        started = time.monotonic()
        place = await asyncio.to_thread(self._local, folder)
        manifest, buckets = await asyncio.to_thread(folder_policy, place, version)
        await self._engine.load(manifest, buckets)
        return time.monotonic() - started

    async def sleep(self) -> None:
        """Give the engine's GPU memory back; turns in flight and new ones wait until `wake`."""
        await self._engine.sleep()

    async def wake(self) -> None:
        """Take the engine's memory again and go on."""
        await self._engine.wake()

    def metrics(self) -> dict[str, float]:
        """Totals since the start, and how many groups are running."""
        return {
            **self._totals,
            "groups_running": float(self._running),
            "version": float(self._engine.version),
        }

    async def close(self) -> None:
        """End the engine and its processes."""
        self._engine.close()

    def _transcriber(self, instructions: str) -> Transcriber:
        if instructions not in self._transcribers:
            self._transcribers[instructions] = Transcriber(
                self._model.tokenizer, instructions, self._model.eos_ids
            )
        return self._transcribers[instructions]


def rollout_seed(group_id: str, index: int) -> int:
    """A seed that depends on the rollout's name alone, so that a repeated group samples the same way."""
    digest = hashlib.blake2b(f"{group_id}/{index}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")
