"""The words and tables of the report: numbers in, rows of ready text out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driver.outputs.durations import duration
from driver.report.behaviour import Behaviour
from driver.report.evaluation import POLICIES, Item
from driver.report.floors import Floor
from driver.report.paper.main_table import source_of
from driver.report.run_data import RunData
from driver.report.statistics import Interval, wilson_interval

LABELS = {"base": "Base", "sft": "SFT", "grpo": "SFT + GRPO"}

_SHORT_SOURCES = {"symbench": "SymBench", "bbh": "BBH", "reasoning_gym": "RG", "own": "own"}

NOT_KNOWN = "-"
"""What a table has where the run did not write a number down."""

_END_REASONS = {
    "answer": "gave an answer",
    "silent": "stopped with neither script nor answer",
    "turn_tokens": "one turn too long",
    "rollout_tokens": "whole rollout too long",
    "executions": "wanted one more execution than allowed",
    "infrastructure": "our failure: dropped",
}
_TERMINATIONS = {
    "ok": "ran to its end",
    "error": "raised an error",
    "timeout": "ran out of time",
    "memory": "ran out of memory",
    "output_limit": "printed too much",
    "killed": "was killed",
    "infrastructure": "our failure: never shown to the model",
}


@dataclass(frozen=True)
class FamilyRow:
    """Accuracy of one family under each policy."""

    family: str
    is_held_out: bool
    num_items: int
    accuracy: dict[str, Interval]
    executions: dict[str, float]
    source: str = ""
    potential: float | None = None
    """Mean improvement potential of its training tasks; None where none was measured."""
    stages: str = ""
    """How many of its training tasks open in which stage."""
    traces: str = ""
    """Traces for SFT that were kept, of those tried."""
    floor: Floor | None = None

    @property
    def label(self) -> str:
        """Its name in the figure, which says of a family that was held out that it was never trained on."""
        return f"{self.family} (never trained on)" if self.is_held_out else self.family

    @property
    def change(self) -> float:
        """Last policy's accuracy less the first one's."""
        known = [self.accuracy[p].mean for p in POLICIES if p in self.accuracy]
        return known[-1] - known[0] if known else 0.0

    @property
    def is_below_floor(self) -> bool:
        """Whether the last policy is right less often than one constant answer is."""
        known = [self.accuracy[p].mean for p in POLICIES if p in self.accuracy]
        return bool(known) and self.floor is not None and known[-1] < self.floor.rate

    @property
    def order(self) -> tuple[bool, float, str]:
        """Trained families first, then by the last policy's accuracy, best first."""
        known = [self.accuracy[p].mean for p in POLICIES if p in self.accuracy]
        return self.is_held_out, -known[-1] if known else 0.0, self.family


def family_rows(data: RunData) -> list[FamilyRow]:
    """One row per family and split, in the order of the figure."""
    items: dict[tuple[str, bool], dict[str, list[Item]]] = {}
    for policy, evaluated in data.evaluation.items():
        for item in evaluated:
            items.setdefault((item.family, item.is_held_out), {}).setdefault(policy, []).append(item)
    opened = _opened(data)
    rows = [
        FamilyRow(
            family=family,
            is_held_out=is_held_out,
            num_items=max(len(found) for found in by_policy.values()),
            accuracy={
                policy: interval
                for policy, found in by_policy.items()
                if (interval := wilson_interval([item.correct for item in found])) is not None
            },
            executions={
                policy: sum(item.num_executions for item in found) / len(found)
                for policy, found in by_policy.items()
            },
            source=_SHORT_SOURCES[source_of(family)],
            potential=opened[family][0] if family in opened else None,
            stages=opened[family][1] if family in opened else "",
            traces="{kept} of {tried}".format(**data.traces[family]) if family in data.traces else "",
            floor=data.floors.get(family),
        )
        for (family, is_held_out), by_policy in items.items()
    ]
    return sorted(rows, key=lambda row: row.order)


def _opened(data: RunData) -> dict[str, tuple[float, str]]:
    """By family: the mean potential of its training tasks, and how many open in which stage."""
    tasks: dict[str, list[tuple[float, int]]] = {}
    stages: set[int] = set()
    for task in (data.potential or {}).get("tasks", []):
        tasks.setdefault(task["family"], []).append((float(task["potential"]), int(task["stage"])))
        stages.add(int(task["stage"]))
    return {
        family: (
            sum(potential for potential, _ in found) / len(found),
            " / ".join(str(sum(opens == stage for _, opens in found)) for stage in sorted(stages)),
        )
        for family, found in tasks.items()
    }


def verdicts(gains: Mapping[str, Any]) -> list[str]:
    """What each phase of training adds, in words that the intervals allow: for other questions, and other families."""
    texts = []
    for name, what in (("sft_over_base", "SFT over the base model"), ("grpo_over_sft", "GRPO over SFT")):
        gain = gains.get(name)
        if gain is None:
            continue
        numbers = (
            f"{points(gain['mean'])} points (95 % interval {points(gain['low'])} to {points(gain['high'])}, "
            f"same {gain['n']} items)"
        )
        text = f"{what}: {numbers}, {_claim(gain)}."
        wider = gain.get("families")
        if wider is not None:
            text += (
                f" For other families like these {wider['n']}: {points(wider['low'])} to {points(wider['high'])}, "
                f"{_claim(wider)}."
            )
        texts.append(text)
    return texts


def _claim(interval: Mapping[str, float]) -> str:
    if interval["low"] > 0:
        return "a gain"
    return "a loss" if interval["high"] < 0 else "not to be told from no change"


def end_rows(data: RunData) -> list[tuple[str, str, str, str]]:
    """Why training rollouts ended: reason, meaning, count, share."""
    return _share_rows(data.totals("train", "end/"), _END_REASONS)


def execution_rows(data: RunData) -> list[tuple[str, str, str, str]]:
    """How executions ended while training: termination, meaning, count, share."""
    return _share_rows(data.totals("train", "executions/"), _TERMINATIONS)


def wall_rows(wall_s: Mapping[str, float | None]) -> list[tuple[str, str, str]]:
    """Part of the run, its time, its share of the total."""
    names = {
        "setup": "set-up, tasks and traces",
        "sft": "SFT",
        "potential": "improvement potential",
        "grpo": "GRPO",
        "evaluate": "evaluation",
        "total": "all together",
    }
    total = wall_s.get("total") or 0.0
    return [
        (names[part], duration(seconds), f"{seconds / total:.0%}" if total else "")
        for part, seconds in wall_s.items()
        if seconds is not None
    ]


def step_rows(data: RunData) -> list[tuple[str, str]]:
    """Means over GRPO steps of what a step's time went to."""
    known = (
        ("step_s", "a step, writing and checkpoints included", seconds),
        ("train_s", "learner computing", seconds),
        ("wait_s", "learner waiting for rollouts", seconds),
        ("weights_publish_s", "publishing weights", seconds),
        ("weights_load_s", "engines loading weights", seconds),
        ("write_s", "writing rollouts down", seconds),
        ("checkpoint_s", "writing checkpoints", seconds),
        ("rollout_share", "share of the step with rollouts being generated", share),
        ("learner_share", "share of the step with the learner computing", share),
        ("sandbox_share", "share of the step with scripts running", share),
        ("overlap", "share of the learner's time with rollouts generated beside it", share),
        ("execute_s_mean", "an execution", seconds),
        ("sandbox_queue_s_mean", "an execution's wait for a sandbox worker", seconds),
        ("tokens_per_s", "tokens generated per second", lambda v: f"{v:,.0f}"),
        ("staleness_mean", "policy versions behind, mean", lambda v: f"{v:.2f}"),
    )
    rows = []
    for name, label, text in known:
        values = data.values("train", name)
        if values:
            rows.append((label, text(sum(values) / len(values))))
    return rows


def stage_rows(data: RunData) -> list[tuple[str, str, str, str, str]]:
    """Stage, its tasks, its range of potential, its tasks' mean success rate before RL, its families."""
    tasks = (data.potential or {}).get("tasks", [])
    rows = []
    for stage in sorted({int(task["stage"]) for task in tasks}):
        mine = [task for task in tasks if int(task["stage"]) == stage]
        values = [float(task["potential"]) for task in mine]
        counts = [counts_of(task, data.agent) for task in mine]
        rollouts = sum(answered for _, answered in counts)
        rate = sum(right for right, _ in counts) / rollouts if rollouts else None
        rows.append(
            (
                str(stage),
                str(len(mine)),
                f"{min(values):.2f} to {max(values):.2f}",
                share(rate) if rate is not None else "",
                ", ".join(f"{n} {name}" for name, n in Counter(t["family"] for t in mine).most_common()),
            )
        )
    return rows


def counts_of(task: Mapping[str, Any], agent: str) -> tuple[int, int]:
    """(right, all) rollouts of a task of `potential.json`: the trained agent's, by which stages go, else everyone's."""
    by_agent = task["agents"]
    counts = [by_agent[agent]] if agent in by_agent else list(by_agent.values())
    return sum(int(c["num_correct"]) for c in counts), sum(int(c["num_rollouts"]) for c in counts)


def trace_rows(data: RunData) -> list[tuple[str, str, str, str, str, str]]:
    """Family, traces kept of those tried, styles, why others were dropped, scripts run, and their seconds."""
    return [
        (
            family,
            f"{one['kept']} of {one['tried']}",
            _counted(one["styles"]),
            _counted(one["dropped"]),
            str(one["executions"]),
            f"{one['seconds']:.1f}",
        )
        for family, one in data.traces.items()
    ]


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda x: (-x[1], x[0])))


def behaviour_rows(found: Sequence[Behaviour]) -> list[tuple[str, ...]]:
    """Agent, policy, tasks, code, scripts, turns, tokens, share self-checked, ends of scripts and rollouts."""
    return [
        (
            one.agent,
            LABELS[one.policy],
            str(one.num_tasks),
            _known(one.share_code, share),
            f"{one.num_executions:.2f}",
            _known(one.num_turns, lambda v: f"{v:.2f}"),
            _known(one.num_tokens, lambda v: f"{v:,.0f}"),
            _known(one.share_checked, share),
            _ends(one.terminations),
            _ends(one.end_reasons),
        )
        for one in found
    ]


def _known(value: float | None, text: Callable[[float], str]) -> str:
    return NOT_KNOWN if value is None else text(value)


def _ends(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share(value)}" for name, value in shares.items()) or NOT_KNOWN


def share(value: float) -> str:
    """0.123 as `12.3 %`."""
    return f"{100 * value:.1f} %"


def points(value: float) -> str:
    """A difference of shares in percentage points with its sign: 0.123 as `+12.3`."""
    return f"{100 * value:+.1f}"


def seconds(value: float) -> str:
    """A short time, to three digits."""
    return f"{value:.3g} s" if value < 100 else duration(value)


def _share_rows(totals: Mapping[str, float], meanings: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    whole = sum(totals.values())
    return [
        (name, meanings.get(name, ""), f"{count:,.0f}", share(count / whole))
        for name, count in totals.items()
        if count
    ]
