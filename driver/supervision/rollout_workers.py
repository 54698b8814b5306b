"""The rollout workers: who rolls out which group, which policy each serves, what becomes of one that dies.

    group -> queue -> a worker with room that serves the newest policy -> reference of the finished group
               ^            | dies, hangs, or its engine does
               +------------+   first in the queue again, on a living worker

* A group is bound to a worker only when that worker has room, so a slow worker holds up no more than it has begun.
* The last attempt at a group that failed before has a worker to itself: what kills that one is to blame, and no other
  group is dropped for having been beside it.
* New weights go to every serving worker; one that dies or hangs meanwhile is lost and fails nothing.
* A lost worker is replaced in the background, as `RecoveryPolicy` allows; the new one serves once it has loaded the
  newest policy, however many were published while it started.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from actors.errors import ActorLostError, EngineError, GroupLostError, WeightSyncError
from actors.records import WeightManifest
from curriculum.task import Task
from driver.errors import RunAbortedError
from driver.recovery import (
    ActorLost,
    Decision,
    Drop,
    GroupLate,
    RecoveryPolicy,
    Replace,
    Retry,
    Stop,
    WorkFailed,
)
from driver.supervision.deadlines import Deadlines
from driver.supervision.places import Waiter, Worker
from driver.supervision.worker_control import WorkerControl

_ROLE = "rollout worker"
_log = logging.getLogger(__name__)


Load = Callable[[Any], Awaitable[float]]
"""Has the worker at an address serve one policy; seconds."""


class RolloutWorkers:
    """All rollout workers of a run as one. Lives in the event loop that called `start`."""

    def __init__(
        self,
        control: WorkerControl,
        count: int,
        *,
        capacity: int,
        group_size: int,
        policy: RecoveryPolicy,
        deadlines: Deadlines,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts nothing yet.

        Args:
            control: how to reach workers.
            count: how many there should be.
            capacity: rollouts that one holds at a time; a larger group goes to an idle worker.
            group_size: rollouts of a group that does not say.
            policy: what to do about faults.
            deadlines: how long calls may take.
            clock: seconds that never go back.
        """
        self._control = control
        self._count = count
        self._capacity = capacity
        self._group_size = group_size
        self._policy = policy
        self._deadlines = deadlines
        self._clock = clock
        self._workers: list[Worker] = []
        self._missing: list[int] = []
        self._waiting: deque[Waiter] = deque()
        self._load: Load | None = None
        self._num_handed_out = -1
        self._ever_served = False
        self._stop: Stop | None = None
        self._changed = asyncio.Event()
        self._hopeless = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()
        self._num_lost = 0

    def start(self) -> None:
        """Create the workers; groups wait until one is up."""
        for index in range(self._count):
            self._create(index)

    async def rollout_group(
        self,
        task: Task,
        group_id: str,
        *,
        size: int | None = None,
        temperatures: Sequence[float] = (),
        agent: str | None = None,
    ) -> Any:
        """Roll out a group wherever there is room; the reference of the finished `RolloutGroup`.

        Raises:
            GroupLostError: it was tried as often as `recovery.attempts` allows.
            RunAbortedError: no worker lives and none may be started.
        """
        options = {"size": size or self._group_size, "temperatures": temperatures, "agent": agent}
        num_attempts = 0
        while True:
            is_last = num_attempts > 0 and isinstance(self._failed(group_id, num_attempts + 1), Drop)
            worker = await self._place(size or self._group_size, is_first=num_attempts > 0, is_alone=is_last)
            try:
                return await self._rolled_out(worker, task, group_id, options)
            except (ActorLostError, EngineError, GroupLostError) as error:
                if not isinstance(error, GroupLostError):
                    self._lose(worker, error)
                num_attempts += 1
                if isinstance(self._failed(group_id, num_attempts), Drop):
                    raise GroupLostError(
                        f"group {group_id} failed {num_attempts} times, last: {error}"
                    ) from error
            finally:
                worker.num_rollouts -= size or self._group_size
                worker.is_reserved = False
                self._hand_out()

    async def load_weights(self, manifest: WeightManifest, buckets: Sequence[Any]) -> float:
        """Have every living worker serve a published policy; seconds of the slowest.

        Raises:
            RunAbortedError: no worker lives and none may be started.
        """
        return await self._serve(lambda address: self._control.load_weights(address, manifest, buckets))

    async def load_folder(self, folder: str, version: int) -> float:
        """Have every living worker serve the model saved in `folder` as `version`; see `load_weights`."""
        return await self._serve(lambda address: self._control.load_folder(address, folder, version))

    async def until_up(self) -> None:
        """Wait until every worker that was asked for is up, or lost."""
        starts = [worker.start for worker in self._workers if worker.start is not None]
        await asyncio.gather(*starts, return_exceptions=True)
        self._raise_if_stopped()

    async def sleep(self) -> None:
        """Have every serving worker's engine give its GPU memory back; its turns wait."""
        await self._have_each(self._control.sleep)

    async def wake(self) -> None:
        """Have every serving worker's engine take its memory again, and go on with its turns."""
        await self._have_each(self._control.wake)

    async def until_hopeless(self) -> None:
        """Wait until no worker lives and none may be started, which is then raised: for whoever works without them.

        Raises:
            RunAbortedError: says why the last one is gone.
        """
        await self._hopeless.wait()
        self._raise_if_stopped()

    def metrics(self) -> dict[str, float]:
        """Workers that serve, and workers lost so far."""
        serving = sum(worker.is_serving for worker in self._workers)
        return {"workers": float(serving), "workers_lost": float(self._num_lost)}

    async def close(self) -> None:
        """End every worker; must come before the actors are killed, or the engines' processes stay."""
        workers, self._workers = self._workers, []
        for worker in workers:
            if worker.start is not None:
                worker.start.cancel()
        for worker in [w for w in workers if w.address is not None]:
            self._in_background(self._control.end(worker.address))
        await asyncio.gather(*self._background, return_exceptions=True)

    async def _rolled_out(self, worker: Worker, task: Task, group_id: str, options: dict[str, Any]) -> Any:
        """One attempt on one worker, within its deadline and its worker's life."""
        began = self._clock()
        call = asyncio.ensure_future(self._control.rollout_group(worker.address, task, group_id, **options))
        try:
            await asyncio.wait(
                {call, worker.gone}, timeout=self._deadlines.group_s, return_when=asyncio.FIRST_COMPLETED
            )
            if call.done():
                reference = call.result()
                worker.answered_at = self._clock()
                self._fill_missing()
                return reference
            if worker.gone.done():
                raise ActorLostError(f"rollout worker {worker.index} was lost")
            late = f"group {group_id} was not done after {self._deadlines.group_s:.0f} s"
            if isinstance(self._policy.decide(GroupLate(worker.answered_at > began)), Replace):
                raise ActorLostError(
                    f"{late}, nor any other on rollout worker {worker.index}: recovery.token_s"
                )
            raise GroupLostError(f"{late} (recovery.token_s and recovery.script_wait_s)")
        finally:
            call.cancel()

    def _failed(self, group_id: str, num_attempts: int) -> Decision:
        return self._policy.decide(WorkFailed(f"group {group_id}", num_attempts))

    async def _place(self, size: int, *, is_first: bool, is_alone: bool) -> Worker:
        """A worker with room, taken; in the order of asking, but for what is tried again."""
        self._raise_if_stopped()
        waiter = Waiter(size, is_alone)
        (self._waiting.appendleft if is_first else self._waiting.append)(waiter)
        self._hand_out()
        try:
            return await waiter.place
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif waiter.place.done() and not waiter.place.cancelled() and waiter.place.exception() is None:
                # The place came with the cancellation.
                waiter.place.result().num_rollouts -= size
                waiter.place.result().is_reserved = False
                self._hand_out()
            raise

    def _hand_out(self) -> None:
        """Give room to the groups that wait, the first come first."""
        while self._waiting:
            first = self._waiting[0]
            free = [worker for worker in self._workers if self._has_room(worker, first)]
            if not free:
                return
            self._waiting.popleft()
            if not first.place.done():
                worker = min(free, key=lambda w: w.num_rollouts)
                worker.num_rollouts += first.size
                worker.is_reserved = first.is_alone
                first.place.set_result(worker)

    def _has_room(self, worker: Worker, waiter: Waiter) -> bool:
        if not worker.is_serving or worker.is_reserved:
            return False
        if not worker.num_rollouts:
            return True
        return not waiter.is_alone and worker.num_rollouts + waiter.size <= self._capacity

    async def _serve(self, load: Load) -> float:
        """Hand out a policy; returns once every living worker serves it, and one at least does."""
        self._raise_if_stopped()
        self._fill_missing()
        self._load = load
        self._num_handed_out += 1
        serving = [worker for worker in self._workers if worker.is_serving]
        seconds = await asyncio.gather(*[self._update(worker) for worker in serving])
        while not any(worker.is_serving for worker in self._workers):
            self._raise_if_stopped()
            self._changed.clear()
            await self._changed.wait()
        return max(seconds, default=0.0)

    async def _update(self, worker: Worker) -> float:
        """Load the newest policy into a serving worker, or lose it; never raises for what the worker does."""
        try:
            return await self._load_newest(worker)
        except Exception as error:
            # Policy: whatever it was, the others go on, and another one may do better.
            self._lose(worker, error)
            return 0.0

    async def _have_each(self, do: Callable[[Any], Awaitable[None]]) -> None:
        """Have every serving worker do something; one that does not is lost and fails nothing."""

        async def one(worker: Worker) -> None:
            try:
                await self._alive(worker, do(worker.address), self._deadlines.load_s, "recovery.load_s")
            except Exception as error:
                # Policy: as for a load of weights.
                self._lose(worker, error)

        await asyncio.gather(*[one(worker) for worker in self._workers if worker.is_serving])

    async def _load_newest(self, worker: Worker) -> float:
        """Load until the worker has what was handed out last; seconds of that."""
        seconds, num_attempts = 0.0, 0
        while worker.num_served != self._num_handed_out and self._load is not None:
            number, load = self._num_handed_out, self._load
            try:
                seconds = await self._alive(
                    worker, load(worker.address), self._deadlines.load_s, "recovery.load_s"
                )
            except WeightSyncError as error:
                num_attempts += 1
                status = WorkFailed(f"load of weights into rollout worker {worker.index}", num_attempts)
                if not isinstance(self._policy.decide(status), Retry):
                    raise
                _log.warning("rollout worker %d: %s; trying again", worker.index, error)
            else:
                worker.num_served = number
        return seconds

    async def _alive(self, worker: Worker, call: Awaitable[Any], limit_s: float, key: str) -> Any:
        """Await a call to a worker, for as long as it may take and the worker is not given up."""
        running = asyncio.ensure_future(call)
        try:
            await asyncio.wait({running, worker.gone}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                return running.result()
            if worker.gone.done():
                raise ActorLostError(f"rollout worker {worker.index} was lost")
            raise ActorLostError(f"rollout worker {worker.index} gave no answer within {key}={limit_s:.0f} s")
        finally:
            running.cancel()

    def _create(self, index: int, after: "asyncio.Task[None] | None" = None) -> None:
        worker = Worker(index, asyncio.get_running_loop().create_future())
        self._workers.append(worker)
        worker.start = self._in_background(self._brought_up(worker, after))

    async def _brought_up(self, worker: Worker, after: "asyncio.Task[None] | None") -> None:
        """Create a worker, wait for its engine, give it the newest policy, and have it serve."""
        if after is not None:
            # What is left of the dead one's processes goes first: its memory is needed.
            await asyncio.wait({after})
        try:
            worker.address = self._control.create(worker.index)
            await self._alive(
                worker, self._control.ready(worker.address), self._deadlines.start_s, "recovery.start_s"
            )
            await self._load_newest(worker)
        except Exception as error:
            # Policy: whatever it was, another one may come up on a better machine.
            self._lose(worker, error)
            return
        worker.is_serving = self._ever_served = True
        self._fill_missing()
        self._hand_out()
        self._changed.set()

    def _lose(self, worker: Worker, error: Exception) -> None:
        """Let go of a worker, its groups included, and ask for another."""
        if worker not in self._workers:
            return
        why = f"{type(error).__name__}: {error}"
        _log.warning("rollout worker %d is lost (%s)", worker.index, why)
        self._workers.remove(worker)
        self._num_lost += 1
        worker.is_serving = False
        worker.gone.set_result(None)
        ending = None
        if worker.address is not None:
            ending = self._in_background(self._control.end(worker.address))
        self._replace(worker.index, why, ending)

    def _replace(self, index: int, why: str, ending: "asyncio.Task[None] | None" = None) -> None:
        status = ActorLost(_ROLE, self._clock(), len(self._workers), self._ever_served, why)
        decision = self._policy.decide(status)
        if isinstance(decision, Replace):
            self._create(index, ending)
        elif isinstance(decision, Stop):
            self._end_all_hope(decision)
        else:
            self._missing.append(index)

    def _fill_missing(self) -> None:
        """Ask again for workers that the budget did not allow."""
        missing, self._missing = self._missing, []
        for index in missing:
            self._replace(index, "none was left to replace it")

    def _end_all_hope(self, stop: Stop) -> None:
        self._stop = stop
        self._hopeless.set()
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.place.done():
                waiter.place.set_exception(RunAbortedError(stop.why))
        self._changed.set()

    def _raise_if_stopped(self) -> None:
        if self._stop is not None:
            raise RunAbortedError(self._stop.why)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task
