"""The sandbox executors as an `ExecuteFn`, and what the pool's scaler does to them."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from actors.errors import ActorError, ExecutorLostError
from actors.handles.calls import CLOSE_S, Handle, added, in_time, own_errors, settled
from actors.sandbox_pool.directory import ListedExecutor, SandboxListing
from actors.sandbox_pool.dispatcher import DispatchLimits, SandboxDispatcher
from actors.sandbox_pool.scaling_policy import ExecutorLoad
from sandbox_service import ExecutionRequest, ExecutionResult

_QUEUE_ALLOWANCE_S = 600.0
_ANSWER_S = 5.0
_PER_FIXED_WORKER = 32


class SandboxHandles:
    """An `ExecuteFn` over the sandbox actors: over one that stays (`fixed`), or over those that a directory lists.

    Pickled into every rollout worker; each copy has its own view of the load.
    """

    def __init__(self, directory: Handle | None = None, fixed: SandboxListing | None = None) -> None:
        self._directory = directory
        self._fixed = fixed
        self._name = uuid.uuid4().hex
        if directory is None:
            # Nobody else could take what waits, so it may as well wait there.
            self._dispatch = SandboxDispatcher(
                _executed, listing=fixed, limits=DispatchLimits(per_worker=_PER_FIXED_WORKER)
            )
        else:
            self._dispatch = SandboxDispatcher(_executed, look=self._look)

    @classmethod
    def fixed(cls, executor: Handle, num_workers: int) -> "SandboxHandles":
        """Over this executor alone; Ray restarts it when it dies."""
        listed = ListedExecutor(executor_id="executor-0", num_workers=num_workers, address=executor)
        return cls(fixed=SandboxListing(version=0, executors=(listed,)))

    def __reduce__(self) -> tuple[Any, ...]:
        return SandboxHandles, (self._directory, self._fixed)

    async def __call__(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script; `infrastructure` once it was given up.

        Raises:
            SandboxUnavailableError: no executor can give the isolation that the config demands.
        """
        return await self._dispatch(request)

    async def run_batch(self, requests: Sequence[ExecutionRequest]) -> list[ExecutionResult]:
        """Run many scripts at once, results in the same order."""
        return list(await asyncio.gather(*[self(request) for request in requests]))

    async def metrics(self) -> dict[str, float]:
        """The executors' numbers, added up."""
        return added(await asyncio.gather(*[e.address.metrics.remote() for e in self._dispatch.executors]))

    async def close(self) -> None:
        """End the fixed executor's workers; those of a directory are ended by `SandboxScaler`."""
        await self._dispatch.close()
        executors = self._fixed.executors if self._fixed is not None else ()
        await asyncio.gather(*[e.address.close.remote() for e in executors], return_exceptions=True)

    async def _look(self, num_waiting: int, known_version: int) -> SandboxListing | None:
        call = self._directory.look.remote(self._name, num_waiting, known_version)
        return await in_time(call, _ANSWER_S, ActorError)


class SandboxControl:
    """An `ExecutorControl`: what `SandboxScaler` does, done to actors."""

    def __init__(
        self,
        directory: Handle,
        create: Callable[[int], Handle],
        kill: Callable[[Handle], None],
        answer_s: float = _ANSWER_S,
    ) -> None:
        self._directory = directory
        self._answer_s = answer_s
        self.create = create
        self.kill = kill

    async def ready(self, address: Handle) -> None:
        """Wait until it is up."""
        await own_errors(address.ready.remote(), ExecutorLostError)

    async def load(self, address: Handle) -> ExecutorLoad:
        """What it has to do."""
        return await own_errors(asyncio.wait_for(address.load.remote(), self._answer_s), ExecutorLostError)

    async def retire(self, address: Handle) -> bool:
        """Have it refuse all work if it has none."""
        return await own_errors(asyncio.wait_for(address.retire.remote(), self._answer_s), ExecutorLostError)

    async def close(self, address: Handle) -> None:
        """End its workers, for as long as that may take."""
        await asyncio.wait({asyncio.ensure_future(settled(address.close.remote()))}, timeout=CLOSE_S)

    async def publish(self, listing: SandboxListing) -> int:
        """Into the directory."""
        return await in_time(self._directory.publish.remote(listing), self._answer_s, ActorError)


async def _executed(executor: Handle, request: ExecutionRequest) -> ExecutionResult:
    return await in_time(
        executor.execute.remote(request), request.timeout_s + _QUEUE_ALLOWANCE_S, ExecutorLostError
    )
