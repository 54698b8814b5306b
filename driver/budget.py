"""What the phases of a run were planned to take, held against what they took: a plan that is told, not a limit."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from actors.frozen import Settings
from driver.outputs.durations import duration

PLANNED = ("sft", "potential", "train", "evaluate")
_TOKENS_OF = {"sft": "num_sequence_tokens"}
_GENERATED = "tokens_generated"


class PhaseBudget(Settings):
    """The plan for one phase."""

    tokens: int = Field(default=0, ge=0)
    """Tokens that the learner computes in SFT, or that the engines generate in any other phase; 0 is no plan."""
    minutes: float = Field(default=0.0, ge=0)
    """Minutes that it takes on the machine that the plan was made for."""


class BudgetConfig(Settings):
    """What the phases are planned to take; told at the start, and after each phase beside what it took."""

    sft: PhaseBudget = PhaseBudget()
    """What SFT is planned to take."""
    potential: PhaseBudget = PhaseBudget()
    """What the measurement of improvement potential is planned to take."""
    train: PhaseBudget = PhaseBudget()
    """What GRPO is planned to take."""
    evaluate: PhaseBudget = PhaseBudget()
    """What the evaluation is planned to take."""

    @property
    def by_phase(self) -> dict[str, PhaseBudget]:
        """The plans that there are, in the order of the phases."""
        return {name: plan for name in PLANNED if (plan := getattr(self, name)).tokens}


def spent_tokens(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Tokens by phase, from the lines of metrics.jsonl; a step that was repeated after a stop was paid for twice."""
    spent: dict[str, int] = {}
    for row in rows:
        tokens = row["values"].get(_TOKENS_OF.get(row["phase"], _GENERATED))
        if row["phase"] in PLANNED and tokens is not None:
            spent[row["phase"]] = spent.get(row["phase"], 0) + int(tokens)
    return spent


def plan_text(budget: BudgetConfig) -> str | None:
    """The whole plan in one line; None if there is none."""
    plans = budget.by_phase
    if not plans:
        return None
    parts = [f"{name} {plan.tokens:,} tokens, {plan.minutes:g} min" for name, plan in plans.items()]
    return f"planned: {'; '.join(parts)}; in all {duration(60 * sum(p.minutes for p in plans.values()))}"


def phase_text(
    budget: BudgetConfig, phase: str, spent: Mapping[str, int], wall_s: Mapping[str, float]
) -> str | None:
    """What a phase took beside its plan, and how long the rest will take at this pace; None without a plan.

    Args:
        budget: the plans.
        phase: that has just ended.
        spent: tokens by phase.
        wall_s: seconds by phase, of those that have ended.
    """
    plans = budget.by_phase
    if phase not in plans:
        return None
    plan, took = plans[phase], wall_s.get(phase, 0.0)
    text = (
        f"{phase} took {spent.get(phase, 0):,} tokens of {plan.tokens:,} planned, {duration(took)} of "
        f"{duration(60 * plan.minutes)}"
    )
    left = seconds_left(budget, phase, wall_s)
    return f"{text}; about {duration(left)} left" if left else text


def seconds_left(budget: BudgetConfig, phase: str, wall_s: Mapping[str, float]) -> float:
    """What the phases after `phase` will take, at the pace of those that have ended against their plans."""
    plans = budget.by_phase
    ended = [name for name in PLANNED[: PLANNED.index(phase) + 1] if name in plans and wall_s.get(name)]
    planned = 60 * sum(plans[name].minutes for name in ended)
    pace = sum(wall_s[name] for name in ended) / planned if planned else 1.0
    rest = [plans[name].minutes for name in PLANNED[PLANNED.index(phase) + 1 :] if name in plans]
    return 60 * sum(rest) * pace
