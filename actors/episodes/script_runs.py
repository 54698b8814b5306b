"""The scripts of one rollout: run in the sandbox, up to a limit, and kept with what came of each."""

import logging
import time
import zlib

from actors.callables import ExecuteFn
from actors.episodes.config import RolloutConfig
from actors.episodes.scripts import observation_text
from actors.episodes.talk import ConversationOverError
from actors.records import EndReason, Execution
from sandbox_service import ExecutionRequest, ExecutionResult, Termination

_log = logging.getLogger(__name__)


class ScriptRuns:
    """Runs the scripts of one rollout, one at a time."""

    def __init__(self, rollout_id: str, config: RolloutConfig, execute: ExecuteFn, seed: int) -> None:
        self._rollout_id = rollout_id
        self._config = config
        self._execute = execute
        self._seed = seed
        self._executions: list[Execution] = []
        self.execute_s = 0.0

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Scripts run so far, in order."""
        return tuple(self._executions)

    @property
    def can_run(self) -> bool:
        """Whether another script may be run."""
        return len(self._executions) < self._config.max_executions

    async def run(self, script: str) -> str:
        """What the model is to be shown of a script.

        Raises:
            ConversationOverError: no other script may be run, or the sandbox failed.
        """
        if not self.can_run:
            raise ConversationOverError(EndReason.EXECUTIONS)
        result = await self._result(script)
        if result.termination is Termination.INFRASTRUCTURE:
            _log.warning(
                "rollout %s is dropped, its script was not run: %s", self._rollout_id, result.message
            )
            raise ConversationOverError(EndReason.INFRASTRUCTURE)
        return self._executions[-1].output

    async def _result(self, script: str) -> ExecutionResult:
        request = ExecutionRequest(
            # With the script in it: a rollout that is sampled again after a worker died must not be given the
            # remembered result of another script.
            execution_id=f"{self._rollout_id}/{len(self._executions)}/{zlib.crc32(script.encode()):08x}",
            code=script,
            timeout_s=self._config.execution_timeout_s,
            memory_mib=self._config.execution_memory_mib,
            seed=self._seed % 2**31,
        )
        started, started_at = time.monotonic(), time.time()
        result = await self._execute(request)
        self.execute_s += time.monotonic() - started
        shown = (
            ""
            if result.termination is Termination.INFRASTRUCTURE
            else observation_text(result, self._config.max_observation_chars)
        )
        self._executions.append(
            Execution(
                code=script,
                termination=result.termination.value,
                output=shown,
                duration_s=result.duration_s,
                queue_s=result.queue_s,
                started_at=started_at,
            )
        )
        return result
