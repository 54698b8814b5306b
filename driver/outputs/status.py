"""How a run stands, in a terminal: what the dashboard of a cluster shows, read from the run folder alone.

Reads and never writes, and takes no lock: it may be asked as often as one likes, while the run goes on or after it.
"""

import math
import statistics
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from actors.frozen import Frozen
from driver.config import RunConfig
from driver.config_loading import load_config
from driver.errors import ConfigError, RunFolderError
from driver.outputs.metrics import MetricLine, read_metrics
from driver.outputs.resume_rules import PHASES
from driver.outputs.run_folder import RunFolder

LAST = 10
"""Steps that a mean is over."""
NUMBERS = (
    "success_rate", "reward_mean", "reward_std", "signal_share", "tokens_per_s", "turns_mean", "executions_per_rollout",
    "execute_s_mean", "execute_queue_s_mean", "staleness_mean", "loss", "entropy", "approx_kl", "mismatch_mean",
    "grad_norm", "step_s", "weights_publish_s", "weights_load_s", "overlap",
)  # fmt: skip
"""Numbers of a step that are told, in the order of telling; a step of SFT has some of them."""
_PARTS = ("learner", "rollout", "sandbox")
_FINISHED = "finished"
_ALONE = ("tasks", "evaluate")
"""Phases of a run that evaluates a model and trains none."""


class Mean(Frozen):
    """A number of the newest step that has it, and its mean over the last ten that do.

    Example: `Mean(last=0.5, mean=0.4)`.
    """

    last: float
    """In the newest step that has it."""
    mean: float
    """Over the last ten steps that have it."""


class Accounting(Frozen):
    """What became of every rollout so far: the first is the sum of the others.

    Example: `Accounting(generated=8, trained=4, buffered=0, dropped={"no_signal": 4})`.
    """

    generated: int
    """Rollouts that were made."""
    trained: int
    """Rollouts that a step learned from."""
    buffered: int
    """Rollouts that wait for a step."""
    dropped: dict[str, int]
    """Rollouts that nothing learns from, by reason."""

    @property
    def gap(self) -> int:
        """Rollouts that are none of these; anything but 0 is a fault of ours."""
        return self.generated - self.trained - self.buffered - sum(self.dropped.values())


class RunStatus(Frozen):
    """How a run stands.

    Example: `read_status(Path("runs/laptop"), now=time.time()).phase` is `"train"` while GRPO goes on.
    """

    run: str
    """Name of the run, as in its config."""
    phase: str
    """Phase that the run is in or would go on with; `finished` after the last."""
    step: int | None
    """Steps done in that phase, or questions answered; null where it has none."""
    steps: int | None
    """How many there will be, where that is known."""
    stage: int | None
    """Stage of the curriculum; null before GRPO."""
    quiet_s: float | None
    """Seconds since the run last wrote a number or an answer; null before the first."""
    left_s: float | None
    """Seconds until the phase ends, by the pace of its last ten steps; null where that cannot be told."""
    phases_s: dict[str, float]
    """Seconds of each phase that ended, or was stopped, so far."""
    numbers: dict[str, Mean]
    """Numbers of the phase's steps; of GRPO's once there are some."""
    busy: dict[str, Mean]
    """Share of a step in which learner, rollout workers and sandbox were busy."""
    executions: dict[str, int]
    """Scripts of all GRPO steps, by how they ended."""
    accounting: Accounting | None
    """What became of the rollouts of GRPO; null before its first step."""
    failures: dict[str, int]
    """Faults of ours so far, by the boundary where they were met."""
    memory_mib: float | None
    """Most main memory of the run's processes on the driver's machine."""


def read_status(folder: Path, now: float | None = None) -> RunStatus:
    """How the run in `folder` stands at the unix time `now`.

    Raises:
        RunFolderError: there is no run, or a file in it is damaged.
    """
    run = RunFolder(Path(folder))
    if not run.config.is_file():
        raise RunFolderError(
            f"{folder} holds no run (no config.yaml): give the folder of a run, as in its config"
        )
    try:
        config = load_config(str(run.config))
    except ConfigError:
        # Of another version, whose keys had other names: what depends on them is not told.
        config = None
    lines = read_metrics(run.root)
    phase = _phase(run, _ALONE if config is not None and config.evaluation.alone else PHASES)
    step, steps = _progress(run, config, phase, lines)
    told = [x for x in lines if x.phase == "train"] or [x for x in lines if x.phase == "sft"]
    train = [x for x in lines if x.phase == "train"]
    return RunStatus(
        run=config.name if config else run.root.name,
        phase=phase,
        step=step,
        steps=steps,
        stage=int(train[-1].values["stage"]) if train and "stage" in train[-1].values else None,
        quiet_s=_quiet_s(run, lines, time.time() if now is None else now),
        left_s=_left_s(phase, step, steps, lines),
        phases_s={name: found.get("wall_s", 0.0) for name, found in run.read_phases().items()},
        numbers=_means(told, NUMBERS),
        busy={part: mean for part in _PARTS for mean in _means(train, [f"{part}_share"]).values()},
        executions=_summed(train, "executions/"),
        accounting=_accounting(train),
        failures=_failures(train),
        memory_mib=max((x.values.get("memory_mib", 0.0) for x in lines), default=None),
    )


def _phase(run: RunFolder, phases: Sequence[str]) -> str:
    is_done = {
        "tasks": run.tasks.is_file(),
        "synthesize": run.traces.is_file(),
        "sft": (run.sft_model / "config.json").is_file(),
        "potential": run.potential.is_file(),
        "train": (run.final_model / "config.json").is_file(),
        "evaluate": run.evaluation.is_file(),
    }
    return next((name for name in phases if not is_done[name]), _FINISHED)


def _progress(
    run: RunFolder, config: RunConfig | None, phase: str, lines: Sequence[MetricLine]
) -> tuple[int | None, int | None]:
    """Steps done and to be done of the phase; questions answered and to be answered where it has no steps."""
    if phase in ("sft", "train"):
        done: int | None = max((line.step for line in lines if line.phase == phase), default=0)
    elif phase in ("potential", "evaluate"):
        partial = run.potential_partial if phase == "potential" else run.evaluation_partial
        # A count of lines, so that a line being written at this moment does no harm.
        done = partial.read_bytes().count(b'"task_id"') if partial.is_file() else 0
    else:
        done = None
    return done, None if done is None or config is None else _num_steps(run, config, phase)


def _num_steps(run: RunFolder, config: RunConfig, phase: str) -> int | None:
    from pyarrow import parquet

    if phase == "sft":
        num_traces: int = parquet.read_metadata(run.traces).num_rows
        return config.learner.sft.epochs * math.ceil(num_traces / config.learner.sft.batch_size)
    if phase == "train":
        return config.num_steps
    splits: list[str] = parquet.read_table(run.tasks, columns=["split"])["split"].to_pylist()
    if phase == "evaluate":
        num_items = splits.count("test") + splits.count("held_out")
        return num_items * len(config.evaluation.policies) * len(config.evaluation.agents)
    # Where counts may settle early nobody knows yet how often it is asked.
    is_known = config.potential.settled_width == 0
    return splits.count("train") * len(config.potential.agents) if is_known else None


def _quiet_s(run: RunFolder, lines: Sequence[MetricLine], now: float) -> float | None:
    times = [line.time for line in lines[-1:]]
    partials = (
        run.traces_partial,
        run.potential_partial,
        run.evaluation_partial,
        run.evaluation,
        run.potential,
    )
    times += [path.stat().st_mtime for path in partials if path.is_file()]
    return max(0.0, now - max(times)) if times else None


def _left_s(phase: str, step: int | None, steps: int | None, lines: Sequence[MetricLine]) -> float | None:
    """By the median pause between two lines: one long stop, such as a restart, says nothing of the pace."""
    times = [line.time for line in lines if line.phase == phase][-LAST - 1 :]
    if step is None or steps is None or len(times) < 2:
        return None
    return max(0, steps - step) * statistics.median(b - a for a, b in pairwise(times))


def _means(lines: Sequence[MetricLine], names: Sequence[str]) -> dict[str, Mean]:
    found = {}
    for name in names:
        values = [line.values[name] for line in lines if math.isfinite(line.values.get(name, math.nan))][
            -LAST:
        ]
        if values:
            found[name] = Mean(last=values[-1], mean=statistics.fmean(values))
    return found


def _summed(lines: Sequence[MetricLine], prefix: str) -> dict[str, int]:
    sums: dict[str, float] = {}
    for line in lines:
        for name, value in line.values.items():
            if name.startswith(prefix) and math.isfinite(value):
                sums[name.removeprefix(prefix)] = sums.get(name.removeprefix(prefix), 0.0) + value
    return {name: int(value) for name, value in sorted(sums.items(), key=lambda pair: -pair[1])}


def _accounting(train: Sequence[MetricLine]) -> Accounting | None:
    if not train or "generated" not in train[-1].values:
        return None
    values = train[-1].values
    return Accounting(
        generated=int(values["generated"]),
        trained=int(values.get("trained", 0)),
        buffered=int(values.get("buffered", 0)),
        dropped={
            key.removeprefix("dropped/"): int(v) for key, v in values.items() if key.startswith("dropped/")
        },
    )


def _failures(train: Sequence[MetricLine]) -> dict[str, int]:
    if not train:
        return {}
    values = train[-1].values
    met = {key.removeprefix("failures/"): int(v) for key, v in values.items() if key.startswith("failures/")}
    others = {"rollout_worker": "rollout/workers_lost", "learner": "dropped/not_finite"}
    return met | {boundary: int(values[key]) for boundary, key in others.items() if key in values}
