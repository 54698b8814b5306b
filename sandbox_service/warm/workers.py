"""Keeps the lanes of a pool: as many run at once as there are slots, and each slot finds a lane of every profile.

A lane is started when a slot needs one of its profile and none is idle, so that lost lanes cost nothing until they
are missed. Starts that fail follow each other ever more slowly.
"""

import asyncio
from collections import OrderedDict
from dataclasses import replace

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import LaneLostError
from sandbox_service.isolation import lane_spec
from sandbox_service.warm.worker_client import LaneClient

_LANES_PER_SLOT = 2
"""More lanes than this are not kept warm: the one that was idle for longest is ended."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


class LaneRoster:
    """All lanes of a pool. A lane is either idle here or with whoever took it."""

    def __init__(
        self,
        config: SandboxConfig,
        layers: tuple[str, ...],
        folder: str,
        *,
        num_slots: int,
        name: str = "worker",
    ) -> None:
        self._config = config
        self._layers = layers
        self._folder = folder
        self._num_slots = num_slots
        self._name = name
        self._slots = asyncio.Semaphore(num_slots)
        self._lanes: set[LaneClient] = set()
        self._idle: OrderedDict[LaneClient, None] = OrderedDict()
        self._starting: set[asyncio.Task[LaneClient]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._num_made = 0
        self._num_failed_starts = 0
        self._is_closed = False
        self.num_taken = 0
        """Slots in use."""
        self.num_lost = 0
        """Lanes that died or broke their promises."""

    @property
    def num_free(self) -> int:
        """Slots in which a script could be run at once."""
        return self._num_slots - self.num_taken

    async def start(self, profile: str) -> None:
        """Warm up one lane per slot. Raises LaneLostError if one does not start."""
        lanes = [self._new_lane(profile) for _ in range(self._num_slots)]
        started = await asyncio.gather(*(lane.start() for lane in lanes), return_exceptions=True)
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure
        self._idle.update(dict.fromkeys(lanes))

    async def slot(self) -> None:
        """Wait for the right to take one lane."""
        await self._slots.acquire()
        self.num_taken += 1

    def free_slot(self) -> None:
        """Give that right back without a lane."""
        self.num_taken -= 1
        self._slots.release()

    async def lane(self, profile: str) -> LaneClient:
        """A lane for a slot that was taken: an idle one of this profile, else a new one. Raises LaneLostError."""
        for lane in self._idle:
            if lane.profile == profile:
                del self._idle[lane]
                return lane
        starting = asyncio.create_task(self._started(profile))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Whoever waited is gone. The next one who needs this profile will be glad of the lane.
            starting.add_done_callback(self._keep_for_later)
            raise

    def give_back(self, lane: LaneClient) -> None:
        """Take a lane back with its slot; one that was lost is ended."""
        if lane.lost.is_set():
            self._bury(lane)
        else:
            self._idle[lane] = None
        self.free_slot()

    async def close(self) -> None:
        """End every lane with all that it runs."""
        # First, or each closing lane would be taken for a lost one.
        self._is_closed = True
        for starting in self._starting:
            starting.cancel()
        await asyncio.gather(*self._starting, *self._ending, return_exceptions=True)
        await asyncio.gather(*(lane.close() for lane in self._lanes))
        self._lanes.clear()
        self._idle.clear()

    def _new_lane(self, profile: str) -> LaneClient:
        name = f"{self._name}-{self._num_made}"
        self._num_made += 1
        spec = lane_spec(self._config, self._layers, f"{self._folder}/{name}")
        spec = replace(spec, preload=self._config.modules_for(profile))
        lane = LaneClient(name, self._config, spec, profile=profile, on_lost=self._on_lost)
        self._lanes.add(lane)
        return lane

    async def _started(self, profile: str) -> LaneClient:
        if self._num_failed_starts:
            pause_s = _FIRST_PAUSE_S * 2.0 ** (self._num_failed_starts - 1)
            await asyncio.sleep(min(_LONGEST_PAUSE_S, pause_s))
        if len(self._lanes) >= _LANES_PER_SLOT * self._num_slots and self._idle:
            oldest, _ = self._idle.popitem(last=False)
            self._end(oldest)
        lane = self._new_lane(profile)
        try:
            await lane.start()
        except LaneLostError:
            self._lanes.discard(lane)
            self._num_failed_starts += 1
            raise
        self._num_failed_starts = 0
        return lane

    def _keep_for_later(self, starting: "asyncio.Task[LaneClient]") -> None:
        if not starting.cancelled() and starting.exception() is None:
            self._idle[starting.result()] = None

    def _on_lost(self, lane: LaneClient) -> None:
        # A lane that someone has taken is dealt with when it comes back.
        if lane in self._idle:
            del self._idle[lane]
            self._bury(lane)

    def _bury(self, lane: LaneClient) -> None:
        if not self._is_closed:
            self.num_lost += 1
            self._end(lane)

    def _end(self, lane: LaneClient) -> None:
        task = asyncio.get_running_loop().create_task(self._ended(lane))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _ended(self, lane: LaneClient) -> None:
        await lane.close()
        self._lanes.discard(lane)
