"""Our HTTP server against a SandboxFusion server: executions per second and latency of the same requests.

usage: python benchmarks/compare_sandbox_fusion.py --endpoint http://127.0.0.1:18080 [--rounds 5]
The endpoint must run already, on this machine; ours is started here with two workers and ended. In every round both
answer two clients, in turn: ratios are firmer than rates on a shared machine. The clients' own time is in the figures.
Writes benchmarks/results/sandbox_fusion.json and prints it as its last line.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from sandbox_workloads import WORKLOADS, Workload

REPOSITORY = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "sandbox_fusion.json"
OURS, THEIRS = "ours", "sandbox_fusion"
NAMES = ("trivial", "numeric")
CLIENTS = 2
NUM_REQUESTS = {OURS: {"trivial": 400, "numeric": 200}, THEIRS: {"trivial": 150, "numeric": 12}}
NUM_ALONE = {OURS: {"trivial": 60, "numeric": 60}, THEIRS: {"trivial": 40, "numeric": 6}}
NUM_WARM_UP = 6
_STARTUP_S = 60.0
_STOP_S = 15.0
_WRONG_SHARE = 0.01
"""Their server reads what has arrived 0.1 ms after the script's end: rarely, an answer may lack its output."""


class Endpoint:
    """One server, and how often it was wrong."""

    def __init__(self, name: str, client: httpx.AsyncClient) -> None:
        self.name = name
        self.num_asked = 0
        self.wrong: Counter[str] = Counter()
        self.layers: list[str] = []
        self._client = client

    async def ask(self, workload: Workload) -> bool:
        """Whether it ran a script as it should."""
        body = {"code": workload.code, "language": "python", "run_timeout": 30}
        response = await self._client.post("/run_code", json=body)
        answer = response.raise_for_status().json()
        self.num_asked += 1
        run = answer["run_result"] or {}
        is_right = answer["status"] == "Success" and run.get("stdout") == workload.stdout
        if not is_right:
            self.wrong[f"{answer['status']}: {answer['message'] or run}"[:300]] += 1
        self.layers = (answer.get("x") or {}).get("layers", [])
        return is_right

    async def warm_up(self, name: str) -> None:
        """Have it start what it needs for such scripts; stops everything if it is not up to them."""
        rights = await asyncio.gather(*(self.ask(WORKLOADS[name](n)) for n in range(NUM_WARM_UP)))
        if not all(rights):
            raise SystemExit(f"{self.name} does not run {name} scripts: {self.wrong.most_common(1)[0][0]}")

    async def rate(self, name: str) -> float:
        """Executions per second, as many clients as workers, who each ask again once answered."""
        numbers = iter(range(NUM_REQUESTS[self.name][name]))

        async def caller() -> None:
            for n in numbers:
                await self.ask(WORKLOADS[name](n))

        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(CLIENTS)))
        return NUM_REQUESTS[self.name][name] / (time.perf_counter() - started)

    async def latency_ms(self, name: str) -> float:
        """Median for a client that is alone."""
        times = []
        for n in range(NUM_ALONE[self.name][name]):
            started = time.perf_counter()
            await self.ask(WORKLOADS[name](n))
            times.append((time.perf_counter() - started) * 1000)
        return statistics.median(times)


@contextlib.contextmanager
def our_server() -> Iterator[str]:
    """Our server on a free port; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox_service", "serve"]
    command += ["--port", str(port), "--workers", str(CLIENTS)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            if not _is_up(address, process):
                log.seek(0)
                raise SystemExit(f"our server did not start within {_STARTUP_S} s:\n{log.read()[-2000:]}")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_up(address: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _STARTUP_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{address}/healthz", trust_env=False).is_success:
                return True
        time.sleep(0.1)
    return False


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 1),
        "low": round(min(values), 1),
        "high": round(max(values), 1),
    }


def _refuse_wrong_answers(endpoints: Sequence[Endpoint]) -> None:
    for endpoint in endpoints:
        allowed = endpoint.num_asked * _WRONG_SHARE if endpoint.name == THEIRS else 0
        if endpoint.wrong.total() > allowed:
            wrong, said = endpoint.wrong.total(), endpoint.wrong.most_common(1)[0][0]
            raise SystemExit(f"{endpoint.name}: {wrong} of {endpoint.num_asked} answers wrong, mostly {said}")


async def measured(theirs: str, ours: str, rounds: int) -> dict[str, Any]:
    """All figures, as medians and ranges over the rounds."""
    limits = httpx.Limits(max_connections=NUM_WARM_UP)
    async with (
        httpx.AsyncClient(base_url=ours, timeout=60, limits=limits, trust_env=False) as our_client,
        httpx.AsyncClient(base_url=theirs, timeout=60, limits=limits, trust_env=False) as their_client,
    ):
        endpoints = [Endpoint(OURS, our_client), Endpoint(THEIRS, their_client)]
        rates: dict[str, dict[str, list[float]]] = {name: {OURS: [], THEIRS: []} for name in NAMES}
        latencies: dict[str, dict[str, list[float]]] = {name: {OURS: [], THEIRS: []} for name in NAMES}
        for endpoint in endpoints:
            for name in NAMES:
                await endpoint.warm_up(name)
        for number in range(rounds):
            for name in NAMES:
                for endpoint in endpoints:
                    rates[name][endpoint.name].append(await endpoint.rate(name))
                    latencies[name][endpoint.name].append(await endpoint.latency_ms(name))
            endpoints.reverse()  # the other one goes first in the next round
            print(f"round {number + 1} of {rounds}", flush=True)
    _refuse_wrong_answers(endpoints)
    ratios = {
        name: round(statistics.median(a / b for a, b in zip(r[OURS], r[THEIRS], strict=True)), 2)
        for name, r in rates.items()
    }
    return {
        "throughput_ratio": ratios,
        "executions_per_s": {n: {who: _spread(v) for who, v in r.items()} for n, r in rates.items()},
        "latency_alone_p50_ms": {n: {who: _spread(v) for who, v in t.items()} for n, t in latencies.items()},
        "answers": {e.name: {"asked": e.num_asked, "wrong": e.wrong.total()} for e in endpoints},
        "rounds": rounds,
        "clients": CLIENTS,
        "cpus": os.cpu_count(),
        "layers": next(e.layers for e in endpoints if e.name == OURS),
    }


def main() -> None:
    """Measure both servers, write the results and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--endpoint", required=True, help="address of a SandboxFusion server that runs already"
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    try:
        httpx.get(f"{options.endpoint}/v1/ping", trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        parser.error(f"no server answers at {options.endpoint}: start SandboxFusion there first ({error})")
    with our_server() as address:
        result = asyncio.run(measured(options.endpoint, address, options.rounds))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
