"""The whole run, one phase after the other, each skipped if its output is already in the run folder.

    tasks -> synthesize -> sft -> potential -> train -> evaluate -> report
                 |          |        |           |          |
    sandbox <----+   learner+  rollouts+scorer   all five   rollouts + scorer

| phase      | takes                        | gives                     | waits for                      |
| ---------- | ---------------------------- | ------------------------- | ------------------------------ |
| tasks      | config                       | tasks.parquet             | nothing                        |
| synthesize | tasks (split sft)            | traces.parquet            | sandbox                        |
| sft        | traces.parquet, base model   | checkpoints/sft           | learner                        |
| potential  | tasks (split train), sft     | potential.json            | rollout workers, sandbox       |
| train      | potential.json, sft          | checkpoints/final         | see driver/phases/train.py     |
| evaluate   | tasks (test, held_out), all  | evaluation.json           | rollout workers, sandbox       |
| report     | everything above             | summary.json, report.html | nothing                        |
"""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from actors.agents.choice import chosen_agent
from actors.handles.gauges import ClusterMetrics
from actors.rewards.own_term import own_term
from driver.budget import phase_text, plan_text, spent_tokens
from driver.config import RunConfig
from driver.errors import PlacementError, RunInterruptedError
from driver.launch import Cluster, joins_cluster
from driver.models import resolve_model
from driver.outputs.metrics import FILE_NAME, MetricsLog
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder, read_lines
from driver.phases import evaluate, potential, sft, synthesize, tasks, train
from driver.phases.endpoint import refuse_unreachable
from driver.session import Session

PHASES = {
    "tasks": tasks,
    "synthesize": synthesize,
    "sft": sft,
    "potential": potential,
    "train": train,
    "evaluate": evaluate,
}
_WITHOUT_ACTORS = frozenset({"tasks"})
_WITH_ENGINES = frozenset({"potential", "train", "evaluate"})
_ALONE = frozenset({"tasks", "evaluate"})
_WITH_LEARNER = frozenset({"sft", "train"})
_GIB = 1 << 30


def run_pipeline(
    config: RunConfig,
    last_phase: str = "evaluate",
    make_cluster: Callable[[RunConfig, Path], Cluster] = Cluster,
) -> Path:
    """Run all phases up to `last_phase` that are not done yet, then write the report; returns the report's path.

    Raises:
        DriverError: something the user can mend; nothing that was finished is lost.
        RewardError: `reward.own` names no function.
        AgentError: an agent of the config is none.
    """
    names = list(PHASES)
    wanted = names[: names.index(last_phase) + 1]
    if config.evaluation.alone:
        wanted = [name for name in wanted if name in _ALONE]
    folder = RunFolder(config.folder)
    if not joins_cluster():
        # Elsewhere it is asked of the machines that the actors may come to.
        _refuse_too_little_memory(config)
    if config.reward.own is not None:
        own_term(config.reward.own)  # one that is not there is told before anything starts
    for agent in {*config.potential.agents, *config.evaluation.agents}:
        chosen_agent(agent)
    with folder.claimed(config):
        started = time.monotonic()
        # At an endpoint it is a name that nobody opens.
        model_path = Path(config.model) if config.endpoint_model else resolve_model(config.model).absolute()
        resolve_s = time.monotonic() - started
        sinks = (ClusterMetrics(config.name),)
        with MetricsLog(folder.root, config.name, sinks) as metrics, Progress() as progress:
            session = Session(
                config, folder, model_path, metrics, progress, lambda: make_cluster(config, model_path)
            )
            asyncio.run(_run_phases(session, wanted, resolve_s))
        return _written_report(folder.root)


async def _run_phases(session: Session, names: Sequence[str], resolve_s: float) -> None:
    main = asyncio.current_task()
    assert main is not None
    # asyncio's own handler waits for the next await; until there are actors to end, a stop may come anywhere.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    session.memory.start()
    if (plan := plan_text(session.config.budget)) is not None:
        session.progress.say(plan)
    try:
        for name in names:
            if not PHASES[name].is_done(session):
                session.metrics.announce(name, {"phase_active": 1.0})
                await _run_phase(session, name, names, main, resolve_s)
                session.metrics.announce(name, {"phase_active": 0.0})
    except asyncio.CancelledError:
        raise RunInterruptedError(
            "stopped as asked; finished phases and partial results are kept: the same command goes on from there"
        ) from None
    finally:
        peak_mib = session.memory.stop()
        if session.has_cluster:
            session.metrics.log("setup", 1, {"memory_mib": peak_mib})
            await asyncio.shield(session.cluster.close())


async def _run_phase(
    session: Session, name: str, names: Sequence[str], main: "asyncio.Task[None]", resolve_s: float
) -> None:
    began = time.monotonic()
    if name not in _WITHOUT_ACTORS and not session.has_cluster:
        if "synthesize" in names and not synthesize.is_done(session):
            synthesize.refuse_without_source(session)
        await refuse_unreachable(session, names)
        _start_cluster(session, main, names)
        session.folder.record_phase("setup", resolve_s + time.monotonic() - began)
        began = time.monotonic()
    try:
        await _beside_engines(session, name)
    finally:
        session.folder.record_phase(name, time.monotonic() - began)
    _tell_budget(session, name)
    if name in _WITH_LEARNER:
        # Its memory is better used elsewhere, and a new phase starts from a saved model anyway.
        await session.cluster.end_learner()


async def _beside_engines(session: Session, name: str) -> None:
    """Run a phase; engines that do not start end one that has no need of them yet as soon as that is known."""
    running = [asyncio.ensure_future(PHASES[name].run(session))]
    if session.has_cluster and session.cluster.has_rollouts and name not in _WITH_ENGINES:
        running.append(asyncio.ensure_future(session.cluster.start_rollouts().until_hopeless()))
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        await (running[0] if running[0] in done else done.pop())
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _tell_budget(session: Session, phase: str) -> None:
    if phase not in session.config.budget.by_phase:
        return
    wall_s = {name: row["wall_s"] for name, row in session.folder.read_phases().items()}
    spent = spent_tokens(read_lines(session.folder.root / FILE_NAME))
    text = phase_text(session.config.budget, phase, spent, wall_s)
    if text is not None:
        session.progress.say(text)


def _start_cluster(session: Session, main: "asyncio.Task[None]", names: Sequence[str]) -> None:
    session.start_cluster()
    # Only now: Ray replaces handlers that were there before it started.
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _on_stop, session, main)
    has_engine = session.config.endpoint_model is None
    if has_engine and any(not PHASES[name].is_done(session) for name in names if name in _WITH_ENGINES):
        # The engines start while the first phases run.
        session.cluster.start_rollouts()


def _on_stop(session: Session, main: "asyncio.Task[None]") -> None:
    if session.is_graceful and not session.stop_requested:
        session.stop_requested = True
        session.progress.say("stopping after this step, with a checkpoint; once more to stop without one")
    else:
        session.stop_requested = True
        main.cancel()


def _written_report(folder: Path) -> Path:
    # Here, because plotting takes a second to import that a run which fails need not pay.
    from driver.report import build_report

    return build_report(folder)


def _refuse_too_little_memory(config: RunConfig) -> None:
    free = psutil.virtual_memory().available / _GIB
    if free < config.placement.min_memory_gib:
        raise PlacementError(
            f"{free:.1f} GiB of memory are free but placement.min_memory_gib={config.placement.min_memory_gib}: "
            "close something, or lower the model's size, engine.cpu_kv_cache_gib or that limit"
        )
