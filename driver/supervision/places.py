"""What `RolloutWorkers` keeps of each worker, and of each group that waits for one."""

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Worker:
    """One rollout worker from its creation to its loss."""

    index: int
    gone: "asyncio.Future[None]"
    """Done once it is lost: whoever waits for it need not."""
    address: Any = None
    num_served: int = -1
    """Which of the policies handed out it has; -1 for none of them."""
    is_serving: bool = False
    num_rollouts: int = 0
    is_reserved: bool = False
    """Whether the group that it has is to be alone with it."""
    answered_at: float = 0.0
    start: "asyncio.Task[None] | None" = None


@dataclass(eq=False)
class Waiter:
    """A group that waits for room."""

    size: int
    is_alone: bool
    """Whether it is to have a worker to itself."""
    place: "asyncio.Future[Worker]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
