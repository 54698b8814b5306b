"""The run as one small dictionary, and `summary.json`. Every number that is not known is null."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from driver.errors import RunFolderError
from driver.outputs.run_folder import read_json, write_whole
from driver.report.behaviour import behaviours
from driver.report.evaluation import POLICIES, Item, paired
from driver.report.floors import Floor, below_floor, shortened
from driver.report.paper.main_table import SourceTable, plain_rows, source_table
from driver.report.run_data import RunData, read_run
from driver.report.statistics import (
    Interval,
    interval_over_families,
    paired_difference,
    pass_at_k,
    wilson_interval,
)
from driver.versions import installed_versions

_WALL_NAMES = {
    "setup": ("setup", "tasks", "synthesize", "synthesis"),
    "sft": ("sft",),
    "potential": ("potential",),
    "grpo": ("grpo", "train"),
    "evaluate": ("evaluate", "evaluation"),
}
"""Which phases of phases.json count as which part of the run."""


def build_summary(run_folder: Path, versions: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The summary of the run in `run_folder`, also written to its `summary.json`.

    Args:
        run_folder: a run, finished or not.
        versions: what the run used; left out, those of an earlier summary stand, else those installed here.
    """
    return write_summary(read_run(run_folder), versions)


def write_summary(
    data: RunData, versions: Mapping[str, str] | None = None, table: SourceTable | None = None
) -> dict[str, Any]:
    """As `build_summary`, of a run that was read already; `table` is its own, if it was made already."""
    path = data.folder / "summary.json"
    earlier = _earlier(path)
    known = dict(versions or earlier.get("versions") or installed_versions())
    summary = summary_of(data, known, table)
    write_whole(path, json.dumps(summary, indent=2, allow_nan=False) + "\n")
    return summary


def _earlier(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except RunFolderError:
        # Not there, or damaged: it is made anew anyway.
        return {}


def summary_of(
    data: RunData, versions: Mapping[str, str], table: SourceTable | None = None
) -> dict[str, Any]:
    """The numbers of a run, as `summary.json` has them; what is not known yet is null.

    Returns:
        `run`, its name; `accuracy`, `accuracy_trained_families` and `accuracy_held_out`, by policy as in `accuracy`;
        `pass_at_k` as in `pass_at_ks`; `gain`, `gain_trained_families` and `gain_held_out` as in `gains`;
        `agents`, accuracy and pass@k of every agent, the run's own among them; `by_source` and `gain_by_source`, means
        over families by source, split, agent and policy, a row each; `behaviour`, code, turns, tokens, self-checks and
        ends by agent and policy; `floors`, the accuracy of one constant answer by family, and `below_floor`, the
        families of each policy that are below it;
        `items_left_out`, items that one policy lost to faults on our side and that therefore count for none; `wall_s`,
        seconds by part of the run and in `total`; `train`, means over GRPO steps of the timings in `metrics.jsonl`, and
        their number `steps`; `accounting` of
        rollouts, as in the function of that name; `peak_memory_mib`, most main memory of all processes of the run on
        the driver's machine; `task_set`, content hash and size; `versions` of the packages; `missing`, what the run
        folder does not have yet, in words.
    """
    table = table or source_table(data)
    trained = {name: [i for i in items if not i.is_held_out] for name, items in data.evaluation.items()}
    held_out = {name: [i for i in items if i.is_held_out] for name, items in data.evaluation.items()}
    return {
        "run": data.name,
        "items_left_out": data.num_left_out,
        "accuracy": accuracy(data.evaluation),
        "accuracy_trained_families": accuracy(trained),
        "accuracy_held_out": accuracy(held_out),
        "pass_at_k": pass_at_ks(data.evaluation),
        "agents": {
            agent: {"accuracy": accuracy(of), "pass_at_k": pass_at_ks(of)}
            for agent, of in data.by_agent.items()
        },
        "by_source": plain_rows(table.accuracies),
        "gain_by_source": plain_rows(table.gains),
        "behaviour": [asdict(one) for one in behaviours(data)],
        "floors": {family: _plain_floor(floor) for family, floor in data.floors.items()},
        "below_floor": _below_floor(data),
        "gain": gains(data.evaluation),
        "gain_trained_families": gains(trained),
        "gain_held_out": gains(held_out),
        "wall_s": wall_s(data.phases),
        "train": _train_means(data),
        "accounting": accounting(data),
        "peak_memory_mib": _peak_memory(data),
        "task_set": data.task_set,
        "versions": dict(versions),
        "missing": list(data.missing),
    }


def _below_floor(data: RunData) -> dict[str, list[str]]:
    found = {}
    for policy, items in data.evaluation.items():
        by_family: dict[str, list[float]] = {}
        for item in items:
            by_family.setdefault(item.family, []).append(item.correct)
        rates = {family: sum(outcomes) / len(outcomes) for family, outcomes in by_family.items()}
        found[policy] = below_floor(rates, data.floors)
    return found


def accuracy(evaluation: Mapping[str, list[Item]]) -> dict[str, dict[str, Any] | None]:
    """Mean accuracy with its intervals, per policy; null for a policy without items.

    `low` and `high` are for other questions of the same families; those under `families` are for other families like
    these, null for fewer than two.
    """
    return {policy: _accuracy(evaluation.get(policy, [])) for policy in POLICIES}


def pass_at_ks(evaluation: Mapping[str, list[Item]]) -> dict[str, dict[str, float]]:
    """Mean pass@k over the items of each policy, by k: 1, 2, 4 and so on up to the fewest samples that an item has.

    Empty with one sample an item, where it would be the accuracy once more.
    """
    fewest = min((item.num_samples for items in evaluation.values() for item in items), default=1)
    sizes = [2**n for n in range(fewest.bit_length())] if fewest > 1 else []
    return {
        policy: {str(k): sum(_pass_at(item, k) for item in items) / len(items) for k in sizes}
        for policy, items in evaluation.items()
        if items and sizes
    }


def _pass_at(item: Item, k: int) -> float:
    return pass_at_k(round(item.correct * item.num_samples), item.num_samples, k)


def gains(evaluation: Mapping[str, list[Item]]) -> dict[str, dict[str, Any] | None]:
    """What each phase of training adds, on the items that both policies answered; intervals as in `accuracy`."""
    return {
        "sft_over_base": _gain(evaluation, "base", "sft"),
        "grpo_over_sft": _gain(evaluation, "sft", "grpo"),
        "grpo_over_base": _gain(evaluation, "base", "grpo"),
    }


def wall_s(phases: Mapping[str, float]) -> dict[str, float | None]:
    """Seconds of each part of the run, and of all recorded phases together."""
    parts: dict[str, float | None] = {}
    for part, names in _WALL_NAMES.items():
        known = [phases[name] for name in names if name in phases]
        parts[part] = round(sum(known), 3) if known else None
    others = [seconds for name, seconds in phases.items() if name != "total"]
    parts["total"] = phases.get("total", round(sum(others), 3) if others else None)
    return parts


def accounting(data: RunData) -> dict[str, Any]:
    """Rollouts generated = trained + dropped + buffered: the run's totals at its last step."""
    lines = [line for line in data.lines_of("train") if "generated" in line.values]
    if not lines:
        return {
            "generated": None,
            "trained": None,
            "dropped": None,
            "buffered": None,
            "dropped_by_reason": {},
        }
    last = lines[-1].values
    reasons = {
        name.removeprefix("dropped/"): value for name, value in last.items() if name.startswith("dropped/")
    }
    return {
        "generated": last["generated"],
        "trained": last.get("trained", 0.0),
        "dropped": sum(reasons.values()),
        "buffered": last.get("buffered", 0.0),
        "dropped_by_reason": reasons,
    }


def _train_means(data: RunData) -> dict[str, float | None]:
    names = ("step_s", "tokens_per_s", "overlap", "wait_s", "rollout_share", "learner_share", "sandbox_share")
    means: dict[str, float | None] = {"steps": float(len(data.lines_of("train")))}
    for name in names:
        values = data.values("train", name)
        means[name] = sum(values) / len(values) if values else None
    return means


def _peak_memory(data: RunData) -> float | None:
    return max(
        (v for p in ("setup", "sft", "potential", "train", "evaluate") for v in data.values(p, "memory_mib")),
        default=None,
    )


def _accuracy(items: list[Item]) -> dict[str, Any] | None:
    outcomes, families = [item.correct for item in items], [item.family for item in items]
    of_items = wilson_interval(outcomes)
    if of_items is None:
        return None
    return {**_plain(of_items), "families": _over_families(outcomes, families, of_items, lowest=0.0)}


def _gain(evaluation: Mapping[str, list[Item]], before: str, after: str) -> dict[str, Any] | None:
    pairs = paired(evaluation, before, after)
    earlier, later = [a.correct for a, _ in pairs], [b.correct for _, b in pairs]
    of_items = paired_difference(earlier, later)
    if of_items is None:
        return None
    changes = [b - a for a, b in zip(earlier, later, strict=True)]
    families = [item.family for item, _ in pairs]
    return {**_plain(of_items), "families": _over_families(changes, families, of_items, lowest=-1.0)}


def _over_families(
    outcomes: list[float], families: list[str], of_items: Interval, lowest: float
) -> dict[str, float] | None:
    interval = interval_over_families(outcomes, families, of_items, lowest=lowest)
    return None if interval is None else _plain(interval)


def _plain_floor(floor: Floor) -> dict[str, Any]:
    return {**asdict(floor), "answer": shortened(floor.answer)}


def _plain(interval: Interval) -> dict[str, float]:
    return {"mean": interval.mean, "low": interval.low, "high": interval.high, "n": interval.n}
