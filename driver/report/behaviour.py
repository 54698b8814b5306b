"""How rollouts went, beside being right: code, turns, tokens, self-checks, and how they and their scripts ended."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.outputs.rollout_files import read_rollouts
from driver.report.evaluation import POLICIES, Item
from driver.report.run_data import RunData


@dataclass(frozen=True)
class Behaviour:
    """Means over the tasks of one agent under one policy; None where the run did not write them down."""

    agent: str
    policy: str
    num_tasks: int
    share_code: float | None
    num_executions: float
    num_turns: float | None
    num_tokens: float | None
    share_checked: float | None
    terminations: dict[str, float]
    """Share of scripts that ended so, the commonest first."""
    end_reasons: dict[str, float]
    """Share of rollouts that ended so, the commonest first."""


@dataclass(frozen=True)
class StepRollouts:
    """Means over the stored training rollouts of one GRPO step."""

    step: int
    num_tokens: float
    num_executions: float
    share_code: float
    share_failed: float | None
    """Share of scripts that did not run to their end; None without scripts."""


def behaviours(data: RunData) -> list[Behaviour]:
    """One for every agent and policy that has items."""
    return [
        _behaviour(agent, policy, items)
        for agent, evaluation in data.by_agent.items()
        for policy in POLICIES
        if (items := evaluation.get(policy))
    ]


def training_steps(folder: Path) -> list[StepRollouts]:
    """How training's rollouts went, step by step, from those that the run in `folder` stored."""
    by_step: dict[int, list[dict[str, Any]]] = {}
    for file in sorted((folder / "rollouts").glob("train-*.parquet")):
        for row in read_rollouts(file, columns=["step", "num_tokens", "termination"]):
            by_step.setdefault(int(row["step"]), []).append(row)
    return [_step(step, rows) for step, rows in sorted(by_step.items())]


def _behaviour(agent: str, policy: str, items: list[Item]) -> Behaviour:
    return Behaviour(
        agent=agent,
        policy=policy,
        num_tasks=len(items),
        share_code=_mean(item.share_code for item in items),
        num_executions=sum(item.num_executions for item in items) / len(items),
        num_turns=_mean(item.num_turns for item in items),
        num_tokens=_mean(item.num_tokens for item in items),
        share_checked=_mean(item.share_checked for item in items),
        terminations=_shares(sum((Counter(item.terminations) for item in items), Counter())),
        end_reasons=_shares(sum((Counter(item.end_reasons) for item in items), Counter())),
    )


def _step(step: int, rows: list[dict[str, Any]]) -> StepRollouts:
    ends = [end for row in rows for end in row["termination"]]
    return StepRollouts(
        step=step,
        num_tokens=sum(int(row["num_tokens"]) for row in rows) / len(rows),
        num_executions=len(ends) / len(rows),
        share_code=sum(bool(row["termination"]) for row in rows) / len(rows),
        share_failed=sum(end != "ok" for end in ends) / len(ends) if ends else None,
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _shares(counts: Counter[str]) -> dict[str, float]:
    whole = counts.total()
    return {name: count / whole for name, count in counts.most_common() if count}
