"""Keeps the sandbox pool at the size that its policy wants. One per run, in the driver's process. Knows no Ray.

    ready / load of every executor, scripts held back by the senders -> policy -> create | retire -> directory

* An executor is listed, and so given work, once its own `ready` has answered.
* Retiring: off the list first; then it is asked to refuse work, which it does only if it has none; if it has, it is
  listed again. A sender that did not see the new list yet is refused, or finds it dead, and sends the script elsewhere.
* An executor that died is dropped; the policy asks for another if the pool is then too small.
* Whatever fails to start is tried again after a pause that doubles. When none works and none can, the list says why.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from actors.sandbox_pool.directory import ListedExecutor, SandboxListing
from actors.sandbox_pool.scaling_policy import (
    ExecutorLoad,
    ExecutorStatus,
    Grow,
    PoolStatus,
    Retire,
    ScalingConfig,
    ScalingPolicy,
)
from sandbox_service import SandboxUnavailableError

_MAX_MISSED = 3
"""Unanswered questions after which an executor counts as dead."""
_MAX_FAILED_STARTS = 3
"""In a row after which those who wait are told, if no executor is left. An unfit host is told of at once."""
_MAX_PAUSE_S = 60.0
_log = logging.getLogger(__name__)


class ExecutorControl(Protocol):
    """What the scaler does to executors and with the directory; an address is whatever `create` gave.

    Calls to an executor raise `ExecutorLostError` when it is dead and `TimeoutError` when it does not answer in time.
    """

    def create(self, index: int) -> Any:
        """Ask for an executor; its address, at once."""

    async def ready(self, address: Any) -> None:
        """Wait until it is up, however long a machine for it takes. Raises SandboxUnavailableError if it cannot."""

    async def load(self, address: Any) -> ExecutorLoad:
        """What it has to do."""

    async def retire(self, address: Any) -> bool:
        """Have it refuse all work if it has none; whether it does."""

    async def close(self, address: Any) -> None:
        """End its workers; returns in any case."""

    def kill(self, address: Any) -> None:
        """End it, ready or not."""

    async def publish(self, listing: SandboxListing) -> int:
        """Into the directory; scripts held back. Raises ActorError when it is out of reach."""


@dataclass(eq=False)
class _Member:
    """One executor from its creation to its end."""

    executor_id: str
    address: Any
    created_at: float
    start: "asyncio.Task[None] | None"
    """None once it is ready."""
    load: ExecutorLoad = field(default_factory=ExecutorLoad)
    num_missed: int = 0

    def status(self, now: float) -> ExecutorStatus:
        is_ready = self.start is None
        load = self.load if is_ready else ExecutorLoad(idle_s=now - self.created_at)
        return ExecutorStatus(self.executor_id, is_ready, load)


class SandboxScaler:
    """The pool's members, and the loop that adds and ends them."""

    def __init__(
        self,
        config: ScalingConfig,
        control: ExecutorControl,
        *,
        clock: Callable[[], float] = time.monotonic,
        tick_s: float = 1.0,
        observe: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self._config = config
        self._control = control
        self._clock = clock
        self._tick_s = tick_s
        self._observe = observe
        self._policy = ScalingPolicy(config)
        self._members: list[_Member] = []
        self._num_created = 0
        self._listing = SandboxListing(version=0)
        self._num_waiting = 0
        self._num_failed_starts = 0
        self._paused_until = 0.0
        self._broken = ""
        self._task: asyncio.Task[None] | None = None
        self._endings: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to size the pool, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """End the loop and every executor."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        members, self._members = self._members, []
        for member in members:
            self._end(member)
        await asyncio.gather(*self._endings)

    def metrics(self) -> dict[str, float]:
        """Size and backlog of the pool as of the last tick."""
        ready = sum(m.start is None for m in self._members)
        return {
            "executors": float(ready),
            "executors_starting": float(len(self._members) - ready),
            "backlog": float(self._status().backlog),
        }

    async def tick(self) -> None:
        """Look at everything once, decide once, act on it."""
        self._settle_starts()
        await asyncio.gather(*[self._read_load(m) for m in self._members if m.start is None])
        await self._publish()
        decision = self._policy.decide(self._status())
        if isinstance(decision, Grow) and self._clock() >= self._paused_until:
            for _ in range(decision.count):
                self._create()
        elif isinstance(decision, Retire):
            await self._retire(next(m for m in self._members if m.executor_id == decision.executor_id))
        if self._observe is not None:
            self._observe(self.metrics())

    async def _run(self) -> None:
        while True:
            try:
                await self.tick()
            except Exception:
                # Policy: a run must not lose its sandbox to one bad answer of the cluster.
                _log.exception("a tick of the sandbox pool failed; the next one tries again")
            await asyncio.sleep(self._tick_s)

    def _status(self) -> PoolStatus:
        now = self._clock()
        return PoolStatus(now, tuple(m.status(now) for m in self._members), self._num_waiting)

    def _create(self) -> None:
        index = self._num_created
        self._num_created += 1
        address = self._control.create(index)
        start = asyncio.get_running_loop().create_task(_awaited(self._control.ready(address)))
        self._members.append(_Member(f"executor-{index}", address, self._clock(), start))

    def _settle_starts(self) -> None:
        """Take up who is ready, let go of who failed."""
        for member in [m for m in self._members if m.start is not None and m.start.done()]:
            assert member.start is not None
            failure = member.start.exception()
            if failure is None:
                member.start = None
                self._num_failed_starts, self._broken = 0, ""
                continue
            # Whatever it was, the next one may come up on a better machine.
            self._drop(member, f"did not start: {type(failure).__name__}: {failure}")
            self._num_failed_starts += 1
            self._paused_until = self._clock() + min(2.0**self._num_failed_starts, _MAX_PAUSE_S)
            is_certain = isinstance(failure, SandboxUnavailableError)
            if is_certain or self._num_failed_starts >= _MAX_FAILED_STARTS:
                self._broken = f"no sandbox executor starts, the last one failed with: {failure}"

    async def _read_load(self, member: _Member) -> None:
        try:
            member.load = await self._control.load(member.address)
            member.num_missed = 0
        except TimeoutError:
            member.num_missed += 1
            # Until it answers it is not known to be idle.
            member.load = member.load.model_copy(update={"idle_s": 0.0})
            if member.num_missed >= _MAX_MISSED:
                self._drop(member, f"did not answer {_MAX_MISSED} times")
        except Exception as error:
            # Policy: dead or sick, another one takes its place, and the others are not held up.
            self._drop(member, f"died: {type(error).__name__}: {error}")

    async def _retire(self, member: _Member) -> None:
        place = self._members.index(member)
        self._members.remove(member)
        if member.start is None:
            await self._publish()
            try:
                is_retired = await self._control.retire(member.address)
            except Exception:
                # It may refuse work already, so it cannot stay; what it still runs is sent elsewhere.
                is_retired = True
            if not is_retired:
                self._members.insert(place, member)
                await self._publish()
                return
        self._end(member)

    def _drop(self, member: _Member, why: str) -> None:
        _log.warning("sandbox %s %s", member.executor_id, why)
        self._members.remove(member)
        self._end(member)

    def _end(self, member: _Member) -> None:
        """Close it if it was ready, and kill it, without waiting for that here."""
        if member.start is not None:
            member.start.cancel()
            self._control.kill(member.address)
            return
        ending = asyncio.get_running_loop().create_task(self._ended(member.address))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _ended(self, address: Any) -> None:
        await self._control.close(address)
        self._control.kill(address)

    async def _publish(self) -> None:
        """Write the listing, as a new version if it changed, and read what the senders hold back."""
        executors = tuple(
            ListedExecutor(executor_id=m.executor_id, num_workers=self._config.num_workers, address=m.address)
            for m in self._members
            if m.start is None
        )
        # As long as one is starting there is hope.
        broken = "" if self._members else self._broken
        names = [e.executor_id for e in executors]
        if names != [e.executor_id for e in self._listing.executors] or broken != self._listing.broken:
            self._listing = SandboxListing(
                version=self._listing.version + 1, executors=executors, broken=broken
            )
        try:
            self._num_waiting = await self._control.publish(self._listing)
        except Exception:
            # Ray restarts it; the next tick writes it anew, and the senders go on with what they know.
            _log.warning("the sandbox directory is out of reach; trying again in %.0f s", self._tick_s)


async def _awaited(call: Awaitable[None]) -> None:
    await call
