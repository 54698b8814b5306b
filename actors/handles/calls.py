"""What every handle needs to call an actor: our own errors back, a limit on the time, totals over several actors.

A Ray error does not mean that a call was not executed, so what is retried carries an id that makes a repeat harmless:
`execution_id` for scripts, `group_id` for rollouts. Tokens and weights stay in the object store: groups and buckets are
handed on as references, and the driver sees their numbers only.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from ray.exceptions import RayError, RayTaskError

from actors.errors import ActorError
from actors.records import ScoredGroup

Handle = Any
"""A Ray actor handle."""
Reference = Any
"""A Ray object reference."""

CLOSE_S = 20.0
"""Longest that an actor may take to end what it started."""


async def settled(call: Awaitable[Any]) -> None:
    """Await a call, however it ends."""
    await asyncio.gather(call, return_exceptions=True)


async def in_time(call: Awaitable[Any], limit_s: float, lost: type[ActorError]) -> Any:
    """Await a call; one that takes longer is lost too."""
    try:
        return await own_errors(asyncio.wait_for(call, limit_s), lost)
    except TimeoutError as error:
        raise lost(f"no answer within {limit_s:.0f} s: see the actor's node in the dashboard") from error


async def own_errors(call: Awaitable[Any], unknown: type[ActorError]) -> Any:
    """Await a call; our own errors come back as they were raised, a lost actor as one of ours."""
    try:
        return await call
    except RayTaskError as error:
        cause = error.cause
        if isinstance(cause, Exception):
            raise cause from error
        raise
    except RayError as error:
        raise unknown(
            f"an actor was lost during a call ({type(error).__name__}: {error}): see the dashboard"
        ) from error


def added(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Several actors' numbers, added up by name."""
    keys = {key for row in rows for key in row}
    return {key: sum(row.get(key, 0.0) for row in rows) for key in sorted(keys)}


async def fetched(references: Sequence[Reference]) -> list[ScoredGroup]:
    """The groups themselves, for writing them down."""
    return list(await asyncio.gather(*references))
