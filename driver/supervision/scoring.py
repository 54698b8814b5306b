"""Scores by the reward scorer, within a deadline; a scorer that dies or hangs is replaced and asked again."""

from collections.abc import Awaitable
from typing import Any, Protocol

from actors.errors import ActorLostError, GroupLostError, RecordLostError
from actors.records import GroupSummary
from driver.supervision.deadlines import Deadlines
from driver.supervision.standing_actor import StandingActor


class ScorerClient(Protocol):
    """What is asked of a reward scorer. Raises `ActorLostError` when it is dead, `RecordLostError`."""

    def score(self, group: Any) -> Awaitable[tuple[Any, GroupSummary]]:
        """Score the group behind a reference; the reference of the `ScoredGroup`, and its numbers."""
        ...


class Scoring:
    """The reward scorer as a function of groups."""

    def __init__(self, scorer: StandingActor[ScorerClient], deadlines: Deadlines) -> None:
        self._scorer = scorer
        self._deadlines = deadlines
        self._num_checks = 0

    async def score(self, group: Any, num_rollouts: int) -> tuple[Any, GroupSummary]:
        """The reference of the `ScoredGroup`, and its numbers.

        Args:
            group: reference of a finished `RolloutGroup`.
            num_rollouts: how many rollouts it has.

        Raises:
            GroupLostError: the group is gone with its node, or no scorer could score it.
            RunAbortedError: no scorer may be started any more.
        """
        self._num_checks += num_rollouts
        # At worst every answer that is with the scorer hangs, one after the other.
        limit_s = self._num_checks * self._deadlines.check_s + self._deadlines.call_s
        try:
            return await self._scorer.call(lambda scorer: scorer.score(group), limit_s)
        except (ActorLostError, RecordLostError) as error:
            raise GroupLostError(f"a group could not be scored: {error}") from error
        finally:
            self._num_checks -= num_rollouts

    async def close(self) -> None:
        """End the scorer."""
        await self._scorer.close()
