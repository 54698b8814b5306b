"""The sandbox pool and Ray's own autoscaler: nodes that are processes of this machine, and come and go with the work.

`AutoscalingCluster` is of no use here: the wheel lacks a file it needs, and it stops every Ray of the machine. This is
what it does, on ports of its own.
"""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import driver_process as support
import pytest
import ray
from ray._private.services import get_node_ip_address
from ray.autoscaler._private.fake_multi_node.node_provider import FAKE_HEAD_NODE_ID

from driver.config_loading import load_config
from driver.launch import Cluster
from sandbox_service import ExecutionRequest

pytestmark = pytest.mark.ray
SCENARIO = Path(__file__).with_name("sandbox_scaling_scenario.py")
RAY = str(Path(sys.executable).with_name("ray"))
PROVIDER = "ray.autoscaler._private.fake_multi_node.node_provider.FakeMultiNodeProvider"
HEAD_TYPE = "ray.head.default"  # The name that the provider gives its head.
EMPTY_LISTS = ("cluster_synced_files", "rsync_exclude", "rsync_filter", "initialization_commands")
EMPTY_LISTS += ("setup_commands", "head_setup_commands", "worker_setup_commands")
EMPTY_LISTS += ("head_start_ray_commands", "worker_start_ray_commands")


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def autoscaling(address: str) -> dict:
    """A head without room for a sandbox actor, and up to three nodes that have room for one each."""
    nodes = {"resources": {"CPU": 1, "sandbox": 1, "object_store_memory": 80_000_000}, "node_config": {}}
    return {
        "cluster_name": "fake",
        "max_workers": 3,
        "upscaling_speed": 10,
        "idle_timeout_minutes": 0.05,
        "provider": {
            "type": "external",
            "module": PROVIDER,
            "disable_node_updaters": True,
            "use_node_id_as_ip": True,
            "launch_multiple": True,
            "head_node_id": FAKE_HEAD_NODE_ID,
            "gcs_address": address,
        },
        "available_node_types": {
            HEAD_TYPE: {"resources": {"CPU": 2}, "node_config": {}, "max_workers": 0},
            "sandbox": {**nodes, "labels": {"pool": "sandbox"}, "min_workers": 0, "max_workers": 3},
        },
        "head_node_type": HEAD_TYPE,
        "auth": {},
        "file_mounts": {},
        "file_mounts_sync_continuously": False,
        **{name: [] for name in EMPTY_LISTS},
    }


@pytest.fixture
def address(mark):
    """A head with an autoscaler, ended by its processes, never by `ray stop`."""
    # Unix socket paths are short: pytest's own folder is too deep.
    temporary = Path(f"/tmp/r1ci-{mark[:8]}")
    temporary.mkdir()
    gcs, dashboard, client, metrics = free_ports(4)
    address = f"{get_node_ip_address()}:{gcs}"
    file = temporary / "autoscaling.json"
    file.write_text(json.dumps(autoscaling(address)))
    environment = support.marked_environment(
        mark,
        RAY_TMPDIR=str(temporary),
        RAY_AUTH_MODE="token",
        RAY_FAKE_CLUSTER="1",
        RAY_enable_autoscaler_v2="1",
        RAY_CLOUD_INSTANCE_ID=FAKE_HEAD_NODE_ID,
        RAY_OVERRIDE_NODE_ID_FOR_TESTING=FAKE_HEAD_NODE_ID,
        AUTOSCALER_UPDATE_INTERVAL_S="1",
    )
    command = [RAY, "start", "--head", f"--autoscaling-config={file}", f"--port={gcs}", "--num-cpus=2"]
    command += [f"--dashboard-port={dashboard}", "--dashboard-host=127.0.0.1", "--disable-usage-stats"]
    command += [f"--ray-client-server-port={client}", f"--metrics-export-port={metrics}"]
    command += ["--object-store-memory=200000000"]
    try:
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
        yield address
    finally:
        support.end_marked(mark)
        shutil.rmtree(temporary, ignore_errors=True)


@pytest.mark.timeout(300)
def test_a_burst_brings_nodes_that_go_when_it_is_over_and_a_lost_executor_is_replaced(
    address, tmp_path, mark
):
    # In a process of its own: Ray reads once per process whether it needs the token.
    environment = support.marked_environment(
        mark, RAY_AUTH_MODE="token", RAY_ADDRESS=address, PYTHONPATH=str(support.ROOT)
    )
    done = subprocess.run(
        [sys.executable, str(SCENARIO), str(tmp_path)],
        cwd=support.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads((tmp_path / "seen.json").read_text())
    print(seen)
    assert seen["executors_before"] == 1
    assert seen["most"] == {"executors": 3, "nodes": 3}
    # Those that came during the burst were given scripts that had waited for the first.
    assert seen["num_executors_used"] == 3
    assert seen["after"] == {"executors": 1, "nodes": 1}
    assert seen["was_replaced"]
    assert seen["terminations"] == {"ok": 2 + 40 + 2 + 4}


@pytest.mark.timeout(180)
async def test_the_scripts_of_a_fixed_executor_that_dies_run_again_when_ray_has_restarted_it(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    settings = ["sandbox.preload=bare", f"sandbox.scratch_root={tmp_path}"]
    cluster = Cluster(load_config("smoke", settings), tmp_path)
    try:
        execute = cluster.start_sandbox()
        requests = [
            ExecutionRequest(execution_id=f"x/{i}", code=f"import time; time.sleep(0.5); print({i})")
            for i in range(3)
        ]
        running = asyncio.gather(*[execute(request) for request in requests])
        await asyncio.sleep(0.2)
        (executor,) = execute._dispatch.executors
        await executor.address.ready.remote()
        ray.kill(executor.address, no_restart=False)
        assert [result.stdout for result in await running] == ["0\n", "1\n", "2\n"]
        assert cluster.metrics() == {}
    finally:
        await cluster.close()
