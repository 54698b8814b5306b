"""Reads what a run folder holds so far. What is not there is named in `missing`, never made up."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from curriculum.tasks.sets.parquet import TaskTable
from driver.errors import RunFolderError
from driver.outputs.metrics import MetricLine, read_metrics
from driver.outputs.run_folder import RunFolder, read_json
from driver.report.evaluation import POLICIES, Evaluation, answered_by_all, read_policies
from driver.report.floors import Floor, floors


@dataclass(frozen=True)
class RunData:
    """What a run folder holds so far, read once: every number of the report and of the summary comes from here."""

    folder: Path
    name: str
    config_text: str
    lines: list[MetricLine]
    evaluation: Evaluation
    """The items that all evaluated policies answered, by policy, as the run's own agent did."""
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
    agent: str = "own"
    """Name of the agent that was trained: how it answers."""
    other_agents: dict[str, Evaluation] = field(default_factory=dict)
    """By every further agent that was evaluated, what `evaluation` is for the run's own."""
    floors: dict[str, Floor] = field(default_factory=dict)
    """The accuracy that one constant answer reaches, by family."""

    @property
    def by_agent(self) -> dict[str, Evaluation]:
        """Items by agent and policy, the run's own agent first."""
        return {self.agent: self.evaluation, **self.other_agents}

    @property
    def config(self) -> dict[str, Any]:
        """The run's config as it was resolved; empty if it is not there."""
        return _parsed(self.config_text)

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
    found = _json(folder / "evaluation.json", missing, "accuracy before and after") or {}
    policies = found.get("policies", {})
    evaluation, num_left_out = answered_by_all(read_policies(policies))
    others = {agent: answered_by_all(read_policies(of))[0] for agent, of in found.get("agents", {}).items()}
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
    config, tasks = _parsed(config_text), _tasks(RunFolder(folder))
    data = RunData(
        folder=folder,
        name=str(config.get("name") or folder.name),
        config_text=config_text,
        lines=lines,
        evaluation=evaluation,
        evaluation_wall_s={n: float(of["wall_s"]) for n, of in policies.items() if "wall_s" in of},
        potential=_json(folder / "potential.json", missing, "improvement potential"),
        phases={name: float(phase["wall_s"]) for name, phase in phases.items() if "wall_s" in phase},
        task_set=(None if tasks is None else {"content_hash": tasks.content_hash, "num_tasks": len(tasks)}),
        traces=read_json(folder / "synthesis.json") if (folder / "synthesis.json").is_file() else {},
        num_left_out=num_left_out,
        missing=missing,
        agent=_agent(config),
        other_agents=others,
        floors=floors(tasks) if tasks is not None else {},
    )
    if not any((folder / "rollouts").glob("*.parquet")):
        missing.append("sample rollouts: no Parquet file in rollouts/")
    return data


def _tasks(folder: RunFolder) -> TaskTable | None:
    return folder.load_tasks() if folder.tasks.is_file() else None


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


def _parsed(config_text: str) -> dict[str, Any]:
    content = yaml.safe_load(config_text) if config_text else None
    return content if isinstance(content, dict) else {}


def _agent(config: dict[str, Any]) -> str:
    rollout = config.get("rollout") or {}
    return str(rollout.get("agent") or rollout.get("instructions") or "own")
