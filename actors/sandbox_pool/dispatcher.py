"""Sends each script to the least loaded sandbox executor, and to another one if that fails. Knows no Ray.

Every sender (the driver, each rollout worker) has one of these, with its own view of who is busy.

    script -> a place? -> execute -> result
                |  ^         | lost, retired or `infrastructure`: another executor, same execution id
                v  |         v
              waiting <- look into the directory: at the first script, every second of work, and after each loss

* An executor is given its workers' number of scripts and as many in line: the rest waits here, where an executor that
  comes later finds it, and is reported to the directory as backlog.
* Only listed executors are given scripts, and only ready ones are listed.
* A script is given up, as `infrastructure`, after `max_attempts` failures of ours, or when nothing came back for
  `patience_s`. A refusal by an executor that is being retired is no failure: the script did not run.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from actors.errors import ExecutorLostError, ExecutorRetiredError, NoExecutorError
from actors.sandbox_pool.directory import ListedExecutor, SandboxListing
from sandbox_service import ExecutionRequest, ExecutionResult, SandboxUnavailableError, Termination
from sandbox_service.outcome import infrastructure_result

Execute = Callable[[Any, ExecutionRequest], Awaitable[ExecutionResult]]
"""Runs a script on the executor at an address. Raises `ExecutorLostError` or `ExecutorRetiredError`."""
Look = Callable[[int, int], Awaitable[SandboxListing | None]]
"""`SandboxDirectory.look` for this sender. May raise: the directory is then out of reach."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DispatchLimits:
    """How much is sent, and how long and how often things are tried."""

    per_worker: int = 2
    """Scripts sent to an executor per worker: one runs, one in line hides the way there and back."""
    look_s: float = 1.0
    """Between two looks into the directory."""
    avoid_s: float = 3.0
    """For which an executor that failed is passed over; Ray restarts an actor in as much."""
    patience_s: float = 1800.0
    """Without any result before scripts are given up; a new machine may take ten minutes."""
    max_attempts: int = 3
    """Failures of ours per script, over all executors."""
    asks_again: bool = False
    """Whether an executor that answered `infrastructure` is asked again once all have; for such as try only once."""
    max_waiting: int = 100_000
    """Scripts that may wait here."""


@dataclass(eq=False)
class _Route:
    """An executor as this sender sees it."""

    executor: ListedExecutor
    num_sent: int = 0
    avoided_until: float = 0.0

    @property
    def load(self) -> float:
        """Scripts sent and not back, per worker."""
        return self.num_sent / self.executor.num_workers


@dataclass(eq=False)
class _Waiter:
    """A script that waits for a place."""

    asked_at: float
    tried: set[str]
    place: "asyncio.Future[_Route]"


class SandboxDispatcher:
    """An `ExecuteFn` over executors that come and go. Lives in the event loop of its first call."""

    def __init__(
        self,
        execute: Execute,
        *,
        listing: SandboxListing | None = None,
        look: Look | None = None,
        limits: DispatchLimits | None = None,
    ) -> None:
        self._execute = execute
        self._look = look
        self._limits = limits or DispatchLimits()
        self._routes: dict[str, _Route] = {}
        self._version = -1
        self._broken = ""
        self._is_fresh = look is None
        """Whether the routes may be relied on: after a pause they are looked up first."""
        self._looked_at = 0.0
        self._is_reachable = True
        self._look_lock = asyncio.Lock()
        self._waiting: deque[_Waiter] = deque()
        self._num_out = 0
        self._moved_at = 0.0
        self._upkeep: asyncio.Task[None] | None = None
        if listing is not None:
            self._take(listing)

    @property
    def executors(self) -> tuple[ListedExecutor, ...]:
        """The executors that it knows at this moment."""
        return tuple(route.executor for route in self._routes.values())

    @property
    def num_waiting(self) -> int:
        """Scripts that it holds back until an executor has room."""
        return len(self._waiting)

    async def __call__(self, request: ExecutionRequest) -> ExecutionResult:
        """Run one script; `infrastructure` when it was given up.

        Raises:
            SandboxUnavailableError: no executor can work as configured.
        """
        asked_at = time.monotonic()
        waited_s = 0.0
        tried: set[str] = set()
        failures: list[str] = []
        while True:
            began = time.monotonic()
            try:
                route = await self._place(asked_at, tried)
            except NoExecutorError as error:
                return infrastructure_result(request, "; ".join([*failures, str(error)]), queue_s=waited_s)
            waited_s += time.monotonic() - began
            result = await self._attempt(route, request, failures)
            if result is not None and result.termination is not Termination.INFRASTRUCTURE:
                return result.model_copy(update={"queue_s": result.queue_s + waited_s})
            tried.add(route.executor.executor_id)
            # An executor that answers may have tried it on several of its workers; another machine may do better.
            has_another = result is None or self._limits.asks_again or not tried.issuperset(self._routes)
            if len(failures) >= self._limits.max_attempts or not has_another:
                return infrastructure_result(request, "; ".join(failures), queue_s=waited_s)

    async def close(self) -> None:
        """Stop looking into the directory."""
        if self._upkeep is not None:
            self._upkeep.cancel()
            await asyncio.gather(self._upkeep, return_exceptions=True)

    async def _attempt(
        self, route: _Route, request: ExecutionRequest, failures: list[str]
    ) -> ExecutionResult | None:
        """One executor's answer; None if it gave none."""
        name = route.executor.executor_id
        try:
            result = await self._execute(route.executor.address, request)
        except ExecutorRetiredError:
            # The script did not run: nothing to hold against it.
            failure = None
        except ExecutorLostError as error:
            failure = f"{name}: {error}"
        else:
            self._moved_at = time.monotonic()
            if result.termination is Termination.INFRASTRUCTURE:
                failures.append(f"{name}: {result.message}")
            return result
        finally:
            route.num_sent -= 1
            self._num_out -= 1
            self._hand_out()
        if failure is not None:
            failures.append(failure)
        route.avoided_until = time.monotonic() + self._limits.avoid_s
        await self._look_again()
        return None

    async def _place(self, asked_at: float, tried: set[str]) -> _Route:
        """A place on an executor, taken; in the order of asking."""
        if self._is_fresh and not self._waiting and (route := self._free(tried)) is not None:
            self._send(route)
            if self._look is not None:
                self._keep_up()
            return route
        if len(self._waiting) >= self._limits.max_waiting:
            raise NoExecutorError(f"{len(self._waiting)} scripts wait already: send fewer at a time")
        waiter = _Waiter(asked_at, tried, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._keep_up()
        try:
            return await waiter.place
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif not waiter.place.cancelled() and waiter.place.exception() is None:
                # The place came with the cancellation.
                waiter.place.result().num_sent -= 1
                self._num_out -= 1
                self._hand_out()
            raise

    def _free(self, tried: set[str]) -> _Route | None:
        """The executor with most room, one that has not failed this script first; of equals the oldest."""
        now = time.monotonic()
        room = self._limits.per_worker
        free = [r for r in self._routes.values() if r.load < room and r.avoided_until <= now]
        return min(free, key=lambda r: (r.executor.executor_id in tried, r.load), default=None)

    def _send(self, route: _Route) -> None:
        route.num_sent += 1
        self._num_out += 1

    def _hand_out(self) -> None:
        """Give free places to those who wait, the first come first."""
        while self._is_fresh and self._waiting:
            route = self._free(self._waiting[0].tried)
            if route is None:
                return
            waiter = self._waiting.popleft()
            if not waiter.place.done():
                self._send(route)
                waiter.place.set_result(route)

    def _keep_up(self) -> None:
        if self._upkeep is None or self._upkeep.done():
            self._upkeep = asyncio.get_running_loop().create_task(self._kept_up())

    async def _kept_up(self) -> None:
        """While there is work: look into the directory, hand out places, give up what hopes in vain."""
        self._moved_at = time.monotonic()
        try:
            while self._num_out or self._waiting:
                await self._look_again()
                self._hand_out()
                if time.monotonic() - self._moved_at > self._limits.patience_s:
                    self._give_up()
                await asyncio.sleep(self._limits.look_s)
        finally:
            self._is_fresh = self._look is None

    async def _look_again(self) -> None:
        if self._look is None:
            return
        asked_at = time.monotonic()
        async with self._look_lock:
            # Many may have asked at once, after a loss: one look serves them all.
            if self._looked_at >= asked_at:
                return
            began = time.monotonic()
            try:
                listing = await self._look(len(self._waiting), self._version)
                if listing is not None:
                    self._take(listing)
            except Exception as error:
                # Policy: the directory restarts and is written anew, and whatever else it is, what is known goes on
                # meanwhile; if nothing is known, what waits is given up after `patience_s`.
                self._note_unreachable(error)
            else:
                self._is_reachable = True
            self._looked_at = began
            self._is_fresh = True
            if self._broken:
                self._fail_waiting(lambda: SandboxUnavailableError(self._broken))
            self._hand_out()

    def _note_unreachable(self, error: Exception) -> None:
        """Say once per spell that the directory cannot be read, and why."""
        if self._is_reachable:
            _log.warning("the sandbox directory is out of reach (%s: %s)", type(error).__name__, error)
        self._is_reachable = False

    def _take(self, listing: SandboxListing) -> None:
        self._version = listing.version
        known = self._routes
        self._routes = {
            e.executor_id: known[e.executor_id] if e.executor_id in known else _Route(e)
            for e in listing.executors
        }
        self._broken = listing.broken

    def _give_up(self) -> None:
        limit = self._limits.patience_s
        now = time.monotonic()
        self._fail_waiting(
            lambda: NoExecutorError(
                f"{len(self._routes)} sandbox executors ran nothing for {limit:.0f} s: "
                "can the cluster add nodes for them?"
            ),
            [waiter for waiter in self._waiting if now - waiter.asked_at > limit],
        )

    def _fail_waiting(self, error: Callable[[], Exception], waiters: list[_Waiter] | None = None) -> None:
        for waiter in list(self._waiting) if waiters is None else waiters:
            self._waiting.remove(waiter)
            if not waiter.place.done():
                waiter.place.set_exception(error())
