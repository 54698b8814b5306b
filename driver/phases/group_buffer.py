"""Which groups may be started, which count, and which the next step learns from. Pure: no clock, no actors.

Invariants, at every moment:
* generated = trained + dropped + buffered, in rollouts;
* a step takes groups in the order in which they were admitted, so that slow rollouts are not passed over for short
  ones, and no group is more than `max_staleness` updates behind the step that takes it.
"""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from actors.records import GroupSummary
from curriculum.task import Task


@dataclass
class Ticket:
    """One admitted group: its task, and once it is scored its summary and where it lies."""

    group_id: str
    task: Task
    summary: GroupSummary | None = None
    reference: Any = None


class GroupBuffer:
    """Admission, gating and accounting of rollout groups."""

    def __init__(
        self,
        groups_per_step: int,
        num_steps: int,
        *,
        max_staleness: int,
        refill: bool,
        max_refill_factor: float,
    ) -> None:
        self._groups_per_step = groups_per_step
        self._num_steps = num_steps
        self._max_staleness = max_staleness
        self._refill = refill
        # 2.3 times 10 groups are 13 replacements; (2.3 - 1) * 10 alone is 12.999999999999998.
        self._max_drops = int(round(max_refill_factor * groups_per_step, 6)) - groups_per_step
        self._drops_for_step = 0
        self._waiting: deque[Ticket] = deque()
        self._updates = 0
        self._steps_taken = 0
        self.generated = 0
        self.trained = 0
        self.dropped: Counter[str] = Counter()

    @property
    def buffered(self) -> int:
        """Rollouts that are finished and wait for a step."""
        return sum(t.summary.num_rollouts for t in self._waiting if t.summary is not None)

    @property
    def pending_task_ids(self) -> list[str]:
        """Tasks of the groups that no step has taken yet, oldest first: a resumed run starts with them."""
        return [t.task.task_id for t in self._waiting]

    def room(self) -> int:
        """Groups that may be admitted now without any of them growing too stale."""
        steps_ahead = self._updates + 1 + self._max_staleness - self._steps_taken
        steps_left = self._num_steps - self._steps_taken
        return max(0, min(steps_ahead, steps_left) * self._groups_per_step - len(self._waiting))

    def admit(self, group_id: str, task: Task) -> Ticket:
        """Take a slot for a group."""
        ticket = Ticket(group_id, task)
        self._waiting.append(ticket)
        return ticket

    def complete(self, ticket: Ticket, reference: Any, summary: GroupSummary) -> bool:
        """Record a finished group; whether it is kept. A group that is not kept gives its slot back."""
        self.generated += summary.num_rollouts + summary.num_infrastructure
        self.dropped["infrastructure"] += summary.num_infrastructure
        if summary.num_rollouts < 2:
            self._drop(ticket, "infrastructure", summary.num_rollouts)
            return False
        if self._refill and not summary.has_signal and self._drops_for_step < self._max_drops:
            self._drops_for_step += 1
            self._drop(ticket, "no_signal", summary.num_rollouts)
            return False
        ticket.reference, ticket.summary = reference, summary
        return True

    def lose(self, ticket: Ticket, num_rollouts: int) -> None:
        """Record a group of which nothing came back; it gives its slot back."""
        self.generated += num_rollouts
        self._drop(ticket, "infrastructure", num_rollouts)

    def is_ready(self) -> bool:
        """Whether the next step's groups are all finished."""
        first = list(self._waiting)[: self._groups_per_step]
        return len(first) == self._groups_per_step and all(t.summary is not None for t in first)

    def take(self) -> list[Ticket]:
        """The next step's groups, oldest first.

        With refill, groups without signal that were kept because the limit of replacements was reached are left
        out, so there may be fewer than asked for, or none.
        """
        taken = [self._waiting.popleft() for _ in range(self._groups_per_step)]
        self._steps_taken += 1
        self._drops_for_step = 0
        used = []
        for ticket in taken:
            assert ticket.summary is not None, "take() before is_ready()"
            if self._refill and not ticket.summary.has_signal:
                self.dropped["no_signal"] += ticket.summary.num_rollouts
            else:
                self.trained += ticket.summary.num_rollouts
                used.append(ticket)
        return used

    def refused(self, num_rollouts: int, *, whole_step: bool) -> None:
        """The learner left out so many of the rollouts that the last step took, or all of them and took no step."""
        self.trained -= num_rollouts
        self.dropped["not_finite"] += num_rollouts
        if whole_step:
            self._steps_taken -= 1

    def updated(self) -> None:
        """The weights of one more step are live (or the step had nothing to learn from)."""
        self._updates += 1

    def accounting(self) -> dict[str, Any]:
        """The four numbers, with the reasons of what was dropped."""
        return {
            "generated": self.generated,
            "trained": self.trained,
            "dropped": dict(self.dropped),
            "buffered": self.buffered,
        }

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds: the accounting, and the tasks to start again."""
        return {
            "accounting": self.accounting(),
            "pending_task_ids": self.pending_task_ids,
            "steps": self._steps_taken,
        }

    def load_state_dict(self, state: dict[str, Any]) -> list[str]:
        """Go on from a checkpoint made between two steps; returns the tasks whose groups must be started again.

        What was buffered then is gone and counts as dropped.
        """
        if set(state) != {"accounting", "pending_task_ids", "steps"}:
            raise ValueError(
                f"buffer state has fields {sorted(state)}, expected accounting, pending_task_ids, steps"
            )
        self._steps_taken = self._updates = state["steps"]
        saved = state["accounting"]
        self.generated, self.trained = saved["generated"], saved["trained"]
        self.dropped = Counter(saved["dropped"])
        if saved["buffered"]:
            self.dropped["restart"] += saved["buffered"]
        return list(state["pending_task_ids"])

    def _drop(self, ticket: Ticket, reason: str, num_rollouts: int) -> None:
        self._waiting.remove(ticket)
        self.dropped[reason] += num_rollouts
