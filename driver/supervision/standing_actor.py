"""One actor that a run cannot do without: made anew when it dies or hangs, and the call that failed made again."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from actors.errors import ActorLostError
from driver.errors import RunAbortedError
from driver.recovery import ActorLost, RecoveryPolicy, Replace, Retry, Stop, WorkFailed

Actor = TypeVar("Actor")
Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


class ActorControl(Protocol[Actor]):
    """How one kind of actor is made and ended."""

    def create(self) -> Actor:
        """Ask for an actor; its handle, at once."""
        ...

    async def end(self, actor: Actor) -> None:
        """End what it started and itself; returns in any case."""


class StandingActor(Generic[Actor]):
    """The actor of today, and what to do when it is lost.

    Example: `scorer = StandingActor("scorer", control, policy, start_s=1800)`, then
    `await scorer.call(lambda actor: actor.score(group), 30.0)`.
    """

    def __init__(
        self,
        role: str,
        control: ActorControl[Actor],
        policy: RecoveryPolicy,
        *,
        start_s: float,
        restore: Callable[[Actor], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Creates the first actor.

        Args:
            role: its name in messages and in the hour's budget.
            control: how to make and end one.
            policy: what to do about faults.
            start_s: longest that the first answer of a new actor may take beyond its call's own limit.
            restore: brings a new actor to where the lost one was.
            clock: seconds that never go back.
        """
        self._role = role
        self._control = control
        self._policy = policy
        self._start_s = start_s
        self._restore = restore
        self._clock = clock
        self._replacing = asyncio.Lock()
        self._endings: set[asyncio.Task[None]] = set()
        self._has_answered = False
        self._ever_answered = False
        self._actor = control.create()
        self.num_lost = 0

    async def call(self, do: Callable[[Actor], Awaitable[Answer]], limit_s: float) -> Answer:
        """Have the actor do something within `limit_s`; tried again on another one if it is lost.

        Raises:
            ActorLostError: as often as it was tried, no actor did it.
            RunAbortedError: none may be started any more.
        """
        num_attempts = 0
        while True:
            actor = self._actor
            try:
                return await self._answer(actor, do, limit_s)
            except ActorLostError as error:
                num_attempts += 1
                await self._replace(actor, error)
                if not isinstance(self._policy.decide(WorkFailed(self._role, num_attempts)), Retry):
                    raise

    async def close(self) -> None:
        """End it."""
        await asyncio.gather(self._control.end(self._actor), *self._endings, return_exceptions=True)

    async def _answer(self, actor: Actor, do: Callable[[Actor], Awaitable[Answer]], limit_s: float) -> Answer:
        # Until it has answered once, it may still wait for its node.
        limit_s += 0.0 if self._has_answered else self._start_s
        try:
            # Not wait_for, which in Python 3.11 swallows a cancellation that comes with the answer.
            async with asyncio.timeout(limit_s):
                answer = await do(actor)
        except TimeoutError as error:
            raise ActorLostError(f"the {self._role} gave no answer within {limit_s:.0f} s") from error
        self._has_answered = self._ever_answered = True
        return answer

    async def _replace(self, lost: Actor, error: Exception) -> None:
        """Put another actor in the place of `lost`, unless someone did so already."""
        async with self._replacing:
            while self._actor is lost:
                why = f"{type(error).__name__}: {error}"
                _log.warning("the %s is lost (%s)", self._role, why)
                self.num_lost += 1
                decision = self._policy.decide(
                    ActorLost(self._role, self._clock(), ever_served=self._ever_answered, why=why)
                )
                if not isinstance(decision, Replace):
                    assert isinstance(decision, Stop), "nothing else can do the work of the only one"
                    raise RunAbortedError(decision.why) from error
                self._end(lost)
                actor, self._has_answered = self._control.create(), False
                try:
                    if self._restore is not None:
                        await self._answer(actor, self._restore, 0.0)
                except ActorLostError as again:
                    self._end(actor)
                    error = again
                    continue
                self._actor = actor

    def _end(self, actor: Actor) -> None:
        ending = asyncio.get_running_loop().create_task(self._control.end(actor))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
