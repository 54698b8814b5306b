"""SFT traces: solvers write scripts, the sandbox really runs them, and only traces with a right answer are kept.

takes: the `sft` split of the task set   gives: traces.jsonl
"""

import asyncio
import json
import random
import zlib
from pathlib import Path

from actors.episodes.scripts import complete_script, observation_text
from curriculum.task import Task
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.checkers import check
from curriculum.tasks.solvers import confirms, trace_plan
from driver.errors import RunAbortedError
from driver.outputs.run_folder import write_whole
from driver.phases.own_traces import Trace, own_traces
from driver.phases.sft import policy_transcriber
from driver.preflight import refuse_families_without_traces
from driver.session import Session
from sandbox_service import ExecutionRequest, Termination

_NAME = "synthesize"


def is_done(session: Session) -> bool:
    """Whether the traces are there."""
    return session.folder.traces.is_file()


async def run(session: Session) -> None:
    """Write traces.jsonl.

    Raises:
        RunAbortedError: not one trace was right, there is no task for traces, a family has no solver, or a line of
            `synthesis.file` is refused.
    """
    if session.config.synthesis.file is not None:
        _take_own_traces(session, Path(session.config.synthesis.file))
        return
    refuse_without_source(session)
    tasks = session.tasks.split("sft")
    session.progress.start(_NAME, len(tasks))
    traces = await asyncio.gather(*[_trace(session, task) for task in tasks])
    kept = [trace for trace in traces if trace is not None]
    session.progress.finish(_NAME)
    if not kept:
        raise RunAbortedError(
            f"none of {len(tasks)} traces ended in a right answer: is the sandbox in order?"
        )
    session.metrics.log("setup", 0, {"traces_written": len(traces), "traces_kept": len(kept)})
    write_whole(session.folder.traces, "".join(json.dumps(trace) + "\n" for trace in kept))


def refuse_without_source(session: Session) -> None:
    """Refuse a run that would find out only here that it has no traces to learn from; needs no actor.

    Raises:
        RunAbortedError: no task is for traces, a family has no solver, or a line of `synthesis.file` is refused.
    """
    file = session.config.synthesis.file
    if file is None:
        refuse_families_without_traces(task.family for task in session.tasks.split("sft"))
    else:
        _own_traces(session, Path(file))


def _take_own_traces(session: Session, file: Path) -> None:
    traces = _own_traces(session, file)
    write_whole(session.folder.traces, "".join(f"{trace.model_dump_json()}\n" for trace in traces))


def _own_traces(session: Session, file: Path) -> list[Trace]:
    held_back = {
        task.question: f"that of {task.task_id}, a task of split {split}"
        for split in ("test", "held_out")
        for task in session.tasks.split(split)
    }
    return own_traces(
        file, transcriber=policy_transcriber(session), limits=session.config.rollout, held_back=held_back
    )


async def _trace(session: Session, task: Task) -> dict[str, object] | None:
    """One executed trace, or None if its answer came out wrong."""
    config = session.config
    rng = random.Random(zlib.crc32(f"{config.synthesis.seed}/{task.task_id}".encode()))
    shares = config.synthesis
    plan = trace_plan(
        task,
        rng,
        shares.error_fraction,
        explore_fraction=shares.explore_fraction,
        slow_fraction=shares.slow_fraction,
        check_fraction=shares.check_fraction,
    )
    turns: list[tuple[str, str | None]] = []
    answer = ""
    for number in range(len(plan.turns)):
        turn = plan.turn(number, answer)
        # A sampled turn is ended by the line feed after its closing fence, so a written one has it too.
        text = turn if turn.endswith("\n") else turn + "\n"
        result = await session.cluster.start_sandbox()(
            ExecutionRequest(
                execution_id=f"trace/{task.task_id}/{number}",
                code=complete_script(text) or "",
                timeout_s=config.rollout.execution_timeout_s,
                memory_mib=config.rollout.execution_memory_mib,
            )
        )
        if result.termination is Termination.INFRASTRUCTURE:
            return None
        turns.append((text, observation_text(result, config.rollout.max_observation_chars)))
        if number == plan.answer_turn:
            answer = result.stdout.strip()
        elif number > plan.answer_turn and not confirms(result.stdout):
            return None
    final = plan.final(answer)
    session.progress.advance(_NAME)
    if not check(task, extract_answer(final)):
        return None
    return {"trace_id": task.task_id, "question": task.question, "turns": [*turns, (final, None)]}
