"""A real cluster of two nodes: what a run is refused for before any actor of it is there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster as LocalCluster

from driver.config_loading import load_config
from driver.errors import PlacementError
from driver.launch import Cluster
from driver.models import resolve_model
from driver.outputs.run_folder import RunFolder

pytestmark = pytest.mark.ray


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCluster]:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    nodes = LocalCluster(initialize_head=True, head_node_args={"num_cpus": 2})
    nodes.add_node(num_cpus=2)
    monkeypatch.setenv("RAY_ADDRESS", nodes.address)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


def test_a_run_that_a_busy_cluster_or_a_blind_node_would_stop_is_refused_at_once(
    two_nodes: LocalCluster, tmp_path: Path
) -> None:
    config = load_config("smoke", [f"folder={tmp_path / 'run'}", "placement.sandbox_cpus=1"])
    model = resolve_model(config.model)
    with RunFolder(config.folder).claimed(config):
        # Everything is seen and free: no actor is started by looking.
        Cluster(config, model)
        assert ray.available_resources()["CPU"] == 4.0
        with pytest.raises(PlacementError, match=r"2 of 2 nodes \(.*\) cannot see.*/gone: set folder="):
            # A model that has a name is looked for by each node itself, one in a folder must be seen.
            Cluster(config.model_copy(update={"model": str(tmp_path / "gone")}), tmp_path / "gone")

        @ray.remote(num_cpus=1.9)
        class Holder:
            def pid(self) -> int:
                return os.getpid()

        holders = [Holder.remote() for _ in range(2)]
        ray.get([holder.pid.remote() for holder in holders])
        with pytest.raises(
            PlacementError, match=r"needs 1.6 CPU and the cluster has 4, but only 0.2 of them are free"
        ):
            Cluster(config, model)
        for holder in holders:
            ray.kill(holder)
        # Given back within the moment that is waited for.
        Cluster(config, model)
