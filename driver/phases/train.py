"""Staged GRPO: rollouts of the next step are made while the learner computes.

    curriculum -> [admit, while the buffer has room] -> rollout group -> score -> buffer -> step -> publish -> load
                                                                                   ^                         |
                                                                                   +------ room again -------+

takes: potential.json, checkpoints/sft   gives: checkpoints/step-N while it runs, checkpoints/final
waits: the learner for its oldest groups; the rollouts for room in the buffer   woken by: a finished group, live weights
"""

import asyncio
import time
from collections import deque
from typing import Any

from actors.handles.calls import fetched
from actors.handles.curriculum import CurriculumHandle
from actors.handles.learner import publish_policy
from actors.records import GroupSummary
from curriculum.task import Task, TaskOutcome
from driver.outputs.rollout_files import RolloutWriter
from driver.phases import potential
from driver.phases.checkpoints import (
    drafted,
    latest_checkpoint,
    read_state,
    refuse_damaged_model,
    remove_checkpoints,
    write_state,
)
from driver.phases.group_buffer import GroupBuffer, Ticket
from driver.phases.refusals import Refusals
from driver.phases.sft import save_model
from driver.phases.step_metrics import StepMetrics
from driver.session import Session, refuse_systemic_failure

_NAME = "train"
_MIB = 1 << 20


def is_done(session: Session) -> bool:
    """Whether training is over."""
    return (session.folder.final_model / "config.json").is_file()


async def run(session: Session) -> None:
    """Train all steps, from the newest checkpoint if there is one, and save the final model."""
    training = GrpoTraining(session)
    try:
        await training.begin()
        with session.graceful():
            await training.train()
    finally:
        await training.end()


class GrpoTraining:
    """The loop's state: buffer, curriculum, policy version."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._config = session.config.training
        self._buffer = GroupBuffer(
            self._config.groups_per_step,
            session.config.num_steps,
            max_staleness=self._config.max_staleness,
            refill=self._config.refill,
            max_refill_factor=self._config.max_refill_factor,
        )
        self._curriculum: CurriculumHandle = session.cluster.start_curriculum(
            session.tasks.split("train"), potential.measured(session)
        )
        self._metrics = StepMetrics()
        self._row_ended = time.time()
        self._refusals = Refusals()
        self._step = 0
        self._version = 0
        self._num_admitted = 0
        self._num_empty = 0
        self._again: deque[Task] = deque()
        self._groups: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None
        self._changed = asyncio.Condition()
        self._filling = asyncio.Lock()

    async def begin(self) -> None:
        """Load the SFT model, or the newest checkpoint, into learner and engines."""
        session, learner = self._session, self._session.cluster.start_learner()
        await refuse_damaged_model(session.folder.sft_model)
        sft_model = str(session.folder.sft_model.absolute())
        await learner.setup(sft_model, "grpo")
        await learner.begin_phase("grpo", session.config.num_steps, sft_model)
        checkpoint = await asyncio.to_thread(
            latest_checkpoint, session.folder.checkpoints, session.progress.say
        )
        if checkpoint is not None:
            await learner.load_checkpoint(str(checkpoint.absolute()))
            await self._resume(read_state(checkpoint))
        await publish_policy(
            learner, session.cluster.start_rollouts(), self._version, self._config.bucket_mib * _MIB
        )
        session.progress.start(_NAME, session.config.num_steps)
        session.progress.advance(_NAME, self._step)
        self._row_ended = time.time()

    async def train(self) -> None:
        """All remaining steps; a stop request is honoured between two steps, with a checkpoint."""
        last = self._session.config.num_steps
        while self._step < last:
            if not await self._one_step():
                continue
            due = self._step % self._config.checkpoint_every == 0
            if self._step < last and (due or self._session.stop_requested):
                await self._checkpoint()
                self._session.stop_if_requested()
        await self._cancel_groups()
        await save_model(self._session, self._session.folder.final_model)
        remove_checkpoints(self._session.folder.checkpoints, keep=self._config.keep_checkpoints)
        self._session.progress.finish(_NAME)

    async def end(self) -> None:
        """Stop what is still being rolled out."""
        await self._cancel_groups()

    async def _one_step(self) -> bool:
        """Whether the step was taken: one that the learner refused changes nothing but the accounting."""
        waited_from = time.time()
        tickets = await self._next_groups()
        began = time.time()
        await self._fill()
        values: dict[str, float] = {"wait_s": began - waited_from, "groups_used": len(tickets)}
        if tickets:
            report = await self._session.cluster.start_learner().train_step(
                [t.reference for t in tickets], self._version
            )
            trained = time.time()
            self._buffer.refused(report.num_refused, whole_step=report.refusal is not None)
            if self._refusals.observe(report):
                self._session.progress.say(f"step refused, made again with other groups: {report.refusal}")
                return False
            self._version = report.version
            policy = await publish_policy(
                self._session.cluster.start_learner(),
                self._session.cluster.start_rollouts(),
                self._version,
                self._config.bucket_mib * _MIB,
            )
            self._metrics.learner_busy(began, trained)
            values |= report.metrics
            values |= {
                "weights_publish_s": policy.publish_s,
                "weights_load_s": policy.load_s,
                "train_s": trained - began,
            }
        self._buffer.updated()
        self._step += 1
        await self._fill()
        await self._write_down(tickets, values)
        return True

    async def _next_groups(self) -> list[Ticket]:
        """Wait until the next step's groups are finished, and take them."""
        await self._fill()
        async with self._changed:
            while not self._buffer.is_ready():
                self._raise_failures()
                await self._changed.wait()
        return self._buffer.take()

    async def _fill(self) -> None:
        """Start as many groups as the buffer has room for."""
        async with self._filling:
            count = self._buffer.room()
            tasks = [self._again.popleft() for _ in range(min(count, len(self._again)))]
            if count > len(tasks):
                tasks += await self._curriculum.next_tasks(count - len(tasks), self._step)
            for task in tasks:
                ticket = self._buffer.admit(f"train/{self._num_admitted}", task)
                self._num_admitted += 1
                running = asyncio.create_task(self._one_group(ticket))
                self._groups.add(running)
                running.add_done_callback(self._groups.discard)

    async def _one_group(self, ticket: Ticket) -> None:
        """Roll out and score one group; whatever happens, the waiting step is woken."""
        try:
            self._metrics.group_started(ticket.group_id, time.time())
            group = await self._session.cluster.start_rollouts().rollout_group(ticket.task, ticket.group_id)
            self._metrics.group_rolled_out(ticket.group_id, time.time())
            scored, summary = await self._session.cluster.start_scorer().score(group)
            await self._curriculum.observe(
                TaskOutcome(
                    task_id=summary.task_id,
                    num_correct=summary.num_correct,
                    num_rollouts=summary.num_rollouts,
                    version=summary.oldest_version,
                )
            )
            self._num_empty = self._num_empty + 1 if summary.num_rollouts == 0 else 0
            refuse_systemic_failure(self._num_empty, self._config.groups_per_step)
            kept = self._buffer.complete(ticket, scored, summary)
            self._metrics.group_done(summary)
            if not kept:
                await self._fill()
        except Exception as error:
            self._failure = error
        finally:
            async with self._changed:
                self._changed.notify_all()

    def _raise_failures(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _write_down(self, tickets: list[Ticket], values: dict[str, float]) -> None:
        session = self._session
        await self._write_rollouts(tickets)
        summaries: list[GroupSummary] = [t.summary for t in tickets if t.summary is not None]
        since, self._row_ended = self._row_ended, time.time()
        values |= self._metrics.taken(summaries, self._version, since, self._row_ended)
        values |= {f"curriculum/{key}": value for key, value in (await self._curriculum.metrics()).items()}
        accounting = self._buffer.accounting()
        values |= {key: accounting[key] for key in ("generated", "trained", "buffered")}
        values |= {f"dropped/{reason}": count for reason, count in accounting["dropped"].items()}
        values |= session.cluster.sandbox_metrics()
        values["stage"] = values["curriculum/stage"]
        values["memory_mib"] = session.memory.peak_mib
        session.metrics.log("train", self._step, values)
        right = f"right {values['success_rate']:.0%}, " if "success_rate" in values else ""
        note = f"{right}stage {values['stage']:.0f}"
        session.progress.advance(_NAME, note=note)

    async def _write_rollouts(self, tickets: list[Ticket]) -> None:
        started = time.time()
        writer = RolloutWriter(self._session.folder.rollouts)
        for group in await fetched([t.reference for t in tickets]):
            writer.add("train", self._step, group)
        writer.write(f"train-{self._step:05d}")
        self._metrics.wrote(time.time() - started)

    async def _checkpoint(self) -> None:
        started = time.time()
        checkpoints = self._session.folder.checkpoints
        async with drafted(checkpoints / f"step-{self._step}") as draft:
            await self._session.cluster.start_learner().save_checkpoint(str(draft), {})
            # Before the buffer's: a group that finishes in between is then made and observed again, not observed twice.
            curriculum = await self._curriculum.state_dict()
            state: dict[str, Any] = {
                "step": self._step,
                "version": self._version,
                "num_admitted": self._num_admitted,
                "buffer": self._buffer.state_dict(),
                "curriculum": curriculum,
            }
            write_state(draft, state)
        remove_checkpoints(checkpoints, keep=self._config.keep_checkpoints)
        self._metrics.checkpointed(time.time() - started)

    async def _resume(self, state: dict[str, Any]) -> None:
        self._step, self._version = state["step"], state["version"]
        self._num_admitted = state["num_admitted"]
        await self._curriculum.load_state_dict(state["curriculum"])
        pending = self._buffer.load_state_dict(state["buffer"])
        self._again.extend(self._session.tasks.by_id(task_id) for task_id in pending)
        self._session.metrics.truncate_after("train", self._step)

    async def _cancel_groups(self) -> None:
        for running in self._groups:
            running.cancel()
        await asyncio.gather(*self._groups, return_exceptions=True)
