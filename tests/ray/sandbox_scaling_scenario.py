"""A burst of scripts, and the loss of an executor, on the cluster of RAY_ADDRESS. Run by test_sandbox_scaling.py.

What was seen is written to seen.json in the folder that is the only argument.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

import ray

from driver.config_loading import load_config
from driver.launch import Cluster
from sandbox_service import ExecutionRequest, ExecutionResult

SETTINGS = [
    "placement.sandbox_executors=1",
    "placement.max_sandbox_executors=3",
    "placement.sandbox_scale_up_backlog=1.0",
    "placement.sandbox_idle_s=3",
    "placement.use_sandbox_resource=true",
    "placement.sandbox_cpus=1",
    "sandbox.num_workers=2",
    "sandbox.preload=bare",
]
CODE = "import time\ntime.sleep({seconds})"


async def all_executed(execute, requests):
    """Results in the order of the requests."""
    return list(await asyncio.gather(*[execute(request) for request in requests]))


class Sender:
    """A sender elsewhere, as a rollout worker is."""

    def __init__(self, execute):
        self.execute = execute

    async def send(self, requests):
        return await all_executed(self.execute, requests)


class Watch:
    """The most executors and nodes seen."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.most_executors = 0
        self.most_nodes = 0

    @property
    def num_executors(self) -> int:
        return int(self._cluster.metrics()["sandbox/executors"])

    @property
    def num_nodes(self) -> int:
        return sum(1 for node in ray.nodes() if node["Alive"] and "sandbox" in node["Resources"])

    async def until(self, condition, limit_s: float, what: str) -> float:
        began = time.monotonic()
        while not condition():
            self.most_executors = max(self.most_executors, self.num_executors)
            self.most_nodes = max(self.most_nodes, self.num_nodes)
            if time.monotonic() - began > limit_s:
                sys.exit(f"not within {limit_s} s: {what}; {self._cluster.metrics()}")
            await asyncio.sleep(0.25)
        return round(time.monotonic() - began, 1)


def scripts(name: str, count: int, seconds: float) -> list[ExecutionRequest]:
    code = CODE.format(seconds=seconds)
    return [ExecutionRequest(execution_id=f"{name}/{i}", code=code, timeout_s=20) for i in range(count)]


class Scenario:
    """Two senders, in this process and in an actor, each with a view of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.execute = cluster.start_sandbox()
        self.watch = Watch(cluster)
        # By value, since the other nodes' processes do not know this file.
        self.remote = ray.remote(num_cpus=0, label_selector={"pool": "!sandbox"})(Sender).remote(self.execute)
        self.results: list[ExecutionResult] = []
        self.seen: dict[str, object] = {}

    async def send(self, name: str, count: int, seconds: float, meanwhile=None) -> float:
        """Half of the scripts from here and half from the actor; seconds until all are back."""
        there = self.remote.send.remote(scripts(f"{name}-there", count // 2, seconds))
        both = asyncio.ensure_future(
            asyncio.gather(all_executed(self.execute, scripts(f"{name}-here", count // 2, seconds)), there)
        )
        if meanwhile is not None:
            await meanwhile()
        taken_s = await self.watch.until(both.done, 90, f"all of {name} are back")
        self.results += [result for batch in both.result() for result in batch]
        return taken_s

    async def burst(self) -> None:
        first_s = await self.send("first", 2, 0.0)
        self.seen["executors_before"] = self.watch.num_executors
        burst_s = await self.send("burst", 40, 1.5)
        counts = [await e.address.metrics.remote() for e in self.execute._dispatch.executors]
        self.seen["num_executors_used"] = sum(count["executions_ok"] > 0 for count in counts)
        shrink_s = await self.watch.until(lambda: self.watch.num_nodes == 1, 60, "idle nodes go")
        # What the senders know of is mostly gone by now.
        await self.send("after", 2, 0.0)
        self.seen["seconds"] = {"first": first_s, "burst": burst_s, "shrink": shrink_s}
        self.seen["most"] = {"executors": self.watch.most_executors, "nodes": self.watch.most_nodes}
        self.seen["after"] = {"executors": self.watch.num_executors, "nodes": self.watch.num_nodes}

    async def loss(self) -> None:
        (lost,) = self.execute._dispatch.executors

        async def kill() -> None:
            await asyncio.sleep(0.5)
            ray.kill(lost.address)

        await self.send("loss", 4, 1.0, meanwhile=kill)
        self.seen["was_replaced"] = lost.executor_id not in {
            e.executor_id for e in self.execute._dispatch.executors
        }


async def main(folder: Path) -> None:
    cluster = Cluster(load_config("smoke", [*SETTINGS, f"sandbox.scratch_root={folder}"]), folder)
    try:
        scenario = Scenario(cluster)
        await scenario.burst()
        await scenario.loss()
        endings = Counter(result.termination.value for result in scenario.results)
        (folder / "seen.json").write_text(json.dumps({**scenario.seen, "terminations": endings}))
    finally:
        await cluster.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
