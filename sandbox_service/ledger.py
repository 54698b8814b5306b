"""Remembers which executions are under way and which ended lately, so that no id runs twice."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from sandbox_service.protocol import ExecutionRequest, ExecutionResult, Termination

_NUM_REMEMBERED = 256


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

    def tasks(self) -> list["asyncio.Task[ExecutionResult]"]:
        """The tasks of all executions under way."""
        return [execution.task for execution in self._running.values()]

    def forget(self, execution: Execution) -> None:
        """Let go of an execution that is being cancelled: the next one with its id is a new one."""
        if self._running.get(execution.request.execution_id) is execution:
            del self._running[execution.request.execution_id]

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
