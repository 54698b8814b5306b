"""Groups of nodes, as cluster.yaml and KubeRay's manifests have them, and what Ray takes although it is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driver.placement import ActorSpec

BUILT_IN = {"CPU", "GPU", "memory", "object_store_memory"}


@dataclass(frozen=True)
class Group:
    """Nodes of one kind: `amounts` as they are written, a head has no bounds."""

    name: str
    amounts: Mapping[str, Any]
    labels: Mapping[str, str]
    fewest: int = 0
    most: int = 0
    is_head: bool = False


def groups_of_cluster_yaml(content: Mapping[str, Any]) -> list[Group]:
    return [
        Group(
            name,
            node.get("resources", {}),
            node.get("labels", {}),
            node.get("min_workers", 0),
            node.get("max_workers", 0),
            is_head=name == content["head_node_type"],
        )
        for name, node in content["available_node_types"].items()
    ]


def groups_of_kuberay(spec: Mapping[str, Any]) -> list[Group]:
    """With the CPUs and GPUs of the pod where the group does not say others."""
    groups = []
    for group in [spec["headGroupSpec"], *spec["workerGroupSpecs"]]:
        limits = group["template"]["spec"]["containers"][0].get("resources", {}).get("limits", {})
        of_pod = {"CPU": limits.get("cpu"), "GPU": limits.get("nvidia.com/gpu")}
        started = (
            {"CPU": group["rayStartParams"]["num-cpus"]} if "num-cpus" in group["rayStartParams"] else {}
        )
        amounts = {name: amount for name, amount in of_pod.items() if amount is not None}
        groups.append(
            Group(
                group.get("groupName", "head"),
                {**amounts, **started, **group.get("resources", {})},
                group.get("labels", {}),
                group.get("minReplicas", 0),
                group.get("maxReplicas", 0),
                is_head="groupName" not in group,
            )
        )
    return groups


def faults(groups: Sequence[Group], actors: Iterable[ActorSpec]) -> list[str]:
    """What is wrong with groups for a run of these actors, a sentence each."""
    actors = list(actors)
    workers = [group for group in groups if not group.is_head]
    found = [fault for group in groups for fault in _faults_of_one(group, actors)]
    for spec in actors:
        allowed = [group for group in workers if _may_be_on(spec, group)]
        room = sum(_num_fitting(spec, group) * group.most for group in allowed)
        if room < spec.max_count:
            found.append(f"{spec.name}: {spec.max_count} wanted, room for {room}")
    return found


def _faults_of_one(group: Group, actors: list[ActorSpec]) -> list[str]:
    found = [
        f"{group.name}: {name} {amount} is no whole number"
        for name, amount in group.amounts.items()
        if _whole(amount) is None
    ]
    if "CPU" not in group.amounts:
        found.append(f"{group.name}: no CPU")
    if group.is_head:
        return found
    if not 0 <= group.fewest <= group.most or group.most == 0:
        found.append(f"{group.name}: from {group.fewest} to {group.most} nodes")
    asked = {name for spec in actors for name in spec.needs}
    strange = group.amounts.keys() - BUILT_IN - asked
    found += [f"{group.name}: no actor asks for {name}" for name in sorted(strange)]
    if not any(_may_be_on(spec, group) and _num_fitting(spec, group) for spec in actors):
        found.append(f"{group.name}: no actor fits")
    return found


def _may_be_on(spec: ActorSpec, group: Group) -> bool:
    pool = group.labels.get("pool", "")
    if spec.label is None:
        return True
    return pool != spec.label[1:] if spec.label.startswith("!") else pool == spec.label


def _num_fitting(spec: ActorSpec, group: Group) -> int:
    """How many of them fit on one node of the group."""
    return int(min((_whole(group.amounts.get(name, 0)) or 0) / amount for name, amount in spec.needs.items()))


def _whole(amount: Any) -> int | None:
    """Ray rounds a part of a CPU up and refuses a part of anything else; a manifest has numbers as text."""
    text = str(amount)
    return int(text) if text.isdigit() else None
