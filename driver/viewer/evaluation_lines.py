"""Accuracy by policy, way of answering and family, from evaluation.json; success while training, from the rollouts."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from driver.report.statistics import wilson_interval
from driver.viewer.records import AgentLine, Cell, FamilyLine, PolicyLine

_Items = Iterable[Mapping[str, Any]]


def policy_lines(evaluation: Mapping[str, Any]) -> list[PolicyLine]:
    """One line for each policy with an answer, in the order of the file."""
    lines = []
    for policy, items in _items(evaluation.get("policies", {})).items():
        everything = _cell(items)
        if everything is not None:
            trained = _cell(item for item in items if item["split"] != "held_out")
            held_out = _cell(item for item in items if item["split"] == "held_out")
            lines.append(PolicyLine(policy=policy, all=everything, trained=trained, held_out=held_out))
    return lines


def agent_lines(evaluation: Mapping[str, Any]) -> list[AgentLine]:
    """One line for each further way of answering and policy; none where only one was evaluated."""
    return [
        AgentLine(policy=policy, agent=agent, cell=cell)
        for agent, policies in evaluation.get("agents", {}).items()
        for policy, items in _items(policies).items()
        if (cell := _cell(items)) is not None
    ]


def family_lines(evaluation: Mapping[str, Any], rows: pa.Table) -> list[FamilyLine]:
    """One line for each family that was evaluated or trained on, by name.

    Args:
        evaluation: the content of evaluation.json; empty where there is none.
        rows: narrow columns of all rollouts, as from `RolloutIndex.refresh`.
    """
    by_family: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    splits: dict[str, str] = {}
    for policy, items in _items(evaluation.get("policies", {})).items():
        for item in items:
            by_family.setdefault(item["family"], {}).setdefault(policy, []).append(item)
            splits[item["family"]] = item["split"]
    trained = _training(rows)
    return [
        FamilyLine(
            family=family,
            split=splits.get(family, ""),
            accuracy={
                policy: cell
                for policy, items in by_family.get(family, {}).items()
                if (cell := _cell(items)) is not None
            },
            trained=trained.get(family, (0, None))[0],
            success=trained.get(family, (0, None))[1],
        )
        for family in sorted({*by_family, *trained})
    ]


def _items(policies: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    return {policy: list(found["items"]) for policy, found in policies.items()}


def _cell(items: _Items) -> Cell | None:
    values = [float(item["correct"]) for item in items]
    interval = wilson_interval(values)
    if interval is None:
        return None
    return Cell(mean=interval.mean, low=interval.low, high=interval.high, n=len(values))


def _training(rows: pa.Table) -> dict[str, tuple[int, float | None]]:
    """By family: rollouts of GRPO, and the share of right ones."""
    mine = rows.filter(pc.field("phase") == "train").group_by("family")
    counted = mine.aggregate([("is_correct", "mean"), ("is_correct", "count")])
    return {row["family"]: (row["is_correct_count"], row["is_correct_mean"]) for row in counted.to_pylist()}
