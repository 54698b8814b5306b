"""Runs scripts by the thousand, one in twenty hostile, and looks for what stays behind or comes out wrong."""

import asyncio
import os
import random
from pathlib import Path

import psutil
from sandbox_workloads import HOSTILE, mixed

from sandbox_service import ExecutionRequest, SandboxPool, Termination

_HOSTILE_SHARE = 0.05
_WARM_UP = 400
_MIB = 1 << 20


async def soaked(pool: SandboxPool, count: int, seed: int = 0) -> dict[str, float]:
    """Counts after `count` executions: wrong results, and what grew since the warm-up.

    Args:
        pool: Running.
        count: How many scripts.
        seed: Of which scripts are hostile, and how.
    """
    rng = random.Random(seed)
    await _batch(pool, [(n, None) for n in range(_WARM_UP)], "warm")
    before = _held()
    wrong = num_hostile = 0
    for first in range(0, count, 1000):
        jobs = [
            (n, rng.randrange(len(HOSTILE)) if rng.random() < _HOSTILE_SHARE else None)
            for n in range(first, min(first + 1000, count))
        ]
        num_hostile += sum(which is not None for _, which in jobs)
        wrong += await _batch(pool, jobs, "soak")
        print(f"soak: {min(first + 1000, count)} of {count}, {wrong} wrong, {_held()}", flush=True)
    after = _held()
    return {
        "executions": count,
        "hostile": num_hostile,
        "wrong": wrong,
        "leaked_processes": max(0, after["processes"] - before["processes"]),
        "leaked_fds": max(0, after["fds"] - before["fds"]),
        "rss_growth_mib": round(after["rss_mib"] - before["rss_mib"], 1),
        "retries": pool.metrics()["retries"],
        "worker_restarts": pool.metrics()["worker_restarts"],
    }


async def _batch(pool: SandboxPool, jobs: list[tuple[int, int | None]], name: str) -> int:
    """How many of the results are wrong."""
    requests = [_request(f"{name}/{n}", n, which) for n, which in jobs]
    results = await pool.run_batch(requests)
    wrong = 0
    for (n, which), result in zip(jobs, results, strict=True):
        wanted = None if which is None else HOSTILE[which][1]
        is_right = (
            mixed(n).is_met_by(result)
            if which is None
            else result.termination is wanted
            if wanted is not None
            else result.termination is not Termination.INFRASTRUCTURE
        )
        if not is_right:
            wrong += 1
            print(f"wrong: {n} hostile={which} wanted={wanted} got={result.termination} {result.message} "
                  f"{result.stderr[-200:]!r}", flush=True)  # fmt: skip
    return wrong


def _request(execution_id: str, n: int, which: int | None) -> ExecutionRequest:
    if which is None:
        return mixed(n).request(execution_id)
    return ExecutionRequest(execution_id=execution_id, code=HOSTILE[which][0], timeout_s=0.5, memory_mib=512)


def _held() -> dict[str, float]:
    """Processes below this one, descriptors of this one, resident memory of all of them."""
    me = psutil.Process()
    family = [me, *me.children(recursive=True)]
    rss = 0
    for process in family:
        try:
            rss += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    fds = len(list(Path("/proc/self/fd").iterdir()))
    return {"processes": len(family), "fds": fds, "rss_mib": round(rss / _MIB, 1)}


async def settled() -> None:
    """A moment in which workers that were replaced come up again."""
    await asyncio.sleep(1.0)
    os.sync()
