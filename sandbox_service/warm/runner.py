"""Runs one script: on a worker that knows what it imports, and again elsewhere after a failure of ours."""

import time

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import NotAdmittedError, WorkerLostError
from sandbox_service.outcome import given_up_result, infrastructure_result
from sandbox_service.records import ExecutionRequest, ExecutionResult
from sandbox_service.warm.admission import Admission


class ScriptRunner:
    """Turns a request into a result, whatever happens to workers."""

    def __init__(self, config: SandboxConfig, admission: Admission) -> None:
        self._config = config
        self._admission = admission
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
                worker = await self._admission.take(request, profile, waited_s=queue_s)
            except NotAdmittedError as error:
                queue_s += time.monotonic() - waiting_since
                return infrastructure_result(request, str(error), queue_s=queue_s)
            except WorkerLostError as error:
                failures.append(str(error))
                continue
            queue_s += time.monotonic() - waiting_since
            try:
                run = await self._admission.run(worker, request)
            except WorkerLostError as error:
                failures.append(str(error))
                continue
            finally:
                self._admission.workers.give_back(worker)
            return self._admission.result(run, request, worker, queue_s=queue_s)
        return given_up_result(request, failures, queue_s=queue_s)
