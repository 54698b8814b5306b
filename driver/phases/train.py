"""Staged GRPO: rollouts of the next step are made while the learner computes.

    curriculum -> [admit, while the buffer has room] -> rollout group -> score -> buffer -> step -> publish -> load
                                                                                   ^                         |
                                                                                   +------ room again -------+

takes: potential.json, checkpoints/sft   gives: checkpoints/step-N while it runs, checkpoints/final
waits: the learner for its oldest groups; the rollouts for room in the buffer   woken by: a finished group, live weights

A group that is lost to a fault of ours is counted and replaced, a step that the learner refuses keeps the old policy;
both as often as `recovery` bears. Any other failure ends the run, with a checkpoint if the learner is idle and whole.
"""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Any

from actors.errors import ActorError, GroupLostError, RecordLostError
from actors.handles.calls import fetched
from actors.records import GroupSummary
from curriculum.task import Task, TaskOutcome
from driver.errors import DriverError, RunAbortedError
from driver.outputs.rollout_files import RolloutWriter
from driver.phases import potential
from driver.phases.checkpoints import (
    checkpoint_steps,
    drafted,
    latest_checkpoint,
    read_state,
    refuse_damaged_model,
    remove_checkpoints,
    write_state,
)
from driver.phases.group_buffer import GroupBuffer, Ticket
from driver.phases.publish import publish_policy
from driver.phases.sft import save_model
from driver.phases.step_metrics import StepMetrics
from driver.recovery import GroupLost, StepRefused
from driver.session import Session

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
        cluster = session.cluster
        self._learner = cluster.start_learner()
        self._rollouts = cluster.start_rollouts()
        self._scorer = cluster.start_scorer()
        self._curriculum = cluster.start_curriculum(session.tasks.split("train"), potential.measured(session))
        self._metrics = StepMetrics()
        self._row_ended = time.time()
        self._step = 0
        self._version = 0
        self._num_admitted = 0
        self._num_lost = 0
        self._num_refused = 0
        self._again: deque[Task] = deque()
        self._groups: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None
        self._changed = asyncio.Condition()
        self._filling = asyncio.Lock()
        self._is_over = False

    async def begin(self) -> None:
        """Load the SFT model, or the newest checkpoint, into learner and engines."""
        session = self._session
        await refuse_damaged_model(session.folder.sft_model)
        sft_model = str(session.folder.sft_model.absolute())
        await self._learner.setup(sft_model, "grpo")
        await self._learner.begin_phase("grpo", session.config.num_steps, sft_model)
        checkpoint = await asyncio.to_thread(
            latest_checkpoint, session.folder.checkpoints, session.progress.say
        )
        if checkpoint is not None:
            await self._learner.load_checkpoint(str(checkpoint.absolute()))
            await self._resume(read_state(checkpoint))
        # Steps beyond the checkpoint, or all where there is none, are made again.
        session.metrics.truncate_after("train", self._step)
        await self._publish()
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
        """One step, written down; False if the learner refused it, which changes nothing but the accounting."""
        waited_from = time.time()
        try:
            tickets = await self._next_groups()
        except (ActorError, DriverError):
            # The learner has no part in this and stands between two steps: what it learned is not lost.
            await self._save_before_the_end()
            raise
        began = time.time()
        await self._fill()
        values: dict[str, float] = {"wait_s": began - waited_from, "groups_used": len(tickets)}
        version, failure = self._version, None
        if tickets:
            try:
                values |= await self._learned(tickets, began)
            except (ActorError, DriverError) as error:
                # Only a policy that no worker could load is a step all the same, and is saved before the run ends.
                if self._version == version:
                    raise
                failure = error
            if self._version == version:
                return False
        self._buffer.updated()
        self._step += 1
        if failure is None:
            await self._fill()
        await self._write_down(tickets, values)
        if failure is not None:
            await self._save_before_the_end()
            raise failure
        return True

    async def _learned(self, tickets: list[Ticket], began: float) -> dict[str, float]:
        """One optimiser step, and its policy live; what it measured. If it was refused the version stays."""
        report = await self._learner.train_step([t.reference for t in tickets], self._version)
        trained = time.time()
        self._buffer.refused(report.num_refused, whole_step=report.refusal is not None)
        if report.refusal is not None:
            await self._bear_refusal(report.refusal)
            return {}
        self._num_refused = 0
        self._version = report.version
        self._metrics.learner_busy(began, trained)
        publish_s, load_s = await self._publish()
        return {
            **report.metrics,
            "weights_publish_s": publish_s,
            "weights_load_s": load_s,
            "train_s": trained - began,
        }

    async def _bear_refusal(self, why: str) -> None:
        self._num_refused += 1
        try:
            self._session.bear(StepRefused(self._num_refused, why))
        except RunAbortedError:
            await self._save_before_the_end()
            raise
        self._session.progress.say(f"step refused, made again with other groups: {why}")

    async def _publish(self) -> tuple[float, float]:
        policy = await publish_policy(
            self._learner, self._rollouts, self._version, self._config.bucket_mib * _MIB
        )
        return policy.publish_s, policy.load_s

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
            count = 0 if self._is_over else self._buffer.room()
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
        size = self._session.config.rollout.group_size
        try:
            self._metrics.group_started(ticket.group_id, time.time())
            try:
                group = await self._rollouts.rollout_group(ticket.task, ticket.group_id)
            finally:
                self._metrics.group_rolled_out(ticket.group_id, time.time())
            scored, summary = await self._scorer.score(group, size)
            await self._observe(summary)
            kept = self._buffer.complete(ticket, scored, summary)
            self._metrics.group_done(summary)
            self._count_lost(is_lost=summary.num_rollouts < 2)
            if not kept:
                await self._fill()
        except GroupLostError as error:
            self._session.progress.say(str(error))
            await self._replace_lost(ticket, size)
        except Exception as error:
            self._failure = error
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def _observe(self, summary: GroupSummary) -> None:
        outcome = TaskOutcome(
            task_id=summary.task_id,
            num_correct=summary.num_correct,
            num_rollouts=summary.num_rollouts,
            version=summary.oldest_version,
        )
        await self._curriculum.observe(outcome)

    async def _replace_lost(self, ticket: Ticket, size: int) -> None:
        """Count a group of which nothing came back, and start another in its place."""
        try:
            self._buffer.lose(ticket, size)
            self._count_lost(is_lost=True)
            await self._fill()
        except Exception as error:
            self._failure = error

    def _count_lost(self, *, is_lost: bool) -> None:
        """Only a group that could teach ends a row of lost ones: one sibling alone cannot."""
        self._num_lost = self._num_lost + 1 if is_lost else 0
        if is_lost:
            self._session.bear(GroupLost(self._num_lost, self._config.groups_per_step, in_a_row=True))

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
        values["accounting_gap"] = accounting["generated"] - sum(
            (accounting["trained"], accounting["buffered"], *accounting["dropped"].values())
        )
        values |= session.cluster.metrics()
        values["stage"] = values["curriculum/stage"]
        if "memory_mib" in values:
            values["learner_memory_mib"] = values["memory_mib"]
        values["memory_mib"] = session.memory.peak_mib
        session.metrics.log("train", self._step, values)
        right = f"right {values['success_rate']:.0%}, " if "success_rate" in values else ""
        note = f"{right}stage {values['stage']:.0f}"
        session.progress.advance(_NAME, note=note)

    async def _write_rollouts(self, tickets: list[Ticket]) -> None:
        started = time.time()
        session = self._session
        writer = RolloutWriter(session.folder.rollouts)
        for ticket in tickets:
            try:
                (group,) = await fetched([ticket.reference], session.config.recovery.call_s)
            except RecordLostError as error:
                session.progress.say(f"the rollouts of {ticket.group_id} are not written down: {error}")
            else:
                writer.add("train", self._step, group)
        writer.write(f"train-{self._step:05d}")
        self._metrics.wrote(time.time() - started)

    async def _checkpoint(self) -> None:
        started = time.time()
        checkpoints = self._session.folder.checkpoints
        async with drafted(checkpoints / f"step-{self._step}") as draft:
            await self._learner.save_checkpoint(str(draft), {})
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

    async def _save_before_the_end(self) -> None:
        """A checkpoint of what is finished, if it can be had; the failure that ends the run is told in any case."""
        if self._step and self._step not in checkpoint_steps(self._session.folder.checkpoints):
            with suppress(ActorError, DriverError):
                await self._checkpoint()

    async def _resume(self, state: dict[str, Any]) -> None:
        self._step, self._version = state["step"], state["version"]
        self._num_admitted = state["num_admitted"]
        await self._curriculum.load_state_dict(state["curriculum"])
        pending = self._buffer.load_state_dict(state["buffer"])
        self._again.extend(self._session.tasks.by_id(task_id) for task_id in pending)

    async def _cancel_groups(self) -> None:
        self._is_over = True
        while self._groups:
            for running in self._groups:
                running.cancel()
            # Again and again: code on the way may swallow a cancellation.
            await asyncio.wait(self._groups, timeout=0.1)
