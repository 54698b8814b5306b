"""Traces by the families' solvers: written as a plan, really executed, kept if the answer is right.

Resumable: what was tried is in `traces.partial.jsonl`, kept or not, and is not tried again.
"""

import asyncio
import random
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from actors.episodes.scripts import complete_script, observation_text
from curriculum.task import Task
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.checkers import check
from curriculum.tasks.solvers import TracePlan, WrongWordingError, confirms, trace_plan
from driver.config import RunConfig
from driver.errors import RunAbortedError
from driver.outputs.progress import Progress
from driver.outputs.row_writer import RowWriter
from driver.outputs.run_folder import read_lines
from driver.outputs.trace_file import Trace, Turns
from driver.phases.traces.yields import FamilyYield, gathered, most_per_family, reasons_of
from driver.preflight import families_without_traces
from sandbox_service import ExecutionRequest, ExecutionResult, Termination

_NAME = "synthesize"
_AT_ONCE_PER_WORKER = 4


class ScriptedTraces:
    """Writes the traces of one run.

    Example: `traces = await ScriptedTraces(config, execute, partial, progress, fits).write(tasks)`.
    """

    def __init__(
        self,
        config: RunConfig,
        execute: Any,
        partial: Path,
        progress: Progress,
        fits: Callable[[Trace], bool],
    ) -> None:
        """Tries nothing yet.

        Args:
            config: of the run.
            execute: runs one script.
            partial: file of what was tried.
            progress: is told of every task.
            fits: whether a rollout of the run could be as long as a trace.
        """
        self._config = config
        self._fits = fits
        self._execute = execute
        self._partial = partial
        self._progress = progress
        self._kept: Counter[str] = Counter()
        self._most = config.synthesis.max_per_family
        self._places = asyncio.Semaphore(max(2, _AT_ONCE_PER_WORKER * config.sandbox.num_workers))

    async def write(self, tasks: Sequence[Task]) -> tuple[list[Trace], dict[str, FamilyYield]]:
        """Traces of these tasks, without repeats, and what each family gave.

        Raises:
            RunAbortedError: no family has a solver, or not one trace was right.
        """
        planned = self._planned(tasks)
        rows: dict[str, dict[str, Any]] = {row["task_id"]: row for row in read_lines(self._partial)}
        self._kept.update(row["family"] for row in rows.values() if row["trace"] is not None)
        self._progress.start(_NAME, len(planned))
        self._progress.advance(_NAME, sum(task.task_id in rows for task in planned))
        with RowWriter(self._partial) as writer:

            async def one(task: Task) -> None:
                async with self._places:
                    if self._kept[task.family] < self._most:
                        row = await self._tried(task)
                        self._kept[task.family] += row["trace"] is not None
                        writer.append(row)
                        rows[task.task_id] = row
                self._progress.advance(_NAME)

            async with asyncio.TaskGroup() as group:
                for task in planned:
                    if task.task_id not in rows:
                        group.create_task(one(task))
        self._progress.finish(_NAME)
        traces, yields = gathered([rows[t.task_id] for t in planned if t.task_id in rows], self._most)
        if not traces:
            raise RunAbortedError(
                f"none of {len(rows)} traces ended in a right answer ({reasons_of(yields)}): is the sandbox in order? "
                "`python -m driver doctor` tells"
            )
        return traces, yields

    def _planned(self, tasks: Sequence[Task]) -> list[Task]:
        """Tasks of families that have a solver, with the share of each settled."""
        without = families_without_traces(task.family for task in tasks)
        planned = [task for task in tasks if task.family not in without]
        num_families = len({task.family for task in planned})
        self._most = most_per_family(self._config.synthesis, num_families)
        return planned

    async def _tried(self, task: Task) -> dict[str, Any]:
        """The outcome of one task as a row of the partial file."""
        row: dict[str, Any] = {"task_id": task.task_id, "family": task.family, "trace": None, "reason": None}
        shares = self._config.synthesis
        rng = random.Random(zlib.crc32(f"{shares.seed}/{task.task_id}".encode()))
        try:
            plan = trace_plan(
                task,
                rng,
                shares.error_fraction,
                explore_fraction=shares.explore_fraction,
                slow_fraction=shares.slow_fraction,
                check_fraction=shares.check_fraction,
            )
        except WrongWordingError:
            return {**row, "reason": "unread", "executions": 0, "seconds": 0.0}
        turns, seconds, reason, answer = await self._carried_out(task, plan)
        final = plan.final(answer)
        if reason is None and not check(task, extract_answer(final)):
            reason = "wrong"
        row |= {"reason": reason, "executions": len(turns), "seconds": round(seconds, 3)}
        if reason is None:
            trace = Trace(
                trace_id=task.task_id,
                question=task.question,
                turns=(*turns, (final, None)),
                family=task.family,
                style=plan.style,
                seconds=round(seconds, 3),
            )
            if not self._fits(trace):
                return row | {"reason": "long"}
            row["trace"] = trace.model_dump(mode="json")
        return row

    async def _carried_out(self, task: Task, plan: TracePlan) -> tuple[Turns, float, str | None, str]:
        """Run the plan's scripts: its turns, their seconds, why it failed if it did, and the answer's output."""
        turns: list[tuple[str, str | None]] = []
        seconds, answer = 0.0, ""
        for number in range(len(plan.turns)):
            turn = plan.turn(number, answer)
            # A sampled turn is ended by the line feed after its closing fence, so a written one has it too.
            text = turn if turn.endswith("\n") else turn + "\n"
            result = await self._run(f"trace/{task.task_id}/{number}", complete_script(text) or "")
            seconds += result.duration_s
            if result.termination is Termination.INFRASTRUCTURE:
                return tuple(turns), seconds, "infrastructure", answer
            turns.append((text, observation_text(result, self._config.rollout.max_observation_chars)))
            if number == plan.answer_turn:
                answer = result.stdout.strip()
            elif number > plan.answer_turn and not confirms(result.stdout):
                return tuple(turns), seconds, "unchecked", answer
        return tuple(turns), seconds, None, answer

    async def _run(self, execution_id: str, script: str) -> ExecutionResult:
        rollout = self._config.rollout
        result: ExecutionResult = await self._execute(
            ExecutionRequest(
                execution_id=execution_id,
                code=script,
                timeout_s=rollout.execution_timeout_s,
                memory_mib=rollout.execution_memory_mib,
            )
        )
        return result
