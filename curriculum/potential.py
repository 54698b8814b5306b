"""Improvement potential of a task: 4 p (1 - p) for its success rate p, and the groups it sorts tasks into.

The paper pools four agents. With per-agent rates p_a, the pooled potential splits exactly into what single
agents see and what lies between them:  4 p (1 - p) = mean_a 4 p_a (1 - p_a) + 4 Var_a(p_a).  A task that one
agent always solves and another never does has a high pooled potential and yet gives the one policy in
training no signal; therefore counts are kept per agent, and `between_agents` says how much of a value is of
that kind.
"""

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import Field, model_validator

from curriculum.frozen import Frozen
from curriculum.gates import checked_counts

PAPER_THRESHOLDS = (0.64, 0.48, 0.32, 0.0)
"""Lowest potential of each of the paper's four groups, first stage first."""

POLICY = "policy"
"""The agent that is being trained: the only one whose rate predicts its own signal."""
POOLED = "pooled"


class TaskPotential(Frozen):
    """Measured success of one agent on one task, before training.

    Example: `TaskPotential.measured("reasoning_gym/gcd/00017", 5, 20)` has potential 0.75.
    """

    task_id: str
    """Id of the measured task."""
    num_correct: int
    """How many of its rollouts were right."""
    num_rollouts: int
    """How many of its rollouts were scored."""
    potential: float = Field(ge=0.0)
    """`improvement_potential` of the counts; 0 where nothing was measured."""
    agent: str = POLICY
    """Who answered (prompt style and temperature), `policy`, or `pooled` over several agents."""

    @model_validator(mode="after")
    def _check(self) -> "TaskPotential":
        checked_counts(self.num_correct, self.num_rollouts)
        return self

    @classmethod
    def measured(
        cls, task_id: str, num_correct: int, num_rollouts: int, agent: str = POLICY
    ) -> "TaskPotential":
        """The record of these counts."""
        potential = improvement_potential(num_correct, num_rollouts) if num_rollouts else 0.0
        return cls(
            task_id=task_id,
            num_correct=num_correct,
            num_rollouts=num_rollouts,
            potential=potential,
            agent=agent,
        )


def improvement_potential(num_correct: int, num_rollouts: int, *, unbiased: bool = False) -> float:
    """4 p (1 - p) with p = num_correct / num_rollouts; 1 at p = 1/2, 0 where all or none are right.

    Args:
        num_correct: k.
        num_rollouts: N.
        unbiased: Multiply by N / (N - 1): the plain value is low by the factor 1 - 1/N on average, which
            changes no ordering among tasks of equal N, but does among unequal ones. It may exceed 1.

    Raises:
        ValueError: If there are no rollouts, or only one for the unbiased value.
    """
    checked_counts(num_correct, num_rollouts)
    if num_rollouts < 1 + unbiased:
        raise ValueError(
            f"{num_rollouts} rollouts are too few for a potential: measure {1 + unbiased} or more"
        )
    # Whole numbers until the last step: k and N - k right have the same potential to the bit, and tie.
    plain = 4 * num_correct * (num_rollouts - num_correct) / num_rollouts**2
    return plain * (num_rollouts / (num_rollouts - 1) if unbiased else 1.0)


def pooled(records: Sequence[TaskPotential]) -> TaskPotential:
    """All agents' rollouts on one task counted together.

    Raises:
        ValueError: If there are none, or they are of different tasks.
    """
    if len({r.task_id for r in records}) != 1:
        raise ValueError(f"pooling needs records of one task, got {sorted({r.task_id for r in records})}")
    correct, rollouts = sum(r.num_correct for r in records), sum(r.num_rollouts for r in records)
    return TaskPotential.measured(records[0].task_id, correct, rollouts, POOLED)


def between_agents(records: Sequence[TaskPotential]) -> float:
    """4 Var_a(p_a), weighted by rollouts: the part of the pooled potential that no single agent sees."""
    measured = [r for r in records if r.num_rollouts]
    if not measured:
        return 0.0
    total = pooled(measured)
    mean = total.num_correct / total.num_rollouts
    spread = sum(r.num_rollouts * (r.num_correct / r.num_rollouts - mean) ** 2 for r in measured)
    return 4 * spread / total.num_rollouts


def one_per_task(records: Iterable[TaskPotential]) -> list[TaskPotential]:
    """One record per task, by id: the policy's own where there is one, else all agents pooled."""
    by_task: dict[str, list[TaskPotential]] = {}
    for record in records:
        by_task.setdefault(record.task_id, []).append(record)
    chosen = []
    for _, found in sorted(by_task.items()):
        own = [r for r in found if r.agent == POLICY]
        chosen.append(found[0] if len(found) == 1 else own[0] if len(own) == 1 else pooled(own or found))
    return chosen


def potential_groups(
    potentials: Sequence[TaskPotential],
    grouping: Literal["thresholds", "equal"] = "thresholds",
    *,
    thresholds: Sequence[float] = PAPER_THRESHOLDS,
    family_of: Mapping[str, str] | None = None,
    seed: int = 0,
) -> tuple[tuple[str, ...], ...]:
    """Task ids in as many groups as there are thresholds, highest potential first.

    Few rollouts give few values, so most tasks tie; among equals the order spreads the families evenly and is
    otherwise a hash's, so that no group is filled from the start of the alphabet.

    Args:
        potentials: One record per task.
        grouping: `thresholds`: group g holds potentials from thresholds[g] up to the bound before it;
            `equal`: sorted by potential and cut into groups whose sizes differ by at most one.
        thresholds: Falling lower bounds; for `equal` only their number counts.
        family_of: Family of each task by its id; None takes all for one family.
        seed: Of the order among equals.

    Raises:
        ValueError: If a task has several records.
    """
    if len({p.task_id for p in potentials}) != len(potentials):
        raise ValueError("a task has several potentials: choose with one_per_task first")
    ranked = _ranked(potentials, family_of or {}, seed)
    count = len(thresholds)
    if grouping == "equal":
        small, larger = divmod(len(ranked), count)
        ends = list(itertools.accumulate(small + (g < larger) for g in range(count)))
        return tuple(
            tuple(p.task_id for p in ranked[start:end]) for start, end in zip([0, *ends], ends, strict=False)
        )
    groups: list[list[str]] = [[] for _ in range(count)]
    for record in ranked:
        # 4p(1-p) of k/N is inexact in binary: 0.64 may come out as 0.6400000000000001 or just below.
        group = next(g for g, bound in enumerate(thresholds) if record.potential >= bound - 1e-9)
        groups[group].append(record.task_id)
    return tuple(map(tuple, groups))


def _ranked(
    potentials: Sequence[TaskPotential], family_of: Mapping[str, str], seed: int
) -> list[TaskPotential]:
    """Highest potential first; of n tied tasks of a family the r-th stands at (r - 1/2) / n of the tie's length."""
    ties: dict[tuple[float, str], list[TaskPotential]] = defaultdict(list)
    for record in potentials:
        ties[record.potential, family_of.get(record.task_id, "")].append(record)
    keys: dict[str, tuple[float, float, bytes]] = {}
    for (value, _), tied in ties.items():
        tied.sort(key=lambda p: _hash(seed, p.task_id))
        for number, record in enumerate(tied):
            keys[record.task_id] = (-value, (number + 0.5) / len(tied), _hash(seed, record.task_id))
    return sorted(potentials, key=lambda p: keys[p.task_id])


def _hash(seed: int, task_id: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{task_id}".encode(), digest_size=16).digest()
