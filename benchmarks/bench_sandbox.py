"""What the sandbox gives: executions per second, latency, what each isolation layer costs, and a soak.

usage: python benchmarks/bench_sandbox.py [--rounds 5] [--soak 20000]
Every way runs in turn within one run, two scripts at a time: ratios are firmer than rates on a shared machine.
Writes benchmarks/results/sandbox.json and prints it as its last line.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sandbox_soak import soaked
from sandbox_workloads import WORKLOADS, Workload, trivial

from sandbox_service import SandboxConfig, SandboxPool

WORKERS = 2
NUM_SANDBOXED = {"trivial": 400, "numeric": 200, "science": 60, "mixed": 200}
NUM_FRESH = {"trivial": 150, "numeric": 8, "science": 4, "mixed": 40}
NUM_LAYER_RUNS = 200
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# Reads a script's length and text, executes it in this very process, answers with what it printed.
_REUSED = """
import contextlib, io, sys, traceback
while line := sys.stdin.buffer.readline():
    code = sys.stdin.buffer.read(int(line)).decode()
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try: exec(code, {"__name__": "__main__"})
        except BaseException: traceback.print_exc()
    data = out.getvalue().encode()
    sys.stdout.buffer.write(b"%d\\n" % len(data) + data)
    sys.stdout.buffer.flush()
"""


class ReusedInterpreters:
    """What a trainer gets that calls `exec` in warm processes: no isolation, no limits, state that leaks. No fork."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-c", _REUSED]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_ENVIRONMENT)
            for _ in range(WORKERS)
        ]

    def run(self, worker: int, workload: Workload) -> str:
        """Run a script; what it printed."""
        process = self._processes[worker]
        assert process.stdin is not None
        assert process.stdout is not None
        code = workload.code.encode()
        process.stdin.write(b"%d\n" % len(code) + code)
        process.stdin.flush()
        return process.stdout.read(int(process.stdout.readline())).decode()

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.kill()
            process.wait()


async def sandboxed_rate(pool: SandboxPool, name: str, round_number: int) -> float:
    """Executions per second of the warm pool, every result checked."""
    workloads = [WORKLOADS[name](n) for n in range(NUM_SANDBOXED[name])]
    requests = [w.request(f"{name}/{round_number}/{n}") for n, w in enumerate(workloads)]
    started = time.perf_counter()
    results = await pool.run_batch(requests)
    seconds = time.perf_counter() - started
    wrong = [r for w, r in zip(workloads, results, strict=True) if not w.is_met_by(r)]
    if wrong:
        raise SystemExit(f"{len(wrong)} of {len(results)} executions went wrong, first: {wrong[0]}")
    return len(results) / seconds


def fresh_rate(name: str) -> float:
    """Executions per second of one new `python -I` per script."""

    def one(n: int) -> None:
        workload = WORKLOADS[name](n)
        command = [sys.executable, "-I", "-c", workload.code]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=_ENVIRONMENT)
        _refuse_unless(done.stdout == workload.stdout, "fresh", done.stderr)

    return _threaded_rate(NUM_FRESH[name], one)


def reused_rate(interpreters: ReusedInterpreters, name: str) -> float:
    """Executions per second of `exec` in processes that are never replaced."""
    count = NUM_SANDBOXED[name]

    def half(worker: int) -> None:
        for n in range(worker, count, WORKERS):
            workload = WORKLOADS[name](n)
            printed = interpreters.run(worker, workload)
            _refuse_unless(printed == workload.stdout, "reused", printed[:200])

    return _threaded_rate(WORKERS, half) * count / WORKERS


async def latencies_ms(pool: SandboxPool, round_number: int) -> list[float]:
    """Latencies of trivial scripts with as many callers as workers, who each ask again once answered."""
    found: list[float] = []

    async def caller(number: int) -> None:
        for n in range(NUM_SANDBOXED["trivial"] // WORKERS):
            request = trivial(n).request(f"latency/{round_number}/{number}/{n}")
            started = time.perf_counter()
            await pool.execute(request)
            found.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(caller(number) for number in range(WORKERS)))
    return found


async def layer_costs_ms(rounds: int) -> dict[str, float]:
    """Milliseconds that each layer adds to a trivial script: all layers against all but that one, in turn.

    A layer that others need takes them with it: its cost is then that of all of them.
    """
    whole = SandboxPool(SandboxConfig(num_workers=1, preload="bare"))
    await whole.start()
    assert whole.report is not None
    costs = {}
    try:
        for layer in whole.report.active:
            less = SandboxPool(
                SandboxConfig(num_workers=1, preload="bare", without_layers=(layer,), floor=())
            )
            await less.start()
            try:
                pairs = [(await _ms_per_script(whole), await _ms_per_script(less)) for _ in range(rounds)]
            finally:
                await less.close()
            costs[layer] = round(statistics.median(a - b for a, b in pairs), 3)
    finally:
        await whole.close()
    return costs


async def _ms_per_script(pool: SandboxPool) -> float:
    """Of one worker that is never idle: what is prepared between two scripts counts as well."""
    requests = [trivial(n).request(f"layer/{time.perf_counter_ns()}/{n}") for n in range(NUM_LAYER_RUNS)]
    started = time.perf_counter()
    await pool.run_batch(requests)
    return (time.perf_counter() - started) * 1000 / NUM_LAYER_RUNS


def _threaded_rate(count: int, one: Callable[[int], None]) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as threads:
        list(threads.map(one, range(count)))
    return count / (time.perf_counter() - started)


def _refuse_unless(is_right: bool, way: str, said: str) -> None:
    if not is_right:
        raise SystemExit(f"the {way} interpreter gave another result: {said}")


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 1),
        "low": round(min(values), 1),
        "high": round(max(values), 1),
    }


async def measured(rounds: int, soak: int) -> dict[str, object]:
    """All figures, as medians and ranges over the rounds."""
    pool, interpreters = SandboxPool(SandboxConfig(num_workers=WORKERS)), ReusedInterpreters()
    await pool.start()
    ways: dict[str, Callable[[str, int], Awaitable[float]]] = {
        "sandbox": lambda name, number: sandboxed_rate(pool, name, number),
        "fresh": lambda name, _: asyncio.to_thread(fresh_rate, name),
        "reused_without_isolation": lambda name, _: asyncio.to_thread(reused_rate, interpreters, name),
    }
    rates: dict[str, dict[str, list[float]]] = {name: {way: [] for way in ways} for name in WORKLOADS}
    latencies: list[list[float]] = []
    try:
        for name in WORKLOADS:  # the first script of a kind starts the workers that suit it
            await sandboxed_rate(pool, name, -1)
        for number in range(rounds):
            for name, by_way in rates.items():
                for way, values in by_way.items():
                    values.append(await ways[way](name, number))
            latencies.append(sorted(await latencies_ms(pool, number)))
            print(f"round {number + 1} of {rounds}", flush=True)
        soaking = await soaked(pool, soak) if soak else None
        assert pool.report is not None
        report = pool.report
    finally:
        interpreters.close()
        await pool.close()
    p50 = [statistics.median(values) for values in latencies]
    p99 = [values[int(len(values) * 0.99)] for values in latencies]
    ratios = {
        name: round(statistics.median(a / b for a, b in zip(r["sandbox"], r["fresh"], strict=True)), 2)
        for name, r in rates.items()
    }
    return {
        "throughput_ratio": ratios,
        "executions_per_s": {n: {way: _spread(v) for way, v in ways.items()} for n, ways in rates.items()},
        "latency_ms": {"p50": _spread(p50), "p99": _spread(p99)},
        "p99_over_p50": round(statistics.median(a / b for a, b in zip(p99, p50, strict=True)), 2),
        "layer_cost_ms": await layer_costs_ms(rounds),
        "soak": soaking,
        "rounds": rounds,
        "cpus": os.cpu_count(),
        "layers": list(report.active),
        "refused_layers": sorted(report.refused),
    }


def main() -> None:
    """Measure, write the results and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--soak", type=int, default=20_000, help="executions; 0 leaves the soak out")
    options = parser.parse_args()
    result = asyncio.run(measured(options.rounds, options.soak))
    target = Path(__file__).parent / "results" / "sandbox.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
