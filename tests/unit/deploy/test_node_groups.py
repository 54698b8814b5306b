"""The groups of nodes in cluster.yaml and KubeRay's manifests: the same, fit for the preset; wrong ones are told."""

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from source_files import ROOT

from driver.config_loading import load_config
from driver.placement import ActorSpec, plan
from tests.unit.deploy.node_groups import faults, groups_of_cluster_yaml, groups_of_kuberay

CLUSTER = yaml.safe_load((ROOT / "cluster.yaml").read_text())
STANDING = yaml.safe_load((ROOT / "deploy" / "raycluster.yaml").read_text())
JOB = yaml.safe_load((ROOT / "deploy" / "rayjob.yaml").read_text())
ZONE = "topology.kubernetes.io/zone"
PRESETS = sorted(path.stem for path in (ROOT / "driver" / "configs").glob("*.yaml"))


def actors() -> list[ActorSpec]:
    """Of every preset that asks for nodes by their label; the others stay on one machine."""
    plans = [plan(load_config(preset)) for preset in PRESETS]
    return [spec for placed in plans if any(s.label for s in placed.actors) for spec in placed.actors]


def pods(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    return {group.get("groupName", "head"): group["template"]["spec"] for group in groups}


def test_the_groups_of_all_three_files_fit_the_presets() -> None:
    assert actors()
    assert faults(groups_of_cluster_yaml(CLUSTER), actors()) == []
    assert faults(groups_of_kuberay(STANDING["spec"]), actors()) == []
    assert faults(groups_of_kuberay(JOB["spec"]["rayClusterSpec"]), actors()) == []


def test_a_run_on_kubernetes_has_the_standing_cluster_s_groups_and_those_are_cluster_yaml_s() -> None:
    assert JOB["spec"]["rayClusterSpec"] == STANDING["spec"]
    bounds = {g.name: (g.fewest, g.most, g.labels) for g in groups_of_kuberay(STANDING["spec"])}
    assert bounds == {g.name: (g.fewest, g.most, g.labels) for g in groups_of_cluster_yaml(CLUSTER)}


def _of(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda content: content["available_node_types"][name]


@pytest.mark.parametrize(
    ("what", "change", "told"),
    [
        (_of("rollout"), {"min_workers": 5}, ["rollout: from 5 to 4 nodes"]),
        (
            _of("learner"),
            {"max_workers": 0, "min_workers": 0},
            ["learner: from 0 to 0 nodes", "learner: 8 wanted, room for 0"],
        ),
        (_of("sandbox"), {"max_workers": 15}, ["sandbox: 16 wanted, room for 15"]),
        (
            _of("sandbox"),
            {"resources": {"CPU": 32, "sandbox": 0.5}},
            [
                "sandbox: sandbox 0.5 is no whole number",
                "sandbox: no actor fits",
                "sandbox: 16 wanted, room for 0",
            ],
        ),
        (
            _of("sandbox"),
            {"resources": {"CPU": 32}},
            ["sandbox: no actor fits", "sandbox: 16 wanted, room for 0"],
        ),
        (
            _of("sandbox"),
            {"resources": {"CPU": 31, "sandbox": 1}},
            ["sandbox: no actor fits", "sandbox: 16 wanted, room for 0"],
        ),
        (_of("sandbox"), {"labels": {"pool": "sandboxes"}}, ["sandbox: 16 wanted, room for 0"]),
        (
            _of("learner"),
            {"resources": {"GPU": 8}},
            ["learner: no CPU", "learner: no actor fits", "learner: 8 wanted, room for 0"],
        ),
        (
            _of("rollout"),
            {"resources": {"CPU": 192, "GPU": 8, "engine": 1}},
            ["rollout: no actor asks for engine"],
        ),
        (_of("rollout"), {"resources": {"CPU": 192}}, ["rollout: 8 wanted, room for 0"]),
    ],
)
def test_what_ray_would_take_although_it_is_wrong_is_told(
    what: Callable[[dict[str, Any]], dict[str, Any]], change: dict[str, Any], told: list[str]
) -> None:
    wrong = copy.deepcopy(CLUSTER)
    what(wrong).update(change)
    assert faults(groups_of_cluster_yaml(wrong), actors()) == told


def test_a_part_of_a_cpu_in_a_manifest_is_told_for_ray_would_round_it_up() -> None:
    wrong = copy.deepcopy(STANDING)
    learner = wrong["spec"]["workerGroupSpecs"][0]
    learner["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "175500m"
    assert "learner: CPU 175500m is no whole number" in faults(groups_of_kuberay(wrong["spec"]), actors())


def test_the_bounds_of_all_groups_together_are_the_cluster_s() -> None:
    groups = groups_of_cluster_yaml(CLUSTER)
    assert CLUSTER["max_workers"] == sum(group.most for group in groups)
    most = load_config("cluster").placement.most_sandbox_executors
    assert next(group.most for group in groups if group.name == "sandbox") == most


def test_all_nodes_are_in_one_zone() -> None:
    zone = CLUSTER["provider"]["availability_zone"]
    assert re.fullmatch(re.escape(CLUSTER["provider"]["region"]) + "[a-z]", zone)
    assert {pod["nodeSelector"][ZONE] for pod in pods(STANDING["spec"]).values()} == {zone}


def test_all_but_sandbox_nodes_have_the_shared_file_system_and_sandbox_nodes_have_not() -> None:
    types = CLUSTER["available_node_types"]
    mounts = {
        "head": CLUSTER["docker"]["head_run_options"],
        **{n: t["docker"]["worker_run_options"] for n, t in types.items() if "docker" in t},
    }
    shared = {name for name, options in mounts.items() if "-v /mnt/shared:/mnt/shared" in options}
    assert shared == mounts.keys() - {"sandbox"} == {"head", "learner", "rollout"}
    assert types["sandbox"]["initialization_commands"] == []
    assert any("mount -t nfs4" in command for command in CLUSTER["initialization_commands"])
    claimed = {
        name
        for name, pod in pods(STANDING["spec"]).items()
        if any("persistentVolumeClaim" in volume for volume in pod["volumes"])
    }
    assert claimed == shared


def test_every_disk_holds_the_image_and_those_of_gpu_nodes_what_is_spilled() -> None:
    sizes = {
        name: node["node_config"]["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"]
        for name, node in CLUSTER["available_node_types"].items()
    }
    assert all(size >= 100 for size in sizes.values())
    assert min(sizes["learner"], sizes["rollout"]) >= 1000


def test_every_container_has_more_shared_memory_than_docker_gives() -> None:
    types = CLUSTER["available_node_types"]
    options = [CLUSTER["docker"]["head_run_options"]]
    options += [t["docker"]["worker_run_options"] for n, t in types.items() if n != "head"]
    assert all(any(option.startswith("--shm-size=") for option in each) for each in options)
    for name, pod in pods(STANDING["spec"]).items():
        shm = next(volume for volume in pod["volumes"] if volume["name"] == "shm")
        assert shm["emptyDir"]["medium"] == "Memory", name
        assert {"name": "shm", "mountPath": "/dev/shm"} in pod["containers"][0]["volumeMounts"], name


def test_every_mount_has_its_volume_and_every_volume_is_mounted() -> None:
    for name, pod in pods(STANDING["spec"]).items():
        mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}, name


def test_pods_are_no_root_and_those_of_scripts_have_no_rights_and_no_identity() -> None:
    uid = re.search(r"^USER (\d+)$", (ROOT / "deploy" / "Dockerfile.cpu").read_text(), re.MULTILINE)
    assert uid is not None
    for name, pod in pods(STANDING["spec"]).items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["runAsUser"] == int(uid[1]), name
        assert name == "head" or pod["automountServiceAccountToken"] is False, name
    scripts = pods(STANDING["spec"])["sandbox"]["containers"][0]
    assert scripts["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        # Of the layers of a sandbox, namespaces need it: docs/sandbox.md.
        "seccompProfile": {"type": "Unconfined"},
    }
    assert "env" not in scripts


def test_every_pod_asks_for_no_more_than_it_may_have() -> None:
    for name, pod in pods(STANDING["spec"]).items():
        resources = pod["containers"][0]["resources"]
        assert resources["requests"].keys() == resources["limits"].keys(), name
        assert int(resources["requests"]["cpu"]) <= int(resources["limits"]["cpu"]), name
        gpus = [resources[side].get("nvidia.com/gpu") for side in ("requests", "limits")]
        assert gpus[0] == gpus[1], name


def test_images_are_ours_and_gpus_go_with_the_image_that_can_use_them() -> None:
    for name, pod in pods(STANDING["spec"]).items():
        role = "gpu" if "nvidia.com/gpu" in pod["containers"][0]["resources"]["limits"] else "cpu"
        assert pod["containers"][0]["image"] == f"ghcr.io/ORG/r1-code-interpreter:{role}", name
        assert (ROOT / "deploy" / f"Dockerfile.{role}").is_file()
    types = CLUSTER["available_node_types"]
    images = {"head": CLUSTER["docker"]["head_image"]}
    images |= {n: t["docker"]["worker_image"] for n, t in types.items() if n != "head"}
    kubernetes = {name: pod["containers"][0]["image"] for name, pod in pods(STANDING["spec"]).items()}
    assert images == kubernetes


def test_a_job_runs_a_preset_that_there_is_from_the_code_in_the_image_into_the_shared_folder() -> None:
    words = JOB["spec"]["entrypoint"].split()
    assert words[:4] == ["python", "-m", "driver", "run"]
    assert words[4] in PRESETS
    config = load_config(words[4], words[5:])
    assert str(config.folder).startswith("/mnt/shared/")
    runtime = yaml.safe_load(JOB["spec"]["runtimeEnvYAML"])
    workdir = re.search(r"^WORKDIR (\S+)$", (ROOT / "deploy" / "Dockerfile.cpu").read_text(), re.MULTILINE)
    assert workdir is not None
    assert runtime == {"working_dir": workdir[1]}


def test_models_that_the_driver_makes_lie_on_the_shared_file_system() -> None:
    assert "-e R1CI_CACHE=/mnt/shared/cache" in CLUSTER["docker"]["head_run_options"]
    env = {e["name"]: e["value"] for e in pods(STANDING["spec"])["head"]["containers"][0]["env"]}
    assert env["R1CI_CACHE"] == "/mnt/shared/cache"


def test_a_stopped_job_has_time_for_a_checkpoint() -> None:
    env = {e["name"]: e["value"] for e in pods(STANDING["spec"])["head"]["containers"][0]["env"]}
    (start,) = [command for command in CLUSTER["head_start_ray_commands"] if "ray start" in command]
    assert int(env["RAY_JOB_STOP_WAIT_TIME_S"]) >= 300
    assert f"RAY_JOB_STOP_WAIT_TIME_S={env['RAY_JOB_STOP_WAIT_TIME_S']}" in start.split()
