"""What every phase of a run works with."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from actors.errors import GroupLostError
from actors.handles.calls import Reference
from actors.records import GroupSummary, RolloutGroup, ScoredGroup
from curriculum.task import Task
from curriculum.tasks.sets.parquet import TaskTable
from driver.config import RunConfig
from driver.errors import RunAbortedError, RunInterruptedError
from driver.outputs.memory import MemoryWatch
from driver.outputs.metrics import MetricsLog
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder
from driver.recovery import GroupLost, RecoveryPolicy, StepRefused, Stop

if TYPE_CHECKING:
    from driver.cluster import RunCluster


@dataclass(frozen=True)
class GroupJob:
    """One group to roll out."""

    task: Task
    group_id: str
    size: int
    temperatures: tuple[float, ...]
    """Of its rollouts, in turn."""
    agent: str


class RollsOut(Protocol):
    """The rollout workers of a run, or an endpoint in their place."""

    async def rollout_group(
        self, task: Task, group_id: str, *, size: int, temperatures: Sequence[float], agent: str
    ) -> Any:
        """A finished `RolloutGroup`, or the reference of one. Raises `GroupLostError`."""
        ...


@dataclass
class Session:
    """One attempt at a run."""

    config: RunConfig
    folder: RunFolder
    model_path: Path
    metrics: MetricsLog
    progress: Progress
    make_cluster: "Callable[[], RunCluster]"
    stop_requested: bool = False
    """The user asked to stop; a phase that is `graceful` saves first."""
    is_graceful: bool = False
    """Whether the present phase sees to a stop request itself."""
    memory: MemoryWatch = field(default_factory=MemoryWatch)
    """Of all processes of the run on this machine."""
    _cluster: "RunCluster | None" = None

    @contextmanager
    def graceful(self) -> Iterator[None]:
        """Inside, a stop request waits for `stop_if_requested`."""
        self.is_graceful = True
        try:
            yield
        finally:
            self.is_graceful = False

    def stop_if_requested(self) -> None:
        """End the run here if the user asked for it."""
        if self.stop_requested:
            raise RunInterruptedError(
                "stopped as asked, with everything so far saved: the same command goes on from here"
            )

    def start_cluster(self) -> None:
        """Join or start the cluster that the phases' actors run on."""
        self._cluster = self.make_cluster()

    @property
    def cluster(self) -> "RunCluster":
        """The actors of the run; `start_cluster` comes first."""
        assert self._cluster is not None, "a phase asked for actors before start_cluster()"
        return self._cluster

    @property
    def has_cluster(self) -> bool:
        """Whether the cluster was started."""
        return self._cluster is not None

    @cached_property
    def tasks(self) -> TaskTable:
        """The frozen task set."""
        return self.folder.load_tasks()

    async def sweep(
        self,
        jobs: Iterable[GroupJob],
        done: Callable[[GroupJob, Reference, GroupSummary], Awaitable[None]],
        rollouts: RollsOut | None = None,
    ) -> None:
        """Roll out and score every job, and await `done` for each; for one that was lost with no reference.

        Args:
            jobs: what to roll out.
            done: is told of each.
            rollouts: who does it; the run's rollout workers if None.

        Raises:
            RunAbortedError: more jobs were lost to faults of ours than `recovery` bears.
            EndpointDeadError: they were rolled out by an endpoint, which answers nobody.
        """
        rollouts, scorer = rollouts or self.cluster.start_rollouts(), self.cluster.start_scorer()
        jobs = list(jobs)
        num_lost = num_done = 0

        async def one(job: GroupJob) -> None:
            nonlocal num_lost, num_done
            try:
                group = await rollouts.rollout_group(
                    job.task,
                    job.group_id,
                    size=job.size,
                    temperatures=job.temperatures,
                    agent=job.agent,
                )
                scored, summary = await scorer.score(group, job.size)
            except GroupLostError as error:
                self.progress.say(str(error))
                scored, summary = None, _nothing_back(job)
            if summary.num_rollouts == 0:
                num_lost += 1
                self.bear(GroupLost(num_lost, len(jobs), in_a_row=False))
            await done(job, scored, summary)
            num_done += 1
            phase = job.group_id.partition("/")[0]
            self.metrics.announce(phase, {"groups_answered": float(num_done)})

        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(one(job))

    def bear(self, status: GroupLost | StepRefused) -> None:
        """Go on in spite of a fault of ours, if that many are borne.

        Raises:
            RunAbortedError: they are not.
        """
        decision = RecoveryPolicy(self.config.recovery).decide(status)
        if isinstance(decision, Stop):
            raise RunAbortedError(decision.why)


def _nothing_back(job: GroupJob) -> GroupSummary:
    """The numbers of a group whose rollouts were all lost to faults of ours."""
    group = RolloutGroup(group_id=job.group_id, task=job.task, rollouts=())
    return GroupSummary.of(ScoredGroup(group=group, scores=(), num_infrastructure=job.size))
