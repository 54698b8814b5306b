"""Scores finished rollout groups. One CPU actor per run; the rules themselves live in actors/rewards/."""

import asyncio
from collections import Counter

from actors.records import GroupSummary, RolloutGroup, ScoredGroup
from actors.rewards.config import RewardConfig, RewardRole
from actors.rewards.own_term import own_term
from actors.rewards.rules import given_answer
from actors.rewards.scoring import countable_rollouts, scored_group
from actors.rewards.self_check import checks_itself
from actors.rewards.timed_check import TimedChecker


class RewardScorer:
    """Binary outcome by the task's own checker, then the configured shaping."""

    def __init__(self, config: RewardConfig, role: RewardRole | None = None) -> None:
        """Starts nothing yet; `role` is what the other sections of a run ask of it.

        Raises:
            RewardError: `reward.own` names no function.
        """
        self._config, self._role = config, role
        self._own = own_term(config.own) if config.own is not None else None
        self._checker = TimedChecker(config.check_timeout_s)
        self._totals: Counter[str] = Counter()

    def __repr__(self) -> str:
        return "RewardScorer"

    async def score(self, group: RolloutGroup) -> tuple[ScoredGroup, "GroupSummary"]:
        """Check every countable rollout; returns the scored group and, for the driver, its numbers alone."""
        answers = [given_answer(rollout) for rollout in countable_rollouts(group)]
        outcomes = await asyncio.gather(*[self._checker.is_correct(group.task, answer) for answer in answers])
        scored = scored_group(group, outcomes, self._config, self._own, self._role)
        self._totals["rollouts"] += len(outcomes)
        self._totals["correct"] += sum(outcomes)
        return scored, GroupSummary.of(scored, sum(map(checks_itself, scored.group.rollouts)))

    def metrics(self) -> dict[str, float]:
        """Totals since the start."""
        return {
            **{key: float(value) for key, value in self._totals.items()},
            "check_timeouts": float(self._checker.num_timeouts),
            "check_crashes": float(self._checker.num_crashes),
        }

    def close(self) -> None:
        """End the checker's process."""
        self._checker.close()
