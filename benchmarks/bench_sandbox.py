"""Sandboxed executions per second against a fresh `python -I` per script, alternating in one run.

usage: python benchmarks/bench_sandbox.py [rounds]
Writes benchmarks/results/sandbox.json and prints it as its last line. Ratios are firmer than rates on a shared machine.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sandbox_service import ExecutionRequest, SandboxConfig, SandboxPool

SCRIPTS = {
    "trivial": "print(1 + 1)",
    "numeric": "import numpy, sympy\nx = sympy.Symbol('x')\nprint(sympy.solve(x**2 - 3*x + 2), numpy.arange(4).sum())",
}
NUM_SANDBOXED = {"trivial": 200, "numeric": 60}
NUM_FRESH = {"trivial": 100, "numeric": 6}
WORKERS = 2


async def sandboxed_rate(pool: SandboxPool, name: str, round_number: int) -> float:
    """Executions per second of the warm pool."""
    requests = [
        ExecutionRequest(execution_id=f"{name}/{round_number}/{i}", code=SCRIPTS[name], timeout_s=30)
        for i in range(NUM_SANDBOXED[name])
    ]
    started = time.perf_counter()
    results = await pool.run_batch(requests)
    seconds = time.perf_counter() - started
    wrong = [r for r in results if r.termination != "ok"]
    if wrong:
        raise SystemExit(f"{len(wrong)} of {len(results)} executions failed, first: {wrong[0]}")
    return len(results) / seconds


def fresh_rate(name: str) -> float:
    """Executions per second of one new interpreter per script, as many at once as the pool has workers."""

    def one(_: int) -> None:
        command = [sys.executable, "-I", "-c", SCRIPTS[name]]
        subprocess.run(command, check=True, capture_output=True, env={"OMP_NUM_THREADS": "1"})

    started = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as threads:
        list(threads.map(one, range(NUM_FRESH[name])))
    return NUM_FRESH[name] / (time.perf_counter() - started)


async def measured(rounds: int) -> dict[str, object]:
    """Medians and ranges over the rounds."""
    pool = SandboxPool(SandboxConfig(num_workers=WORKERS))
    await pool.start()
    rates: dict[str, dict[str, list[float]]] = {name: {"sandbox": [], "fresh": []} for name in SCRIPTS}
    try:
        for round_number in range(rounds):
            for name in SCRIPTS:
                rates[name]["sandbox"].append(await sandboxed_rate(pool, name, round_number))
                rates[name]["fresh"].append(await asyncio.to_thread(fresh_rate, name))
        layers = pool.report.active if pool.report else ()
    finally:
        await pool.close()
    return {
        "throughput_ratio": {
            name: round(statistics.median(a / b for a, b in zip(r["sandbox"], r["fresh"], strict=True)), 2)
            for name, r in rates.items()
        },
        "executions_per_s": {
            name: {way: {"median": round(statistics.median(v), 1), "low": round(min(v), 1), "high": round(max(v), 1)}
                   for way, v in ways.items()}
            for name, ways in rates.items()
        },
        "rounds": rounds,
        "cpus": os.cpu_count(),
        "layers": list(layers),
    }  # fmt: skip


if __name__ == "__main__":
    result = asyncio.run(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
    target = Path(__file__).parent / "results" / "sandbox.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))
