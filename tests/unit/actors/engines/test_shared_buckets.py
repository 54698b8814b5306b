"""Weights on their way to vLLM's processes, without vLLM."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from actors.engines.shared_buckets import shared_buckets
from actors.engines.vllm_engine import bucket_places
from actors.weights.buckets import Bucket, manifest_of
from actors.weights.plan import bucket_plan


def _bucket(number: int) -> Bucket:
    return np.full(1000, number, dtype=np.uint8)


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_two_buckets_lie_in_memory_at_a_time_and_none_afterwards(tmp_path: Path) -> None:
    found, most = [], 0
    async with contextlib.aclosing(shared_buckets(map(_bucket, range(6)), 3, tmp_path)) as paths:
        async for path in paths:
            # However far the writer is ahead by now.
            await asyncio.sleep(0.01)
            most = max(most, len(_left(tmp_path)))
            found.append(path.read_bytes())
    assert found == [bytes([number]) * 1000 for number in range(6)]
    assert most == 2
    assert _left(tmp_path) == []


async def test_the_event_loop_is_free_while_a_bucket_is_made(tmp_path: Path) -> None:
    done = threading.Event()

    def slow() -> Iterator[Bucket]:
        assert done.wait(60), "the event loop stood still"
        yield _bucket(1)

    paths = shared_buckets(slow(), 0, tmp_path)
    first = asyncio.ensure_future(anext(paths))
    await asyncio.sleep(0)
    done.set()
    assert (await first).read_bytes() == bytes([1]) * 1000
    await paths.aclose()
    assert _left(tmp_path) == []


async def test_a_load_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    paths = shared_buckets(map(_bucket, range(6)), 0, tmp_path)
    assert (await anext(paths)).read_bytes() == bytes(1000)
    await paths.aclose()
    assert _left(tmp_path) == []


async def test_a_bucket_that_cannot_be_had_ends_the_load_and_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[Bucket]:
        yield _bucket(0)
        raise OSError("the second is lost")

    paths = shared_buckets(broken(), 0, tmp_path)
    assert (await anext(paths)).read_bytes() == bytes(1000)
    with pytest.raises(OSError, match="the second is lost"):
        await anext(paths)
    assert _left(tmp_path) == []


def test_every_parameter_has_its_place_in_its_bucket() -> None:
    # Each begins at a multiple of 64; the third would end beyond 128.
    plan = bucket_plan([("a", "float32", (2, 3)), ("b", "bfloat16", (4,)), ("c", "float32", (16,))], 128)
    places = list(bucket_places(manifest_of(0, plan, ())))
    assert places == [
        [("a", "float32", (2, 3), 0, 24), ("b", "bfloat16", (4,), 64, 8)],
        [("c", "float32", (16,), 0, 64)],
    ]
