"""What every phase of a run works with."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from actors.handles.calls import Reference
from actors.records import GroupSummary
from curriculum.task import Task
from curriculum.tasks.sets.parquet import TaskTable
from driver.config import RunConfig
from driver.errors import RunAbortedError, RunInterruptedError
from driver.outputs.memory import MemoryWatch
from driver.outputs.metrics import MetricsLog
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder

if TYPE_CHECKING:
    from driver.launch import Cluster


@dataclass(frozen=True)
class GroupJob:
    """One group to roll out."""

    task: Task
    group_id: str
    size: int
    temperature: float
    instructions: str


@dataclass
class Session:
    """One attempt at a run."""

    config: RunConfig
    folder: RunFolder
    model_path: Path
    metrics: MetricsLog
    progress: Progress
    make_cluster: "Callable[[], Cluster]"
    stop_requested: bool = False
    """The user asked to stop; a phase that is `graceful` saves first."""
    is_graceful: bool = False
    """Whether the present phase sees to a stop request itself."""
    memory: MemoryWatch = field(default_factory=MemoryWatch)
    """Of all processes of the run on this machine."""
    _cluster: "Cluster | None" = None

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
    def cluster(self) -> "Cluster":
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
        self, jobs: Iterable[GroupJob], done: Callable[[GroupJob, Reference, GroupSummary], Awaitable[None]]
    ) -> None:
        """Roll out and score every job with as many at once as the engines take; `done` is awaited for each."""
        rollouts, scorer = self.cluster.start_rollouts(), self.cluster.start_scorer()
        engine, workers = self.config.engine, self.config.placement.rollout_workers
        jobs = list(jobs)
        empty: list[str] = []
        size = max((job.size for job in jobs), default=1)
        # A little more than the engines hold, so that a sandbox wait never leaves a slot empty.
        slots = asyncio.Semaphore(max(1, -(-engine.max_num_seqs * workers * 5 // (size * 4))))

        async def one(job: GroupJob) -> None:
            async with slots:
                group = await rollouts.rollout_group(
                    job.task,
                    job.group_id,
                    size=job.size,
                    temperature=job.temperature,
                    instructions=job.instructions,
                )
                scored, summary = await scorer.score(group)
            if summary.num_rollouts == 0:
                empty.append(summary.group_id)
                refuse_systemic_failure(len(empty), len(jobs))
            await done(job, scored, summary)

        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(one(job))


def refuse_systemic_failure(num_empty: int, num_groups: int) -> None:
    """Stop when so many groups lost every rollout to our own faults that it cannot be chance.

    Raises:
        RunAbortedError: more than a tenth, and more than three, of the groups are empty.
    """
    if num_empty > max(3, num_groups // 10):
        raise RunAbortedError(
            f"{num_empty} of {num_groups} groups lost every rollout to faults on our side (sandbox or engine): the log "
            "lines above and `python -m driver doctor` say which; started again, the run goes on from here"
        )
