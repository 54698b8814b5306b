"""Remembers which executions are under way and which ended lately, so that no id runs twice. All pools share it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox_service.config import SandboxConfig
from sandbox_service.outcome import infrastructure_result
from sandbox_service.records import ExecutionRequest, ExecutionResult, Termination

_NUM_REMEMBERED = 256
CarryOut = Callable[[ExecutionRequest], Coroutine[Any, Any, ExecutionResult]]
"""Runs a request to its end, whatever that is."""


@dataclass
class Execution:
    """One execution under way, with everyone who waits for it."""

    request: ExecutionRequest
    task: "asyncio.Task[ExecutionResult]"
    num_waiting: int = 0


class ExecutionLedger:
    """Executions by id: those under way and the last few hundred results."""

    def __init__(self) -> None:
        self._running: dict[str, Execution] = {}
        self._finished: OrderedDict[str, ExecutionResult] = OrderedDict()

    def finished(self, execution_id: str) -> ExecutionResult | None:
        """The result of an execution that ended lately."""
        return self._finished.get(execution_id)

    def running(self, execution_id: str) -> Execution | None:
        """The execution under way with this id."""
        return self._running.get(execution_id)

    def begin(self, execution: Execution) -> None:
        """Enter an execution; it leaves by itself when its task ends."""
        execution_id = execution.request.execution_id
        self._running[execution_id] = execution
        execution.task.add_done_callback(lambda _: self._end(execution))

    async def once(self, request: ExecutionRequest, carry_out: CarryOut) -> ExecutionResult:
        """The result of a request, carried out unless its id is under way or ended lately. Cancelling kills it."""
        finished = self.finished(request.execution_id)
        if finished is not None:
            return finished
        execution = self.running(request.execution_id)
        if execution is None:
            execution = Execution(request, asyncio.create_task(carry_out(request)))
            self.begin(execution)
        execution.num_waiting += 1
        try:
            return await asyncio.shield(execution.task)
        except asyncio.CancelledError:
            return await self._cancelled(execution)
        finally:
            execution.num_waiting -= 1

    async def cancel_all(self) -> None:
        """End all executions under way; whoever waits for one is told that the pool was closed."""
        tasks = [execution.task for execution in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def forget(self, execution: Execution) -> None:
        """Let go of an execution that is being cancelled: the next one with its id is a new one."""
        if self._running.get(execution.request.execution_id) is execution:
            del self._running[execution.request.execution_id]

    async def _cancelled(self, execution: Execution) -> ExecutionResult:
        """Cancelled from outside: kill the script unless someone else waits for it. By `cancel_all`: say so."""
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            return infrastructure_result(execution.request, "the pool was closed", queue_s=0.0)
        if execution.num_waiting == 1:
            self.forget(execution)
            execution.task.cancel()
            await asyncio.wait([execution.task])
        raise asyncio.CancelledError

    def _end(self, execution: Execution) -> None:
        self.forget(execution)
        task = execution.task
        if task.cancelled() or task.exception() is not None:
            return
        result = task.result()
        # A failure of ours is not remembered: asking again should try again.
        if result.termination is not Termination.INFRASTRUCTURE:
            self._finished[result.execution_id] = result
            while len(self._finished) > _NUM_REMEMBERED:
                self._finished.popitem(last=False)


async def run_side_by_side(
    requests: Sequence[ExecutionRequest],
    execute: Callable[[ExecutionRequest], Awaitable[ExecutionResult]],
    config: SandboxConfig,
) -> list[ExecutionResult]:
    """Results in the order of the requests, with no more of them at once than leave the queue half empty."""
    places = asyncio.Semaphore(config.batch_places)

    async def run(request: ExecutionRequest) -> ExecutionResult:
        async with places:
            return await execute(request)

    return list(await asyncio.gather(*(run(request) for request in requests)))
