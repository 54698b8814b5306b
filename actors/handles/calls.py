"""What every handle needs to call an actor: our own errors back, a limit on the time, totals over several actors.

A Ray error does not mean that a call was not executed, so what is retried carries an id that makes a repeat harmless:
`execution_id` for scripts, `group_id` for rollouts. Tokens and weights stay in the object store: groups and buckets are
handed on as references, and the driver sees their numbers only.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from ray.exceptions import ObjectLostError, RayError, RayTaskError

from actors.errors import ActorError, RecordLostError
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


async def in_time(call: Awaitable[Any], limit_s: float, lost: type[ActorError], key: str = "") -> Any:
    """Await a call; one that takes longer is lost too. `key` of the config is the one that allows more."""
    try:
        async with asyncio.timeout(limit_s):
            return await own_errors(call, lost)
    except TimeoutError as error:
        cure = f", or raise {key}" if key else ""
        raise lost(f"no answer within {limit_s:g} s: see the actor's node in the dashboard{cure}") from error


async def own_errors(call: Awaitable[Any], unknown: type[ActorError]) -> Any:
    """Await a call; our own errors come back as they were raised, a lost actor as one of ours."""
    try:
        return await call
    except RayTaskError as error:
        cause = error.cause
        if isinstance(cause, Exception):
            raise cause from error
        raise
    except ObjectLostError as error:
        raise RecordLostError(f"a record that a call needed is lost ({error}): did its node go?") from error
    except RayError as error:
        raise unknown(
            f"an actor was lost during a call ({type(error).__name__}: {error}): see the dashboard"
        ) from error


async def fetched(references: Sequence[Reference], limit_s: float) -> list[ScoredGroup]:
    """The groups themselves, for writing them down.

    Raises:
        RecordLostError: one is gone with its node, or did not come within `limit_s`.
    """
    return list(
        await asyncio.gather(*[in_time(reference, limit_s, RecordLostError) for reference in references])
    )
