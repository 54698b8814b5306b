"""Every time series that a run shows on a cluster: the one table that gauges, dashboard and alerts are made from.

A number of the metrics log becomes a series of the table, `ray_r1ci_<name>` in Prometheus, with the labels `run`,
`role` (the part that it speaks of) and `phase`; `stage` for what is told per stage of the curriculum; and one of the
series' own, such as the outcome of executions. A value stays as it was last set: `phase_active` and `stage_open` say
which are of today.
"""

from collections.abc import Iterator
from typing import Literal

from actors.frozen import Frozen

PREFIX = "r1ci_"
"""Before every name; Ray puts `ray_` before that."""
Part = Literal["driver", "learner", "rollout", "sandbox", "scorer", "curriculum"]
Unit = Literal["short", "percentunit", "s", "mbytes", "cps"]
"""As Grafana calls them: a number, a share, seconds, MiB, per second."""


class Source(Frozen):
    """A number of the metrics log that a series shows.

    Example: `Source(key="dropped/*", role="driver")` takes `dropped/no_signal`, whose `no_signal` becomes a label.
    """

    key: str
    """Its name in `metrics.jsonl`; a star at its end stands for what becomes the series' own label."""
    role: Part
    """The part of the run that the number speaks of."""
    value: str = ""
    """Value of the series' own label, where no star gives it."""
    phases: tuple[str, ...] = ()
    """Phases that it is taken from; empty for all."""


class Series(Frozen):
    """One row of the table.

    Example: `Series(name="step_s", help="Seconds of the last step", unit="s", row="Progress", panel="Step",
    sources=(Source(key="step_s", role="driver"),))`.
    """

    name: str
    """Name after the prefix, as the key is wherever that is a good name."""
    help: str
    """What it is, for whoever looks at it."""
    unit: Unit
    """What its values are in."""
    row: str
    """Row of the dashboard that its panel stands in."""
    panel: str
    """Title of the panel; series of one panel share it."""
    sources: tuple[Source, ...] = ()
    """Where it comes from; none for what the sink itself knows."""
    label: str = ""
    """Name of its own label, if it has one."""
    by_stage: bool = False
    """Whether it has the stage of the curriculum as a label."""
    drawn_as: str = "{}"
    """What its panel draws, with braces where the series stands."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all its labels."""
        more = (("stage",) if self.by_stage else ()) + ((self.label,) if self.label else ())
        return ("run", "role", "phase", *more)

    @property
    def prometheus_name(self) -> str:
        """Its name in Prometheus."""
        return f"ray_{PREFIX}{self.name}"


_Plain = tuple[str, Unit, str, Part, str]
"""Name, which is the key too; unit; panel; part; help."""


def _plain(row: str, *rows: _Plain, by_stage: bool = False) -> tuple[Series, ...]:
    """Series that show the number of their name."""
    return tuple(
        Series(
            name=name,
            help=text,
            unit=unit,
            row=row,
            panel=panel,
            sources=(Source(key=name, role=role),),
            by_stage=by_stage,
        )
        for name, unit, panel, role, text in rows
    )


_PROGRESS = (
    *_plain(
        "Progress",
        ("phase_active", "short", "Phase", "driver", "1 while the phase runs"),
        (
            "groups_answered",
            "short",
            "Groups answered",
            "rollout",
            "In a phase without steps, of the present policy",
        ),
        ("step_s", "s", "Duration of a step", "driver", "Seconds of the last step"),
        ("stage", "short", "Stage", "curriculum", "Stage of the curriculum, from 1"),
    ),
    Series(
        name="progress_time",
        help="Unix seconds when the phase began, last logged a step or answered a group",
        unit="s",
        row="Progress",
        panel="Since the last sign of life",
        drawn_as="time() - {}",
    ),
    Series(name="step", help="Steps done in the phase", unit="short", row="Progress", panel="Step"),
    Series(
        name="stage_open",
        help="1 for the stage that the curriculum is in, 0 for those before it",
        unit="short",
        row="Progress",
        panel="Stage",
        by_stage=True,
    ),
)

_LEARNING = (
    *_plain(
        "Learning",
        ("success_rate", "percentunit", "Success rate", "scorer", "Right ones of the rollouts finished in the step"),
        ("reward_mean", "short", "Reward", "scorer", "Mean reward of the same rollouts"),
        ("reward_std", "short", "Reward spread in groups", "scorer", "Deviation of siblings, mean over groups"),
        ("signal_share", "percentunit", "Groups with signal", "curriculum", "Groups with both outcomes, share"),
        by_stage=True,
    ),
    *_plain(
        "Learning",
        ("loss", "short", "Loss", "learner", "Loss of the step"),
        ("entropy", "short", "Entropy", "learner", "Mean entropy of what tokens are sampled from, nats"),
        ("grad_norm", "short", "Gradient norm", "learner", "Norm of the gradient before it is clipped"),
        ("lr", "short", "Learning rate", "learner", "Learning rate of the step"),
        ("approx_kl", "short", "KL", "learner", "KL to the policy that sampled, nats a token (k3)"),
        ("reference_kl", "short", "KL", "learner", "Penalty for the distance to the SFT model, nats a token"),
        ("clip_fraction", "percentunit", "Clipped tokens", "learner", "Share of tokens that the clip stops"),
        ("mismatch_mean", "short", "Mismatch", "learner", "Mean |log-probability, learner less engine|, nats"),
        ("mismatch_beyond_cap", "percentunit", "Cut tokens", "learner", "Tokens whose importance weight is cut, share"),
    ),
)  # fmt: skip

_ROLLOUTS = (
    *_plain(
        "Rollouts",
        ("tokens_per_s", "cps", "Tokens per second", "rollout", "Tokens sampled per second, all workers together"),
        ("rollouts_per_s", "cps", "Rollouts per second", "rollout", "Rollouts finished per second"),
        ("turns_mean", "short", "Turns and executions", "rollout", "Turns of a rollout, mean"),
        ("executions_per_rollout", "short", "Turns and executions", "rollout", "Scripts that a rollout ran, mean"),
        ("code_share", "percentunit", "Rollouts with code", "rollout", "Share of rollouts that ran a script"),
        ("staleness_mean", "short", "Staleness", "learner", "Policy versions that groups were behind, mean"),
        ("staleness_max", "short", "Staleness", "learner", "Policy versions that the oldest group was behind"),
    ),
    Series(
        name="rollout_ends",
        help="Rollouts of the step by why they ended",
        unit="short",
        row="Rollouts",
        panel="How rollouts end",
        sources=(Source(key="end/*", role="rollout"),),
        label="reason",
    ),
    Series(
        name="rollout_workers",
        help="Rollout workers that serve",
        unit="short",
        row="Rollouts",
        panel="Rollout workers",
        sources=(Source(key="rollout/workers", role="rollout"),),
    ),
)  # fmt: skip

_SANDBOX = (
    *_plain(
        "Sandbox",
        ("execute_s_mean", "s", "Latency of scripts", "sandbox", "Seconds from sending a script to its result, mean"),
        ("execute_queue_s_mean", "s", "Latency of scripts", "sandbox", "Seconds of those spent in line, mean"),
        ("sandbox_wait_share", "percentunit", "Waiting for scripts", "rollout", "Of a rollout's own time, share"),
    ),
    Series(
        name="executions",
        help="Scripts of the step by how they ended",
        unit="short",
        row="Sandbox",
        panel="Outcomes of scripts",
        sources=(Source(key="executions/*", role="sandbox"),),
        label="outcome",
    ),
    Series(
        name="sandbox_executors",
        help="Sandbox executors that are up, or starting",
        unit="short",
        row="Sandbox",
        panel="Executors",
        sources=(
            Source(key="executors", role="sandbox", value="up", phases=("sandbox",)),
            Source(key="executors_starting", role="sandbox", value="starting", phases=("sandbox",)),
        ),
        label="state",
    ),
    Series(
        name="sandbox_backlog",
        help="Scripts that wait or run in the pool",
        unit="short",
        row="Sandbox",
        panel="Backlog",
        sources=(Source(key="backlog", role="sandbox", phases=("sandbox",)),),
    ),
)  # fmt: skip

_PARTS = (
    Series(
        name="busy_share",
        help="Share of the step in which the part was busy",
        unit="percentunit",
        row="Who is busy",
        panel="Busy share",
        sources=(
            Source(key="learner_share", role="learner"),
            Source(key="rollout_share", role="rollout"),
            Source(key="sandbox_share", role="sandbox"),
        ),
    ),
    *_plain(
        "Who is busy",
        (
            "overlap",
            "percentunit",
            "Overlap",
            "learner",
            "Share of the learner's time in which rollouts were made",
        ),
    ),
    Series(
        name="step_part_s",
        help="Seconds of the step by what they went to",
        unit="s",
        row="Who is busy",
        panel="Where a step's time goes",
        sources=(
            Source(key="wait_s", role="learner", value="wait"),
            Source(key="train_s", role="learner", value="train"),
            Source(key="weights_publish_s", role="learner", value="weights_publish"),
            Source(key="weights_load_s", role="rollout", value="weights_load"),
            Source(key="write_s", role="driver", value="write"),
            Source(key="checkpoint_s", role="driver", value="checkpoint"),
        ),
        label="part",
    ),
    Series(
        name="memory_mib",
        help="Main memory: most of the run's processes on the driver's machine so far, and of the learner's first rank",
        unit="mbytes",
        row="Who is busy",
        panel="Memory",
        sources=(
            Source(key="memory_mib", role="driver", phases=("train", "setup")),
            Source(key="memory_mib", role="learner", phases=("sft",)),
            Source(key="learner_memory_mib", role="learner"),
        ),
    ),
)

_ACCOUNTS = (
    *_plain(
        "Accounts",
        ("accounting_gap", "short", "Accounting identity", "driver", "Generated less its parts; not 0: our fault"),
    ),
    Series(
        name="rollouts",
        help="Rollouts so far: generated, and what became of them",
        unit="short",
        row="Accounts",
        panel="Rollouts so far",
        sources=tuple(
            Source(key=key, role="driver", value=key, phases=("train",))
            for key in ("generated", "trained", "buffered")
        ),
        label="state",
    ),
    Series(
        name="dropped",
        help="Rollouts dropped so far, by reason",
        unit="short",
        row="Accounts",
        panel="Dropped rollouts so far",
        sources=(Source(key="dropped/*", role="driver", phases=("train",)),),
        label="reason",
    ),
    Series(
        name="failures",
        help="Faults of ours so far, by the boundary at which they were met",
        unit="short",
        row="Accounts",
        panel="Infrastructure failures so far",
        sources=(
            Source(key="failures/*", role="driver"),
            Source(key="rollout/workers_lost", role="rollout", value="rollout_worker"),
            Source(key="dropped/not_finite", role="learner", value="learner", phases=("train",)),
        ),
        label="boundary",
    ),
)  # fmt: skip

SERIES: tuple[Series, ...] = (*_PROGRESS, *_LEARNING, *_ROLLOUTS, *_SANDBOX, *_PARTS, *_ACCOUNTS)
"""The table, in the dashboard's order."""
BY_NAME = {series.name: series for series in SERIES}


def shown(phase: str, key: str) -> Iterator[tuple[Series, dict[str, str]]]:
    """The series that show a number of the metrics log, with the labels that the table gives them."""
    for series in SERIES:
        for source in series.sources:
            if source.phases and phase not in source.phases:
                continue
            stem, star, _ = source.key.partition("*")
            if not (key.startswith(stem) if star else key == stem):
                continue
            labels = {"role": source.role, "phase": phase}
            if series.label:
                labels[series.label] = key.removeprefix(stem) if star else source.value
            yield series, labels
