"""How large the sandbox pool should be: its load in, one decision out. No Ray, no clock, no I/O.

Ray's autoscaler follows actors that wait for a node; it does not see scripts that wait for an actor. So the pool turns
backlog into actors: each that finds no room brings a node, and a node without actors goes.

Why it does not swing: it grows only by a backlog that lasts, counts executors that are still starting, and asks for no
more than the backlog fills. It retires only after a whole `idle_s` without any backlog, and only an executor that had
nothing to do for as long, so what goes carried no load.
"""

import math
from dataclasses import dataclass

from pydantic import Field, model_validator

from actors.frozen import Frozen, Settings

SUSTAINED_S = 2.0
"""A backlog that is gone sooner than this needs no machine."""


class ScalingConfig(Settings):
    """Bounds of the pool and what moves it between them.

    Example: `ScalingConfig(min_executors=2, max_executors=16, num_workers=32)`.
    """

    min_executors: int = Field(ge=0)
    """Never fewer, starting ones included."""
    max_executors: int = Field(ge=1)
    """Never more, starting ones included."""
    num_workers: int = Field(ge=1)
    """Scripts that one executor runs at a time."""
    scale_up_backlog: float = Field(default=2.0, gt=0)
    """Waiting scripts per worker above which the pool grows."""
    idle_s: float = Field(default=60.0, gt=0)
    """Seconds without work after which an executor is retired."""

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "ScalingConfig":
        if self.max_executors < self.min_executors:
            raise ValueError(
                f"max_executors={self.max_executors} is below min_executors={self.min_executors}: raise the first"
            )
        return self


class ExecutorLoad(Frozen):
    """What one executor has to do; it counts this itself.

    Example: `ExecutorLoad(num_running=2, num_queued=5, idle_s=0.0)`.
    """

    num_running: int = 0
    """Scripts that its workers run at this moment."""
    num_queued: int = 0
    """Scripts that wait in it for a worker."""
    idle_s: float = 0.0
    """Seconds since it last had any."""

    @property
    def is_busy(self) -> bool:
        """Whether it has work."""
        return self.num_running + self.num_queued > 0


@dataclass(frozen=True)
class ExecutorStatus:
    """One executor as the policy sees it."""

    executor_id: str
    is_ready: bool
    """False while it waits for a node or warms up."""
    load: ExecutorLoad
    """Of one that is starting: without work, idle since it was asked for."""


@dataclass(frozen=True)
class PoolStatus:
    """The whole pool at one moment."""

    time: float
    """Seconds on a clock that never goes back."""
    executors: tuple[ExecutorStatus, ...]
    """In the order in which they were made."""
    num_waiting: int = 0
    """Scripts that their senders hold back until an executor has room."""

    @property
    def backlog(self) -> int:
        """Scripts that no worker runs yet."""
        return self.num_waiting + sum(e.load.num_queued for e in self.executors)

    @property
    def num_running(self) -> int:
        """Scripts that a worker runs."""
        return sum(e.load.num_running for e in self.executors)


@dataclass(frozen=True)
class Grow:
    """Ask for `count` more executors."""

    count: int


@dataclass(frozen=True)
class Retire:
    """End this executor: it was idle for long enough."""

    executor_id: str


@dataclass(frozen=True)
class Hold:
    """Leave the pool as it is."""


Decision = Grow | Retire | Hold


class _Stretch:
    """For how long a condition has held without a break."""

    def __init__(self) -> None:
        self._since: float | None = None

    def lasts(self, holds: bool, now: float) -> float:
        if not holds:
            self._since = None
            return 0.0
        self._since = now if self._since is None else self._since
        return now - self._since


class ScalingPolicy:
    """Decides by the load of now and by how long it has been so."""

    def __init__(self, config: ScalingConfig) -> None:
        self._config = config
        self._over = _Stretch()
        self._quiet = _Stretch()

    def decide(self, status: PoolStatus) -> Decision:
        """What to do about `status`; to be asked again and again, with times that never go back."""
        config, count = self._config, len(status.executors)
        fills = math.ceil(status.backlog / (config.scale_up_backlog * config.num_workers))
        # A low threshold must not ask for more workers than there are scripts.
        of_use = math.ceil((status.num_running + status.backlog) / config.num_workers)
        wanted = min(config.max_executors, fills, of_use)
        over_s = self._over.lasts(wanted > count, status.time)
        quiet_s = self._quiet.lasts(status.backlog == 0, status.time)
        if count < config.min_executors:
            return Grow(config.min_executors - count)
        if wanted > count and over_s >= SUSTAINED_S:
            return Grow(wanted - count)
        if count > config.min_executors and quiet_s >= config.idle_s:
            return self._retirement(status)
        return Hold()

    def _retirement(self, status: PoolStatus) -> Retire | Hold:
        idle = [e for e in status.executors if not e.load.is_busy and e.load.idle_s >= self._config.idle_s]
        if not idle:
            return Hold()
        # One that is still starting serves nobody; of the others the longest idle, and of equals the newest.
        chosen = max(enumerate(idle), key=lambda p: (not p[1].is_ready, p[1].load.idle_s, p[0]))[1]
        return Retire(chosen.executor_id)
