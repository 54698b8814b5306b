"""Reads what a run folder holds so far. What is not there is named in `missing`, never made up."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from driver.errors import RunFolderError
from driver.outputs.metrics import MetricLine, read_metrics
from driver.outputs.run_folder import RunFolder, read_json

POLICIES = ("base", "sft", "grpo")
"""In the order in which training makes them."""


@dataclass(frozen=True)
class Item:
    """One evaluated question under one policy; `correct` is the share of its samples that were right."""

    task_id: str
    family: str
    is_held_out: bool
    correct: float
    num_executions: float
    end_reason: str
    num_samples: int = 1
    """How many samples `correct` is a share of, those that failed on our side left out."""


@dataclass(frozen=True)
class RunData:
    """What a run folder holds so far, read once: every number of the report and of the summary comes from here."""

    folder: Path
    name: str
    config_text: str
    lines: list[MetricLine]
    evaluation: dict[str, list[Item]]
    """The items that all evaluated policies answered, by policy."""
    evaluation_wall_s: dict[str, float]
    potential: dict[str, Any] | None
    phases: dict[str, float]
    task_set: dict[str, str | int] | None = None
    """Content hash and size of the frozen task set."""
    traces: dict[str, Any] = field(default_factory=dict)
    """What each family's solver gave (`FamilyYield`), by family; empty for traces of one's own."""
    num_left_out: int = 0
    """Items that faults on our side left some policy without an answer to: they are in no policy's means."""
    missing: list[str] = field(default_factory=list)

    def lines_of(self, phase: str) -> list[MetricLine]:
        """Every line of one phase (`setup`, `sft`, `potential`, `train`, `evaluate`), in the order of its steps."""
        return sorted((line for line in self.lines if line.phase == phase), key=lambda line: line.step)

    def series(self, phase: str, name: str) -> tuple[list[int], list[float]]:
        """Steps and values of one number, where it was logged."""
        found = [(x.step, x.values[name]) for x in self.lines_of(phase) if name in x.values]
        return [step for step, _ in found], [value for _, value in found]

    def values(self, phase: str, name: str) -> list[float]:
        """The values of one number in the order of its steps, those that are not finite left out."""
        return [v for v in self.series(phase, name)[1] if math.isfinite(v)]

    def totals(self, phase: str, prefix: str) -> dict[str, float]:
        """Sum over steps of every `prefix` + key, by key, largest first."""
        sums: dict[str, float] = {}
        for line in self.lines_of(phase):
            for name, value in line.values.items():
                if name.startswith(prefix) and math.isfinite(value):
                    key = name.removeprefix(prefix)
                    sums[key] = sums.get(key, 0.0) + value
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def read_run(folder: Path) -> RunData:
    """Everything in `folder` that the report is made of.

    Raises:
        RunFolderError: there is no such folder, or a file in it is not what it should be.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunFolderError(f"there is no run folder {folder}: give the folder of a run, as in its config")
    missing: list[str] = []
    config_text = _text(folder / "config.yaml", missing, "the run's config")
    everything, wall = _evaluation(_json(folder / "evaluation.json", missing, "accuracy before and after"))
    evaluation, num_left_out = answered_by_all(everything)
    lines = read_metrics(folder)
    missing += [
        f"{what}: no line of phase {phase} in metrics.jsonl"
        for phase, what in (("sft", "SFT curves"), ("train", "GRPO curves, executions and accounting"))
        if not any(line.phase == phase for line in lines)
    ]
    missing += [
        f"accuracy of {policy}: not in evaluation.json"
        for policy in POLICIES
        if evaluation and not evaluation.get(policy)
    ]
    phases = _json(folder / "phases.json", missing, "time of each phase") or {}
    data = RunData(
        folder=folder,
        name=_name(config_text) or folder.name,
        config_text=config_text,
        lines=lines,
        evaluation=evaluation,
        evaluation_wall_s=wall,
        potential=_json(folder / "potential.json", missing, "improvement potential"),
        phases={name: float(phase["wall_s"]) for name, phase in phases.items() if "wall_s" in phase},
        task_set=_task_set(RunFolder(folder)),
        traces=read_json(folder / "synthesis.json") if (folder / "synthesis.json").is_file() else {},
        num_left_out=num_left_out,
        missing=missing,
    )
    if not any((folder / "rollouts").glob("*.parquet")):
        missing.append("sample rollouts: no Parquet file in rollouts/")
    return data


def _task_set(folder: RunFolder) -> dict[str, str | int] | None:
    if not folder.tasks.is_file():
        return None
    table = folder.load_tasks()
    return {"content_hash": table.content_hash, "num_tasks": len(table)}


def _text(path: Path, missing: list[str], what: str) -> str:
    if path.is_file():
        return path.read_text(encoding="utf-8")
    missing.append(f"{what}: no {path.name}")
    return ""


def _json(path: Path, missing: list[str], what: str) -> dict[str, Any] | None:
    if not path.is_file():
        missing.append(f"{what}: no {path.name}")
        return None
    return read_json(path)


def answered_by_all(evaluation: Mapping[str, list[Item]]) -> tuple[dict[str, list[Item]], int]:
    """The items that every policy with any has an answer to, by policy, and how many others there were.

    A policy that lost its hard items to faults on our side would else look better than one that answered them.
    """
    ids = [{item.task_id for item in items} for items in evaluation.values() if items]
    shared = set.intersection(*ids) if ids else set()
    kept = {policy: [i for i in items if i.task_id in shared] for policy, items in evaluation.items()}
    return kept, len(set().union(*ids) - shared)


def _name(config_text: str) -> str:
    content = yaml.safe_load(config_text) if config_text else None
    return str(content.get("name", "")) if isinstance(content, dict) else ""


def _evaluation(content: dict[str, Any] | None) -> tuple[dict[str, list[Item]], dict[str, float]]:
    policies = (content or {}).get("policies", {})
    items = {
        name: [
            Item(
                task_id=item["task_id"],
                family=item["family"],
                is_held_out=item["split"] == "held_out",
                correct=float(item["correct"]),
                num_executions=float(item["num_executions"]),
                end_reason=str(item["end_reason"]),
                num_samples=int(item.get("num_samples", 1)),
            )
            for item in policy["items"]
        ]
        for name, policy in policies.items()
    }
    wall = {name: float(policy["wall_s"]) for name, policy in policies.items() if "wall_s" in policy}
    return items, wall
