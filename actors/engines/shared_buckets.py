"""The way of weight buckets from the rollout actor to vLLM's own processes, which cannot read the object store.

Each bucket is a file in shared memory while it is read, and the next one is written meanwhile: two of them at a time,
however large the model. Every copy is made in a thread, so that conversations go on.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

from actors.weights.buckets import Bucket

SHARED_MEMORY = Path("/dev/shm")


async def shared_buckets(
    buckets: Iterable[Bucket], version: int, folder: Path = SHARED_MEMORY
) -> AsyncGenerator[Path]:
    """The file of each bucket in turn, which is gone once the next is asked for. To be closed by `aclosing`.

    Args:
        buckets: read in a thread, so that they may be made or fetched on the way.
        version: for the files' names.
        folder: where the files lie.
    """
    source = enumerate(iter(buckets))

    def write_next() -> Path | None:
        found = next(source, None)
        if found is None:
            return None
        path = folder / f"r1ci-{os.getpid()}-{version}-{found[0]}.weights"
        try:
            with path.open("wb") as file:
                file.write(found[1].data)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    ahead = asyncio.ensure_future(asyncio.to_thread(write_next))
    try:
        while (path := await asyncio.shield(ahead)) is not None:
            ahead = asyncio.ensure_future(asyncio.to_thread(write_next))
            try:
                yield path
            finally:
                path.unlink(missing_ok=True)
    finally:
        # A thread cannot be stopped: what it was writing goes once it is done.
        with contextlib.suppress(Exception):
            left = await ahead
            if left is not None:
                left.unlink(missing_ok=True)
