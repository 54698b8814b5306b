import copy

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config
from source_files import ROOT

CLUSTER = yaml.safe_load((ROOT / "cluster.yaml").read_text())


def test_ray_accepts_cluster_yaml():
    prepared = prepare_config(copy.deepcopy(CLUSTER))
    validate_config(prepared)
    assert sorted(prepared["available_node_types"]) == ["head", "learner", "rollout", "sandbox"]


def test_ray_would_refuse_a_misspelt_key():
    wrong = copy.deepcopy(CLUSTER)
    wrong["available_node_types"]["sandbox"]["max_worker"] = 3
    with pytest.raises(Exception, match="max_worker"):
        validate_config(prepare_config(wrong))


def test_no_pool_has_a_minimum_above_its_maximum():
    # Ray accepts this mistake, and then never starts the pool.
    pools = {n: t for n, t in CLUSTER["available_node_types"].items() if n != CLUSTER["head_node_type"]}
    assert all(0 <= t["min_workers"] <= t["max_workers"] for t in pools.values())
    assert sum(t["max_workers"] for t in pools.values()) <= CLUSTER["max_workers"]


def test_every_pool_is_labelled_and_only_the_sandbox_shrinks_to_nothing():
    types = CLUSTER["available_node_types"]
    assert {name: node["labels"]["pool"] for name, node in types.items()} == {name: name for name in types}
    assert [name for name, node in types.items() if node.get("min_workers") == 0] == ["sandbox"]
    assert types["head"]["resources"]["CPU"] == 0


def test_every_node_demands_the_token():
    for commands in (CLUSTER["head_start_ray_commands"], CLUSTER["worker_start_ray_commands"]):
        assert all("RAY_AUTH_MODE=token" in command for command in commands if "ray start" in command)
    assert any(path.endswith(".ray/auth_token") for path in CLUSTER["file_mounts"])
