"""What was tried becomes traces, each conversation once, and a count of what each family gave."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from actors.frozen import Frozen
from driver.outputs.trace_file import Trace
from driver.phases.traces.config import SynthesisConfig


class FamilyYield(Frozen):
    """What the solver or the teacher gave for one family."""

    tried: int
    """Tasks for which a trace was planned."""
    attempts: int
    """Traces that were begun for them; a teacher may try a task several times."""
    kept: int
    """Traces that were right, confirmed and new."""
    dropped: dict[str, int]
    """Those that were not, by reason: `unread` (the solver cannot read the question), `wrong` (not the right answer),
    `unchecked` (the second script did not confirm it), `long` (no rollout may be), `infrastructure` (a fault of ours),
    `repeated`; of a teacher also why a conversation ended without an answer, and `given_up` (not tried, after too many
    of its family failed). A task that a teacher tried several times counts once, by its last attempt."""
    styles: dict[str, int]
    """Traces kept by style (`TracePlan.style`; of a teacher, the wording it was given)."""
    executions: int
    """Scripts that were run for them, kept or not."""
    seconds: float
    """Their execution time together, in seconds."""


def gathered(rows: Sequence[Mapping[str, Any]], most: int) -> tuple[list[Trace], dict[str, FamilyYield]]:
    """Traces in the order of their tasks, each conversation once, and what each family gave.

    Args:
        rows: one for each task that was tried: `family`, `trace` or the `reason` for having none, `executions`,
            `seconds`, and `attempts` where there may be several.
        most: traces of one family.
    """
    traces: list[Trace] = []
    seen: set[bytes] = set()
    kept: Counter[str] = Counter()
    dropped: dict[str, Counter[str]] = {}
    styles: dict[str, Counter[str]] = {}
    for row in rows:
        family = row["family"]
        reasons = dropped.setdefault(family, Counter())
        styles.setdefault(family, Counter())
        if row["trace"] is None:
            reasons[row["reason"]] += 1
            continue
        trace = Trace.model_validate(row["trace"])
        key = hashlib.sha256("\x1f".join(text for text, _ in trace.turns).encode()).digest()
        if key in seen:
            reasons["repeated"] += 1
        elif kept[family] < most:
            seen.add(key)
            kept[family] += 1
            styles[family][trace.style] += 1
            traces.append(trace)
    yields = {
        family: FamilyYield(
            tried=sum(row["family"] == family for row in rows),
            attempts=sum(row.get("attempts", 1) for row in rows if row["family"] == family),
            kept=kept[family],
            dropped=dict(reasons),
            styles=dict(styles[family]),
            executions=sum(row["executions"] for row in rows if row["family"] == family),
            seconds=round(sum(row["seconds"] for row in rows if row["family"] == family), 3),
        )
        for family, reasons in sorted(dropped.items())
    }
    return traces, yields


def most_per_family(config: SynthesisConfig, num_families: int) -> int:
    """Most traces of one family: its own cap, or its even share of all."""
    return min(config.max_per_family, -(-config.max_traces // num_families))


def reasons_of(yields: Mapping[str, FamilyYield]) -> str:
    """Why traces were dropped, in words, the commonest reason first."""
    total: Counter[str] = Counter()
    for one in yields.values():
        total.update(one.dropped)
    return ", ".join(f"{count} {reason}" for reason, count in total.most_common())
