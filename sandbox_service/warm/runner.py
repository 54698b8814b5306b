"""Runs one script by itself: on a lane that knows what it imports, and again elsewhere after a failure of ours."""

import time

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import LaneLostError, NotAdmittedError
from sandbox_service.outcome import given_up_result, infrastructure_result
from sandbox_service.records import ExecutionRequest, ExecutionResult
from sandbox_service.warm.admission import LaneDesk


class ScriptRunner:
    """Turns a request into a result, whatever happens to lanes."""

    def __init__(self, config: SandboxConfig, desk: LaneDesk) -> None:
        self._config = config
        self._desk = desk
        self.num_retries = 0
        """Attempts after the first ones."""

    async def result(self, request: ExecutionRequest) -> ExecutionResult:
        """Run a script to its end, whatever that is."""
        profile = self._config.profile_for(request.code)
        queue_s = 0.0
        failures: list[str] = []
        while len(failures) <= self._config.retries:
            self.num_retries += bool(failures)
            waiting_since = time.monotonic()
            try:
                lane = await self._desk.take(request, profile, waited_s=queue_s)
            except NotAdmittedError as error:
                queue_s += time.monotonic() - waiting_since
                return infrastructure_result(request, str(error), queue_s=queue_s)
            except LaneLostError as error:
                failures.append(str(error))
                continue
            queue_s += time.monotonic() - waiting_since
            try:
                run = await self._desk.run(lane, request)
            except LaneLostError as error:
                failures.append(str(error))
                continue
            finally:
                self._desk.roster.give_back(lane)
            return self._desk.result(run, request, lane, queue_s=queue_s)
        return given_up_result(request, failures, queue_s=queue_s)
