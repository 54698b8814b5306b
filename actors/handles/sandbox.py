"""The sandbox executors as an `ExecuteFn`, and what the pool's scaler does to them."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from actors.errors import ActorError, ExecutorLostError
from actors.handles.calls import CLOSE_S, Handle, in_time, own_errors, settled
from actors.sandbox_pool.directory import ListedExecutor, SandboxListing
from actors.sandbox_pool.dispatcher import DispatchLimits, SandboxDispatcher
from actors.sandbox_pool.scaling_policy import ExecutorLoad
from sandbox_service import ExecutionRequest, ExecutionResult

_ANSWER_S = 5.0
_PER_FIXED_WORKER = 32
"""Nobody else could take what waits for the only executor, so it may as well wait there."""


class SandboxHandles:
    """An `ExecuteFn` over the sandbox actors: over one that stays (`fixed`), or over those that a directory lists.

    Pickled into every rollout worker; each copy has its own view of the load.
    """

    def __init__(
        self,
        directory: Handle | None = None,
        fixed: SandboxListing | None = None,
        limits: DispatchLimits | None = None,
    ) -> None:
        self._directory = directory
        self._fixed = fixed
        self._limits = limits or DispatchLimits()
        self._name = uuid.uuid4().hex
        look = None if directory is None else self._look
        self._dispatch = SandboxDispatcher(self._executed, listing=fixed, look=look, limits=self._limits)

    @classmethod
    def fixed(
        cls, executor: Handle, num_workers: int, limits: DispatchLimits | None = None
    ) -> "SandboxHandles":
        """Over this executor alone; Ray restarts it when it dies."""
        listed = ListedExecutor(executor_id="executor-0", num_workers=num_workers, address=executor)
        limits = replace(limits or DispatchLimits(), per_worker=_PER_FIXED_WORKER)
        return cls(fixed=SandboxListing(version=0, executors=(listed,)), limits=limits)

    def __reduce__(self) -> tuple[Any, ...]:
        return SandboxHandles, (self._directory, self._fixed, self._limits)

    async def __call__(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script; `infrastructure` once it was given up.

        Raises:
            SandboxUnavailableError: no executor can give the isolation that the config demands.
        """
        return await self._dispatch(request)

    async def close(self) -> None:
        """End the fixed executor's workers; those of a directory are ended by `SandboxScaler`."""
        await self._dispatch.close()
        executors = self._fixed.executors if self._fixed is not None else ()
        await asyncio.gather(*[e.address.close.remote() for e in executors], return_exceptions=True)

    async def _look(self, num_waiting: int, known_version: int) -> SandboxListing | None:
        assert self._directory is not None, "a fixed executor is looked up nowhere"
        call = self._directory.look.remote(self._name, num_waiting, known_version)
        listing: SandboxListing | None = await in_time(call, _ANSWER_S, ActorError)
        return listing

    async def _executed(self, executor: Handle, request: ExecutionRequest) -> ExecutionResult:
        # In the executor it may still wait for a worker.
        limit_s = request.timeout_s + self._limits.patience_s
        result: ExecutionResult = await in_time(executor.execute.remote(request), limit_s, ExecutorLostError)
        return result


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
        call = asyncio.wait_for(address.load.remote(), self._answer_s)
        load: ExecutorLoad = await own_errors(call, ExecutorLostError)
        return load

    async def retire(self, address: Handle) -> bool:
        """Have it refuse all work if it has none."""
        call = asyncio.wait_for(address.retire.remote(), self._answer_s)
        is_retired: bool = await own_errors(call, ExecutorLostError)
        return is_retired

    async def close(self, address: Handle) -> None:
        """End its workers, for as long as that may take."""
        await asyncio.wait({asyncio.ensure_future(settled(address.close.remote()))}, timeout=CLOSE_S)

    async def publish(self, listing: SandboxListing) -> int:
        """Into the directory."""
        call = self._directory.publish.remote(listing)
        num_waiting: int = await in_time(call, self._answer_s, ActorError)
        return num_waiting
