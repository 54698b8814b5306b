"""The paper's main table from a run of ours: accuracy by source and split, for every agent and policy.

Every cell is a mean over families, as the paper's are, with intervals over tasks and over families.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curriculum.tasks.catalogue import sources
from driver.report.bootstrap import FamilyMean, gain_over_families, mean_over_families
from driver.report.evaluation import POLICIES, Evaluation, Item, paired
from driver.report.paper.numbers import SET_UP, Part
from driver.report.run_data import RunData

SOURCE_NAMES = {
    "symbench": "SymBench",
    "bbh": "BIG-Bench Hard",
    "reasoning_gym": "Reasoning Gym",
    "own": "own families",
    "all": "all",
}
GAINS = (
    ("base", "sft", "SFT over base"),
    ("sft", "grpo", "GRPO over SFT"),
    ("base", "grpo", "GRPO over base"),
)


@dataclass(frozen=True)
class TableRow:
    """One agent under one policy, or one gain of it; `cells` by part."""

    agent: str
    what: str
    cells: dict[Part, FamilyMean]


@dataclass(frozen=True)
class SourceTable:
    """The whole table: its columns, its rows of accuracies, and its rows of gains."""

    parts: list[Part]
    accuracies: list[TableRow]
    gains: list[TableRow]


def source_table(data: RunData) -> SourceTable:
    """The table of a run; empty where nothing was evaluated."""
    return SourceTable(parts(data), accuracy_rows(data), gain_rows(data))


def source_of(family: str) -> str:
    """Where a family comes from; `own` for one that is none of the 144."""
    return sources().get(family, "own")


def parts(data: RunData) -> list[Part]:
    """The columns: every source that was evaluated, trained families before held-out ones, then all of them."""
    present = {
        (source_of(item.family), item.is_held_out)
        for evaluation in data.by_agent.values()
        for items in evaluation.values()
        for item in items
    }
    present |= {("all", is_held_out) for _, is_held_out in present}
    return sorted(present, key=order)


def order(part: Part) -> tuple[int, bool]:
    """Place of a column: by source, trained families first."""
    return list(SOURCE_NAMES).index(part[0]), part[1]


def accuracy_rows(data: RunData) -> list[TableRow]:
    """Mean accuracy of every agent under every policy that has items."""
    return [
        TableRow(agent, policy, _cells(items))
        for agent, evaluation in data.by_agent.items()
        for policy in POLICIES
        if (items := evaluation.get(policy))
    ]


def gain_rows(data: RunData) -> list[TableRow]:
    """Mean gain of every agent from one policy to another, on the tasks that both answered."""
    rows = []
    for agent, evaluation in data.by_agent.items():
        for before, after, what in GAINS:
            cells = _gain_cells(evaluation, before, after)
            if cells:
                rows.append(TableRow(agent, what, cells))
    return rows


def differences(data: RunData) -> str:
    """One line: what differs between the run and the paper, in model, data and budget."""
    families = {item.family: item.is_held_out for items in data.evaluation.values() for item in items}
    num_held_out = sum(families.values())
    training, rollout = data.config.get("training") or {}, data.config.get("rollout") or {}
    kept = sum(int(one["kept"]) for one in data.traces.values())
    ours = [
        str(data.config.get("model", "model unknown")),
        f"{len(families) - num_held_out} families trained on and {num_held_out} held out",
        f"{kept} traces by solvers" if kept else "traces not recorded",
        f"{len(data.lines_of('train'))} steps",
    ]
    if training.get("groups_per_step") and rollout.get("group_size"):
        ours[-1] += f" of {training['groups_per_step']} tasks x {rollout['group_size']} rollouts"
    return (
        f"This run: {', '.join(ours)}. The paper: {SET_UP}. The split and some checkers differ too (docs/paper.md), "
        "so the rows may be read side by side, not subtracted."
    )


def plain_rows(rows: list[TableRow]) -> list[dict[str, Any]]:
    """The rows for `summary.json`: one entry per cell."""
    return [
        {
            "agent": row.agent,
            "what": row.what,
            "source": source,
            "families_held_out": is_held_out,
            "mean": cell.mean,
            "low": cell.tasks.low,
            "high": cell.tasks.high,
            "num_tasks": cell.tasks.n,
            "families": (
                {"low": cell.families.low, "high": cell.families.high, "n": cell.families.n}
                if cell.families
                else None
            ),
        }
        for row in rows
        for (source, is_held_out), cell in row.cells.items()
    ]


def _cells(items: list[Item]) -> dict[Part, FamilyMean]:
    cells = {}
    for part, found in _by_part({item.task_id: item for item in items}).items():
        cell = mean_over_families([i.correct for i in found], [i.family for i in found])
        if cell is not None:
            cells[part] = cell
    return cells


def _gain_cells(evaluation: Evaluation, before: str, after: str) -> dict[Part, FamilyMean]:
    pairs = paired(evaluation, before, after)
    later = {second.task_id: second.correct for _, second in pairs}
    cells = {}
    for part, found in _by_part({first.task_id: first for first, _ in pairs}).items():
        earlier, new = [i.correct for i in found], [later[i.task_id] for i in found]
        cell = gain_over_families(earlier, new, [i.family for i in found])
        if cell is not None:
            cells[part] = cell
    return cells


def _by_part(items: Mapping[str, Item]) -> dict[Part, list[Item]]:
    found: dict[Part, list[Item]] = {}
    for item in items.values():
        for source in (source_of(item.family), "all"):
            found.setdefault((source, item.is_held_out), []).append(item)
    return found
