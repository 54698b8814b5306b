"""What to do about a fault of ours: status in, decision out. The one place that knows how often and how long.

| status      | retry         | replace                  | drop                          | stop                        |
| ----------- | ------------- | ------------------------ | ----------------------------- | --------------------------- |
| WorkFailed  | attempts left |                          | none left, can be left out    | none left, cannot           |
| GroupLate   |               | its worker is silent too | its worker answers others     |                             |
| ActorLost   |               | budget of the hour left  | none left, others live        | none lives, or none started |
| GroupLost   |               |                          | few enough                    | too many                    |
| StepRefused |               |                          | few enough in a row           | too many in a row           |

No clock, no actors: whoever asks brings the time.
"""

from collections import defaultdict, deque
from dataclasses import dataclass

from driver.config import RecoveryConfig

HOUR_S = 3600.0


@dataclass(frozen=True)
class WorkFailed:
    """A piece of work failed on our side."""

    what: str
    """Which work, in words for the message."""
    num_attempts: int
    """How often it was tried, this time included."""
    can_be_left_out: bool = True
    """Whether the run can go on without it."""


@dataclass(frozen=True)
class GroupLate:
    """A group passed its deadline on a rollout worker."""

    worker_answers: bool
    """Whether the worker finished another group since this one began."""


@dataclass(frozen=True)
class ActorLost:
    """An actor died, hangs, or did not start."""

    role: str
    """What the lost actor did in the run."""
    now: float
    """Seconds on a clock that never goes back."""
    num_others: int = 0
    """Actors of the role that serve or may yet do so."""
    ever_served: bool = True
    """Whether any actor of the role ever worked."""
    why: str = ""
    """What happened to it, in words."""


@dataclass(frozen=True)
class GroupLost:
    """A group is lost to faults of ours: nothing can be learned from fewer than two rollouts, or measured on none."""

    num_lost: int
    """Lost groups so far: in a row while training, all together while a phase measures."""
    num_groups: int
    """Groups of a step, or of the whole phase."""
    in_a_row: bool
    """Whether they were lost one after the other."""


@dataclass(frozen=True)
class StepRefused:
    """The learner kept the old policy, since a number was not finite."""

    num_in_a_row: int
    """Refused steps without a good one between, this one included."""
    why: str
    """What the learner said about it."""


Status = WorkFailed | GroupLate | ActorLost | GroupLost | StepRefused


@dataclass(frozen=True)
class Retry:
    """Try the same again."""


@dataclass(frozen=True)
class Replace:
    """Start another actor in place of the lost one."""


@dataclass(frozen=True)
class Drop:
    """Go on without it, and count it."""


@dataclass(frozen=True)
class Stop:
    """End the run; what is finished is saved."""

    why: str
    """What happened, the numbers, and the key to change."""


Decision = Retry | Replace | Drop | Stop


class RecoveryPolicy:
    """Decides by the limits in `recovery` and by how many actors were replaced within the hour."""

    def __init__(self, config: RecoveryConfig) -> None:
        self._config = config
        self._replaced: dict[str, deque[float]] = defaultdict(deque)

    def decide(self, status: Status) -> Decision:
        """What to do about `status`. A `Replace` is taken off the hour's budget."""
        match status:
            case WorkFailed():
                return self._work_failed(status)
            case GroupLate():
                return Drop() if status.worker_answers else Replace()
            case ActorLost():
                return self._actor_lost(status)
            case GroupLost():
                return self._group_lost(status)
            case StepRefused():
                return self._step_refused(status)

    def _work_failed(self, status: WorkFailed) -> Decision:
        limit = self._config.attempts
        if status.num_attempts < limit:
            return Retry()
        if status.can_be_left_out:
            return Drop()
        return Stop(f"{status.what} failed {status.num_attempts} times (recovery.attempts={limit})")

    def _actor_lost(self, status: ActorLost) -> Decision:
        if not status.ever_served:
            # Most likely the config asks for what no machine has: trying again would take an engine's start each time.
            return Drop() if status.num_others else Stop(f"no {status.role} started: {status.why}")
        recent = self._replaced[status.role]
        while recent and recent[0] <= status.now - HOUR_S:
            recent.popleft()
        limit = self._config.replacements_per_hour
        if len(recent) < limit:
            recent.append(status.now)
            return Replace()
        if status.num_others:
            return Drop()
        return Stop(
            f"the last {status.role} was lost ({status.why}) and recovery.replacements_per_hour={limit} are used up: "
            "see its log in the dashboard, or raise that limit"
        )

    def _group_lost(self, status: GroupLost) -> Decision:
        config = self._config
        if status.num_lost <= max(config.lost_groups, config.lost_share * status.num_groups):
            return Drop()
        if status.in_a_row:
            what = f"{status.num_lost} groups in a row lost every rollout, or all but one,"
        else:
            what = f"{status.num_lost} of {status.num_groups} groups lost every rollout"
        return Stop(
            f"{what} to faults on our side (sandbox, engine or endpoint): the log lines above and `python -m driver "
            f"doctor` say which; recovery.lost_groups={config.lost_groups} and recovery.lost_share={config.lost_share} "
            "are borne; started again, the run goes on from here"
        )

    def _step_refused(self, status: StepRefused) -> Decision:
        if status.num_in_a_row < self._config.refused_steps:
            return Drop()
        return Stop(
            f"the learner refused {status.num_in_a_row} steps in a row, the last for {status.why} "
            f"(recovery.refused_steps={self._config.refused_steps}): the policy was left as it was; lower "
            "learner.grpo.lr or learner.sft.lr, or start again from an earlier checkpoint"
        )
