"""The whole run, one stage after the other, each skipped if its output is already in the run folder.

    tasks -> synthesize -> sft -> potential -> train -> evaluate -> report
                 |          |        |           |          |
    sandbox <----+   learner+  rollouts+scorer   all five   rollouts + scorer

| stage      | takes                        | gives                     | waits for                      |
| ---------- | ---------------------------- | ------------------------- | ------------------------------ |
| tasks      | config                       | tasks.parquet             | nothing                        |
| synthesize | tasks (split sft)            | traces.jsonl              | sandbox                        |
| sft        | traces.jsonl, base model     | checkpoints/sft           | learner                        |
| potential  | tasks (split train), sft     | potential.json            | rollout workers, sandbox       |
| train      | potential.json, sft          | checkpoints/final         | see driver/phases/train.py     |
| evaluate   | tasks (test, held_out), all  | evaluation.json           | rollout workers, sandbox       |
| report     | everything above             | summary.json, report.html | nothing                        |
"""

import asyncio
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from actors.handles.gauges import ClusterMetrics
from driver.config import RunConfig
from driver.errors import PlacementError, RunInterruptedError
from driver.launch import Cluster
from driver.models import resolve_model
from driver.outputs.metrics import MetricsLog
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder
from driver.phases import evaluate, potential, sft, synthesize, train
from driver.phases.tasks import freeze_tasks
from driver.session import Session

STAGES = {"synthesize": synthesize, "sft": sft, "potential": potential, "train": train, "evaluate": evaluate}
_GIB = 1 << 30


def run_pipeline(config: RunConfig, last_stage: str = "evaluate") -> Path:
    """Run all stages up to `last_stage` that are not done yet, then write the report; returns the run folder.

    Raises:
        DriverError: something the user can mend; nothing that was finished is lost.
    """
    names = list(STAGES)
    wanted = names[: names.index(last_stage) + 1]
    folder = RunFolder(config.folder)
    _refuse_too_little_memory(config)
    with folder.claimed(config):
        freeze_tasks(config, folder)
        model_path = resolve_model(config.model)
        started = time.monotonic()
        sinks = (ClusterMetrics(config.name),)
        with MetricsLog(folder.root, config.name, sinks) as metrics, Progress() as progress:
            session = Session(
                config, folder, model_path, metrics, progress, lambda: Cluster(config, model_path)
            )
            asyncio.run(_run_stages(session, wanted, started))
        return folder.root


async def _run_stages(session: Session, names: Sequence[str], started: float) -> None:
    main = asyncio.current_task()
    assert main is not None
    try:
        for name in names:
            if STAGES[name].is_done(session):
                continue
            if not session.has_cluster:
                await _start_cluster(session, main, names)
                session.folder.record_stage("setup", time.monotonic() - started)
            began = time.monotonic()
            try:
                await STAGES[name].run(session)
            finally:
                session.folder.record_stage(name, time.monotonic() - began)
            if name in ("sft", "train"):
                # Its memory is better used elsewhere, and a new phase starts from a saved model anyway.
                await session.cluster.end_learner()
    except asyncio.CancelledError:
        raise RunInterruptedError(
            "stopped as asked; finished stages and partial results are kept: the same command goes on from there"
        ) from None
    finally:
        peak_mib = session.memory.stop()
        if session.has_cluster:
            session.metrics.log("setup", 1, {"memory_mib": peak_mib})
            await asyncio.shield(session.cluster.close())


async def _start_cluster(session: Session, main: asyncio.Task, names: Sequence[str]) -> None:
    cluster = session.cluster
    # Only now: Ray replaces handlers that were there before it started.
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _on_stop, session, main)
    later = [name for name in names if name in ("potential", "train", "evaluate")]
    if any(not STAGES[name].is_done(session) for name in later):
        # The engines start while the first stages run.
        _ = cluster.rollouts


def _on_stop(session: Session, main: asyncio.Task) -> None:
    if session.is_graceful and not session.stop_requested:
        session.stop_requested = True
        session.progress.say("stopping after this step, with a checkpoint; once more to stop without one")
    else:
        session.stop_requested = True
        main.cancel()


def _refuse_too_little_memory(config: RunConfig) -> None:
    free = psutil.virtual_memory().available / _GIB
    if free < config.placement.min_memory_gib:
        raise PlacementError(
            f"{free:.1f} GiB of memory are free but placement.min_memory_gib={config.placement.min_memory_gib}: "
            "close something, or lower the model's size, engine.cpu_kv_cache_gib or that limit"
        )
