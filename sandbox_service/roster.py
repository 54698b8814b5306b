"""Keeps the pool's lanes: hands out idle ones, replaces dead ones, ends all of them."""

import asyncio

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import LaneLostError
from sandbox_service.isolation import lane_spec
from sandbox_service.lane_client import LaneClient

_START_ATTEMPTS = 3
_PAUSE_BETWEEN_STARTS_S = 0.2


class LaneRoster:
    """All lanes of a pool. A lane is either idle here or with whoever took it."""

    def __init__(self, config: SandboxConfig, layers: tuple[str, ...], folder: str) -> None:
        self._config = config
        self._layers = layers
        self._folder = folder
        self._lanes: set[LaneClient] = set()
        self._idle: set[LaneClient] = set()
        self._in_line: asyncio.Queue[LaneClient] = asyncio.Queue()
        self._replacements: set[asyncio.Task[None]] = set()
        self._num_made = 0
        self._is_closed = False
        self.num_restarts = 0
        """Lanes that were replaced."""

    @property
    def num_idle(self) -> int:
        """Lanes ready to run a script."""
        return sum(not lane.lost.is_set() for lane in self._idle)

    async def start(self) -> None:
        """Warm up all lanes. Raises LaneLostError if one does not start."""
        lanes = [self._new_lane() for _ in range(self._config.num_workers)]
        started = await asyncio.gather(*(lane.start() for lane in lanes), return_exceptions=True)
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure
        for lane in lanes:
            self._offer(lane)

    async def take(self) -> LaneClient:
        """An idle lane, once there is one."""
        while True:
            lane = await self._in_line.get()
            # One that died in line was replaced and is no longer idle.
            if lane in self._idle:
                self._idle.remove(lane)
                return lane

    def give_back(self, lane: LaneClient) -> None:
        """Take a lane back, or start its successor if it was lost."""
        if lane.lost.is_set():
            self._replace(lane)
        else:
            self._offer(lane)

    async def close(self) -> None:
        """End every lane with all that it runs."""
        # First, or each closing lane would be taken for a lost one and replaced.
        self._is_closed = True
        for task in self._replacements:
            task.cancel()
        await asyncio.gather(*self._replacements, return_exceptions=True)
        await asyncio.gather(*(lane.close() for lane in self._lanes))
        self._lanes.clear()

    def _new_lane(self) -> LaneClient:
        name = f"worker-{self._num_made}"
        self._num_made += 1
        spec = lane_spec(self._config, self._layers, f"{self._folder}/{name}")
        lane = LaneClient(name, self._config, spec, on_lost=self._on_lost)
        self._lanes.add(lane)
        return lane

    def _offer(self, lane: LaneClient) -> None:
        self._idle.add(lane)
        self._in_line.put_nowait(lane)

    def _on_lost(self, lane: LaneClient) -> None:
        # A lane that someone has taken is dealt with when it comes back.
        if lane in self._idle:
            self._idle.remove(lane)
            self._replace(lane)

    def _replace(self, lane: LaneClient) -> None:
        if self._is_closed:
            return
        task = asyncio.get_running_loop().create_task(self._succeed(lane))
        self._replacements.add(task)
        task.add_done_callback(self._replacements.discard)

    async def _succeed(self, lane: LaneClient) -> None:
        await lane.close()
        self._lanes.discard(lane)
        self.num_restarts += 1
        for attempt in range(_START_ATTEMPTS):
            successor = self._new_lane()
            try:
                await successor.start()
                break
            except LaneLostError:
                # The last one is offered dead: who takes it fails instead of waiting for ever.
                if attempt < _START_ATTEMPTS - 1:
                    self._lanes.discard(successor)
                    await asyncio.sleep(_PAUSE_BETWEEN_STARTS_S)
        self._offer(successor)
