"""KubeRay's manifests, read by Ray's own autoscaler as on Kubernetes, and field by field; nothing is started."""

import copy
from typing import Any

import pytest
import ray
import yaml
from ray.autoscaler._private.kuberay.autoscaling_config import _derive_autoscaling_config_from_ray_cr
from source_files import ROOT

from tests.unit.deploy.node_groups import groups_of_kuberay

STANDING = yaml.safe_load((ROOT / "deploy" / "raycluster.yaml").read_text())
JOB = yaml.safe_load((ROOT / "deploy" / "rayjob.yaml").read_text())

# Fields of KubeRay's API for ray.io/v1, by its reference of release 1.7; its schema of 900 kB is not kept here.
# Those of a pod's template are Kubernetes'.
CLUSTER_FIELDS = {
    "rayVersion": str,
    "enableInTreeAutoscaling": bool,
    "autoscalerOptions": dict,
    "authOptions": dict,
    "headGroupSpec": dict,
    "workerGroupSpecs": list,
    "suspend": bool,
    "managedBy": str,
    "gcsFaultToleranceOptions": dict,
    "headServiceAnnotations": dict,
}
HEAD_FIELDS = {
    "template": dict,
    "rayStartParams": dict,
    "labels": dict,
    "resources": dict,
    "serviceType": str,
    "headService": dict,
    "enableIngress": bool,
}
WORKER_FIELDS = {
    "groupName": str,
    "replicas": int,
    "minReplicas": int,
    "maxReplicas": int,
    "numOfHosts": int,
    "idleTimeoutSeconds": int,
    "priority": int,
    "resources": dict,
    "labels": dict,
    "rayStartParams": dict,
    "template": dict,
    "scaleStrategy": dict,
}
JOB_FIELDS = {
    "entrypoint": str,
    "runtimeEnvYAML": str,
    "submissionMode": str,
    "backoffLimit": int,
    "activeDeadlineSeconds": int,
    "shutdownAfterJobFinishes": bool,
    "ttlSecondsAfterFinished": int,
    "rayClusterSpec": dict,
    "clusterSelector": dict,
    "submitterPodTemplate": dict,
    "submitterConfig": dict,
    "deletionStrategy": dict,
    "metadata": dict,
    "suspend": bool,
    "entrypointNumCpus": float,
    "entrypointNumGpus": float,
    "entrypointResources": str,
    "jobId": str,
    "managedBy": str,
}
AUTOSCALER_FIELDS = {
    "version": str,
    "idleTimeoutSeconds": int,
    "upscalingMode": str,
    "resources": dict,
    "env": list,
}


def strange(content: dict[str, Any], fields: dict[str, type]) -> list[str]:
    """Fields that the API lacks, or has as another type."""
    return [name for name, value in content.items() if type(value) is not fields.get(name)]


def strange_in_cluster(spec: dict[str, Any]) -> list[str]:
    found = strange(spec, CLUSTER_FIELDS) + strange(spec["autoscalerOptions"], AUTOSCALER_FIELDS)
    found += strange(spec["headGroupSpec"], HEAD_FIELDS)
    for group in spec["workerGroupSpecs"]:
        found += strange(group, WORKER_FIELDS)
    maps = [
        group.get(name, {})
        for group in [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
        for name in ("rayStartParams", "labels", "resources")
    ]
    # Kubernetes takes text only in these.
    return found + [key for each in maps for key, value in each.items() if not isinstance(value, str)]


def derived(content: dict[str, Any]) -> dict[str, Any]:
    """What the autoscaler beside the head makes of a RayCluster."""
    content = copy.deepcopy(content)
    content["metadata"]["namespace"] = "default"
    return _derive_autoscaling_config_from_ray_cr(content)


def test_every_field_is_one_of_kuberays_with_its_type():
    assert (STANDING["apiVersion"], STANDING["kind"]) == ("ray.io/v1", "RayCluster")
    assert (JOB["apiVersion"], JOB["kind"]) == ("ray.io/v1", "RayJob")
    assert strange_in_cluster(STANDING["spec"]) == []
    assert strange(JOB["spec"], JOB_FIELDS) == []
    assert JOB["spec"]["submissionMode"] in ("K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode")
    assert STANDING["spec"]["authOptions"] == {"mode": "token"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"minReplica": 1}, "minReplica"),
        ({"maxReplicas": "4"}, "maxReplicas"),
        ({"labels": {"pool": 1}}, "pool"),
    ],
)
def test_a_misspelt_field_or_another_type_is_told(change, told):
    wrong = copy.deepcopy(STANDING["spec"])
    wrong["workerGroupSpecs"][1].update(change)
    assert strange_in_cluster(wrong) == [told]


def test_the_autoscaler_reads_the_groups_as_they_are_meant():
    types = derived(STANDING)["available_node_types"]
    for group in groups_of_kuberay(STANDING["spec"]):
        node = types["headgroup" if group.is_head else group.name]
        assert (node["min_workers"], node["max_workers"]) == (group.fewest, group.most)
        assert node["labels"] == group.labels
        wanted = {name: int(amount) for name, amount in group.amounts.items()}
        assert {name: node["resources"].get(name) for name in wanted} == wanted
        assert set(node["resources"]) == {*wanted, "memory"}
    assert types["sandbox"]["idle_timeout_s"] == 180


def test_the_autoscaler_is_the_second_and_the_version_is_that_of_the_lock():
    spec = STANDING["spec"]
    assert spec["enableInTreeAutoscaling"]
    assert spec["autoscalerOptions"]["version"] == "v2"
    assert spec["rayVersion"] == ray.__version__
