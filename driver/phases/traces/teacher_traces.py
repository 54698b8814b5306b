"""Traces by a teacher, a model behind an endpoint: held as conversations, kept if the checker says right.

Resumable: every attempt that ended is a line of `traces.partial.jsonl`, right or not, and is not paid for again. One
that failed on our side or the endpoint's has none, and is made again by a resumed run.
"""

import asyncio
import zlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from actors.agents.agent import Agent
from actors.agents.code_agent import CodeAgent
from actors.records import EndReason, Rollout, Source
from actors.rewards.rules import given_answer
from curriculum.task import Task
from driver.errors import RunAbortedError
from driver.outputs.progress import Progress
from driver.outputs.row_writer import RowWriter
from driver.outputs.run_folder import read_lines
from driver.outputs.trace_file import Trace
from driver.phases.traces.config import SynthesisConfig
from driver.phases.traces.teacher_wordings import TEACHER_WORDINGS
from driver.phases.traces.yields import FamilyYield, gathered, most_per_family, reasons_of

_NAME = "synthesize"
HOPELESS = 10
"""Tasks of a family tried in vain, with none solved, after which the family is given up: attempts cost money."""

Judge = Callable[[Task, str | None], Awaitable[bool]]
"""Whether an answer to a task is right."""


class HoldsRollout(Protocol):
    """Holds one conversation with the teacher, once there is a place."""

    def __call__(
        self, question: str, rollout_id: str, *, agent: Agent, temperature: float, instructions: str | None
    ) -> Awaitable[Rollout]:
        """Raises `EndpointDeadError`."""
        ...


class TeacherTraces:
    """Has a teacher write the traces of one run.

    Example: `traces, yields = await TeacherTraces(config, rollouts.rollout, judge, partial, progress).write(tasks)`.
    """

    def __init__(
        self,
        config: SynthesisConfig,
        hold: HoldsRollout,
        judge: Judge,
        *,
        partial: Path,
        progress: Progress,
        fits: Callable[[Trace], bool],
        at_once: int,
    ) -> None:
        """Asks nothing yet.

        Args:
            config: who teaches, how often, how many traces.
            hold: holds one conversation.
            judge: the reward scorer's checker.
            partial: file of the attempts.
            progress: is told of every task.
            fits: whether a rollout of the run could be as long as a trace.
            at_once: tasks that are tried side by side.
        """
        self._config = config
        self._hold = hold
        self._judge = judge
        self._partial = partial
        self._progress = progress
        self._fits = fits
        self._places = asyncio.Semaphore(at_once)
        self._most = config.max_per_family
        self._attempts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._kept: Counter[str] = Counter()
        self._unsolved: Counter[str] = Counter()

    async def write(self, tasks: Sequence[Task]) -> tuple[list[Trace], dict[str, FamilyYield]]:
        """Traces of these tasks, without repeats, and what each family gave.

        Raises:
            RunAbortedError: not one trace was right.
            EndpointDeadError: the endpoint answers nobody; attempts that ended are kept.
        """
        num_families = len({task.family for task in tasks})
        self._most = most_per_family(self._config, num_families)
        for row in read_lines(self._partial):
            # Another teacher's attempts say nothing of this one.
            if row.get("teacher") == self._config.teacher:
                self._attempts[row["task_id"]].append(row)
        self._progress.start(_NAME, len(tasks))
        for task in tasks:
            if self._is_over(task):
                self._count(task)
        with RowWriter(self._partial) as rows:
            async with asyncio.TaskGroup() as group:
                for task in tasks:
                    group.create_task(self._taught(task, rows))
        self._progress.finish(_NAME)
        tried = [row for task in tasks if (row := self._outcome(task)) is not None]
        traces, yields = gathered(tried, self._most)
        for family, one in yields.items():
            if not one.kept:
                self._progress.say(f"the teacher solved no task of {family} ({reasons_of({family: one})})")
        if not traces:
            raise RunAbortedError(
                f"the teacher {self._config.teacher} solved none of {len(tried)} tasks ({reasons_of(yields)}): its "
                f"answers are in {self._partial}; set another synthesis.teacher, or delete that file to try again"
            )
        return traces, yields

    async def _taught(self, task: Task, rows: RowWriter) -> None:
        """Attempts at a task until one is right, none is left, or its family has enough or is given up."""
        if self._is_over(task):
            self._progress.advance(_NAME)
            return
        async with self._places:
            for number in range(len(self._attempts[task.task_id]), self._config.teacher_attempts):
                if self._kept[task.family] >= self._most or self._is_given_up(task.family):
                    break
                row = await self._tried(task, number)
                if row is None:
                    continue
                self._attempts[task.task_id].append(row)
                await asyncio.to_thread(rows.append, row)
                if row["trace"] is not None:
                    break
            self._count(task)
        self._progress.advance(_NAME)

    async def _tried(self, task: Task, number: int) -> dict[str, Any] | None:
        """One attempt as a row of the partial file; None if it failed on our side."""
        wording = wording_of(task, number, self._config.seed)
        rollout = await self._hold(
            task.question,
            f"teach/{task.task_id}/{number}",
            agent=CodeAgent(),
            temperature=self._config.teacher_temperature,
            instructions=TEACHER_WORDINGS[wording],
        )
        if rollout.end_reason is EndReason.INFRASTRUCTURE:
            return None
        trace, reason = trace_of(task, rollout, f"teacher/{wording}"), None
        if rollout.end_reason is not EndReason.ANSWER:
            reason = rollout.end_reason.value
        elif not await self._judge(task, given_answer(rollout)):
            reason = "wrong"
        elif not self._fits(trace):
            reason = "long"
        return {
            "task_id": task.task_id,
            "family": task.family,
            "teacher": self._config.teacher,
            "wording": wording,
            "reason": reason,
            "answer": given_answer(rollout),
            "executions": len(rollout.executions),
            "seconds": trace.seconds,
            "trace": None if reason else trace.model_dump(mode="json"),
        }

    def _outcome(self, task: Task) -> dict[str, Any] | None:
        """All attempts at a task as one row; None if it was not needed."""
        attempts = self._attempts[task.task_id]
        row = {"task_id": task.task_id, "family": task.family, "trace": None, "attempts": len(attempts)}
        row |= {name: sum(one[name] for one in attempts) for name in ("executions", "seconds")}
        if attempts:
            return row | {"trace": attempts[-1]["trace"], "reason": attempts[-1]["reason"]}
        if self._kept[task.family] >= self._most:
            return None
        return row | {"reason": "given_up" if self._is_given_up(task.family) else "infrastructure"}

    def _is_over(self, task: Task) -> bool:
        attempts = self._attempts[task.task_id]
        is_solved = any(row["trace"] is not None for row in attempts)
        return is_solved or len(attempts) >= self._config.teacher_attempts

    def _is_given_up(self, family: str) -> bool:
        return not self._kept[family] and self._unsolved[family] >= HOPELESS

    def _count(self, task: Task) -> None:
        attempts = self._attempts[task.task_id]
        if attempts:
            is_solved = attempts[-1]["trace"] is not None
            (self._kept if is_solved else self._unsolved)[task.family] += 1


def wording_of(task: Task, number: int, seed: int) -> str:
    """Name of the wording that a task's attempt of this number is asked with."""
    names = list(TEACHER_WORDINGS)
    return names[(zlib.crc32(f"{seed}/{task.task_id}".encode()) + number) % len(names)]


def trace_of(task: Task, rollout: Rollout, style: str) -> Trace:
    """What was said after the question, turn by turn, as a trace."""
    said = rollout.segments[1:]
    turns = []
    for place in range(0, len(said), 2):
        assert said[place].source is Source.MODEL, "model and environment speak in turn"
        shown = said[place + 1].text if place + 1 < len(said) else None
        text = said[place].text
        # A sampled turn is ended by the line feed after its closing fence, so this one has it too.
        turns.append((text if shown is None or text.endswith("\n") else f"{text}\n", shown))
    return Trace(
        trace_id=task.task_id,
        question=task.question,
        turns=tuple(turns),
        family=task.family,
        style=style,
        seconds=round(sum(execution.duration_s for execution in rollout.executions), 3),
    )
