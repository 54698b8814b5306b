"""Keeps the workers of a pool: as many run at once as there are places, and each finds one of every profile.

A worker is started when a place needs one of its profile and none is idle, so that lost ones cost nothing until
they are missed. Starts that fail follow each other ever more slowly.
"""

import asyncio
from collections import OrderedDict
from dataclasses import replace

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import WorkerLostError
from sandbox_service.isolation import worker_spec
from sandbox_service.warm.worker_client import WorkerClient

_WORKERS_PER_PLACE = 2
"""More workers than this are not kept warm: the one that was idle for longest is ended."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


class Workers:
    """All workers of a pool. A worker is either idle here or with whoever took it."""

    def __init__(
        self,
        config: SandboxConfig,
        layers: tuple[str, ...],
        folder: str,
        *,
        num_places: int,
        name: str = "worker",
    ) -> None:
        self._config = config
        self._layers = layers
        self._folder = folder
        self._num_places = num_places
        self._name = name
        self._places = asyncio.Semaphore(num_places)
        self._workers: set[WorkerClient] = set()
        self._idle: OrderedDict[WorkerClient, None] = OrderedDict()
        self._starting: set[asyncio.Task[WorkerClient]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._num_made = 0
        self._num_failed_starts = 0
        self._is_closed = False
        self.num_taken = 0
        """Places in use."""
        self.num_lost = 0
        """Workers that died or broke their promises."""

    @property
    def num_free(self) -> int:
        """Places in which a script could be run at once."""
        return self._num_places - self.num_taken

    async def start(self, profile: str) -> None:
        """Warm up one worker per place. Raises WorkerLostError if one does not start."""
        workers = [self._new_worker(profile) for _ in range(self._num_places)]
        started = await asyncio.gather(*(worker.start() for worker in workers), return_exceptions=True)
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure
        self._idle.update(dict.fromkeys(workers))

    async def wait_for_place(self) -> None:
        """Wait for the right to take one worker."""
        await self._places.acquire()
        self.num_taken += 1

    def free_place(self) -> None:
        """Give that right back without a worker."""
        self.num_taken -= 1
        self._places.release()

    async def in_place(self, profile: str) -> WorkerClient:
        """A worker for a place that was taken: an idle one of this profile, else a new one. Raises WorkerLostError."""
        for worker in self._idle:
            if worker.profile == profile:
                del self._idle[worker]
                return worker
        starting = asyncio.create_task(self._started(profile))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Whoever waited is gone. The next one who needs this profile will be glad of the worker.
            starting.add_done_callback(self._keep_for_later)
            raise

    def give_back(self, worker: WorkerClient) -> None:
        """Take a worker back with its place; one that was lost is ended."""
        if worker.lost.is_set():
            self._bury(worker)
        else:
            self._idle[worker] = None
        self.free_place()

    async def close(self) -> None:
        """End every worker with all that it runs."""
        # First, or each closing worker would be taken for a lost one.
        self._is_closed = True
        for starting in self._starting:
            starting.cancel()
        await asyncio.gather(*self._starting, *self._ending, return_exceptions=True)
        await asyncio.gather(*(worker.close() for worker in self._workers))
        self._workers.clear()
        self._idle.clear()

    def _new_worker(self, profile: str) -> WorkerClient:
        name = f"{self._name}-{self._num_made}"
        self._num_made += 1
        spec = worker_spec(self._config, self._layers, f"{self._folder}/{name}")
        spec = replace(spec, preload=self._config.modules_for(profile))
        worker = WorkerClient(name, self._config, spec, profile=profile, on_lost=self._on_lost)
        self._workers.add(worker)
        return worker

    async def _started(self, profile: str) -> WorkerClient:
        if self._num_failed_starts:
            pause_s = _FIRST_PAUSE_S * 2.0 ** (self._num_failed_starts - 1)
            await asyncio.sleep(min(_LONGEST_PAUSE_S, pause_s))
        if len(self._workers) >= _WORKERS_PER_PLACE * self._num_places and self._idle:
            oldest, _ = self._idle.popitem(last=False)
            self._end(oldest)
        worker = self._new_worker(profile)
        try:
            await worker.start()
        except WorkerLostError:
            self._workers.discard(worker)
            self._num_failed_starts += 1
            raise
        self._num_failed_starts = 0
        return worker

    def _keep_for_later(self, starting: "asyncio.Task[WorkerClient]") -> None:
        if not starting.cancelled() and starting.exception() is None:
            self._idle[starting.result()] = None

    def _on_lost(self, worker: WorkerClient) -> None:
        # A worker that someone has taken is dealt with when it comes back.
        if worker in self._idle:
            del self._idle[worker]
            self._bury(worker)

    def _bury(self, worker: WorkerClient) -> None:
        if not self._is_closed:
            self.num_lost += 1
            self._end(worker)

    def _end(self, worker: WorkerClient) -> None:
        task = asyncio.get_running_loop().create_task(self._ended(worker))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _ended(self, worker: WorkerClient) -> None:
        await worker.close()
        self._workers.discard(worker)
