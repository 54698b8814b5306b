"""SFT traces: solvers or a teacher write scripts, the sandbox runs them, and only those with a right answer stay.

takes: the `sft` split of the task set   gives: traces.parquet, synthesis.json
"""

from collections.abc import Callable
from pathlib import Path

from actors.rewards.timed_check import TimedChecker
from driver.outputs.run_folder import write_json
from driver.outputs.trace_file import Trace, write_traces
from driver.phases.endpoint import asked_endpoint
from driver.phases.sft import policy_transcriber
from driver.phases.traces.limits import why_too_long
from driver.phases.traces.own_traces import own_traces
from driver.phases.traces.scripted_traces import ScriptedTraces
from driver.phases.traces.teacher_traces import TeacherTraces
from driver.phases.traces.yields import FamilyYield
from driver.preflight import families_without_traces
from driver.session import Session


def is_done(session: Session) -> bool:
    """Whether the traces are there."""
    return session.folder.traces.is_file()


async def run(session: Session) -> None:
    """Write the traces, and what each family gave.

    Raises:
        RunAbortedError: not one trace was right, there is no task for traces, no family has a solver, or a line of
            `synthesis.file` is refused.
    """
    if session.config.synthesis.file is not None:
        write_traces(session.folder.traces, _own_traces(session, Path(session.config.synthesis.file)))
        return
    refuse_without_source(session)
    folder, transcriber, limits = session.folder, policy_transcriber(session), session.config.rollout

    def fits(trace: Trace) -> bool:
        written = transcriber.written_rollout(trace.trace_id, trace.question, trace.turns)
        return why_too_long(written, limits) is None

    if session.config.synthesis.teacher is not None:
        traces, yields = await _taught(session, session.config.synthesis.teacher, fits)
    else:
        writer = ScriptedTraces(
            session.config, session.cluster.start_sandbox(), folder.traces_partial, session.progress, fits
        )
        traces, yields = await writer.write(session.tasks.split("sft"))
    tried = sum(one.tried for one in yields.values())
    session.metrics.log("setup", 0, {"traces_written": tried, "traces_kept": len(traces)})
    write_json(folder.synthesis, {family: one.model_dump() for family, one in yields.items()})
    write_traces(folder.traces, traces)
    folder.traces_partial.unlink(missing_ok=True)


async def _taught(
    session: Session, teacher: str, fits: Callable[[Trace], bool]
) -> tuple[list[Trace], dict[str, FamilyYield]]:
    """Traces by a model at the endpoint, judged by the checkers of the reward."""
    config = session.config
    checker = TimedChecker(config.reward.check_timeout_s)
    try:
        async with asked_endpoint(session, "synthesize", teacher) as rollouts:
            writer = TeacherTraces(
                config.synthesis,
                rollouts.rollout,
                checker.is_correct,
                partial=session.folder.traces_partial,
                progress=session.progress,
                fits=fits,
                at_once=config.endpoint.rollouts_at_once,
            )
            return await writer.write(session.tasks.split("sft"))
    finally:
        checker.close()


def refuse_without_source(session: Session) -> None:
    """Refuse a run that would find out only here that it has no traces to learn from; needs no actor.

    Families that no solver writes traces for are said: SFT does without them.

    Raises:
        RunAbortedError: no task is for traces, no family has a solver, or a line of `synthesis.file` is refused.
    """
    file = session.config.synthesis.file
    if file is not None:
        _own_traces(session, Path(file))
        return
    tasks = session.tasks.split("sft")
    if tasks and session.config.synthesis.teacher is not None:
        return
    without = families_without_traces(task.family for task in tasks)
    if without:
        session.progress.say(
            f"{len(without)} families have no solver that writes traces, so SFT does without them: {', '.join(without)}"
        )


def _own_traces(session: Session, file: Path) -> list[Trace]:
    held_back = {
        task.question: f"that of {task.task_id}, a task of split {split}"
        for split in ("test", "held_out")
        for task in session.tasks.split(split)
    }
    return own_traces(
        file, transcriber=policy_transcriber(session), limits=session.config.rollout, held_back=held_back
    )
