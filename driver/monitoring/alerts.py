"""What a cluster wakes somebody for, as Prometheus rules. docs/operations.md says what to do about each.

Gauges stay as they were last set, so every rule about the policy asks for the phase, or the stage, that is of today.
"""

from typing import Any, Literal

import yaml

from actors.frozen import Frozen
from actors.handles.series import BY_NAME

_GUIDE = "docs/operations.md, section Alerts"


class Alert(Frozen):
    """One rule.

    Example: `Alert(name="R1ciAccounting", expr="ray_r1ci_accounting_gap != 0", hold="0m", severity="critical",
    summary="rollouts are missing")`.
    """

    name: str
    """Name of the alert, which docs/operations.md explains."""
    expr: str
    """What has to hold, in PromQL."""
    hold: str
    """How long it has to hold before anybody is told."""
    severity: Literal["warning", "critical"]
    """Whether the run is lost without help, or only worse."""
    summary: str
    """What is wrong, with the number where one helps."""


def _s(name: str) -> str:
    """The series' name in Prometheus; refuses one that the table lacks."""
    return BY_NAME[name].prometheus_name


_ACTIVE = f"{_s('phase_active')} == 1"
_TRAINING = f"on (run, phase) {_s('phase_active')}{{phase='train'}} == 1"
_OPEN_STAGE = f"on (run, stage) {_s('stage_open')} == 1"


def _grown(name: str, window: str, selector: str = "") -> str:
    """How much a number that only grows has grown within the window, per run."""
    return f"sum by (run) (delta({_s(name)}{selector}[{window}]))"


def _generated(window: str) -> str:
    return _grown("rollouts", window, "{state='generated'}")


_AGE = f"time() - {_s('progress_time')}"

ALERTS = (
    Alert(
        name="R1ciStalled",
        # Five times as long as the last step took, and ten minutes; two hours where no step is done yet; and an
        # hour without an answer where there are no steps.
        expr=(
            f"({_AGE} > on (run, phase) 600 + 5 * max by (run, phase) ({_s('step_s')})"
            f" or ({_AGE}{{phase=~'sft|train'}} > 7200 unless on (run, phase) {_s('step_s')})"
            f" or {_AGE}{{phase=~'potential|evaluate'}} > 3600) and on (run, phase) {_ACTIVE}"
        ),
        hold="5m",
        severity="critical",
        summary="{{ $labels.phase }} of run {{ $labels.run }} has done nothing for {{ $value | humanizeDuration }}",
    ),
    Alert(
        name="R1ciRewardSpreadCollapse",
        expr=f"avg_over_time({_s('reward_std')}[1h]) < 0.02 and {_OPEN_STAGE} and {_TRAINING}",
        hold="30m",
        severity="warning",
        summary="siblings of run {{ $labels.run }}, stage {{ $labels.stage }}, differ by {{ $value }}: no gradient",
    ),
    Alert(
        name="R1ciMismatch",
        expr=(
            f"(avg_over_time({_s('mismatch_mean')}[30m]) > 0.1"
            f" or avg_over_time({_s('mismatch_beyond_cap')}[30m]) > 0.05) and {_TRAINING}"
        ),
        hold="15m",
        severity="critical",
        summary="engine and learner of run {{ $labels.run }} disagree: {{ $value }}",
    ),
    Alert(
        name="R1ciInfrastructureFailures",
        expr=(
            f"{_grown('failures', '30m')} > 3 and {_grown('failures', '30m')} > 0.05 * {_generated('30m')}"
        ),
        hold="5m",
        severity="critical",
        summary="{{ $value }} faults of ours in 30 minutes of run {{ $labels.run }}: one in twenty rollouts or more",
    ),
    Alert(
        name="R1ciDroppedShare",
        # Groups without signal are replaced and may be most; what is dropped for other reasons may not.
        expr=(
            f"""({_grown("dropped", "1h", "{reason!='no_signal'}")} > 0.2 * {_generated("1h")}"""
            f" or {_grown('dropped', '1h')} > 0.9 * {_generated('1h')})"
            f" and on (run) {_s('phase_active')}{{phase='train'}} == 1"
        ),
        hold="15m",
        severity="warning",
        summary="{{ $value }} rollouts of run {{ $labels.run }} were dropped within the hour",
    ),
    Alert(
        name="R1ciToolUseCollapse",
        expr=(
            f"{_s('executions_per_rollout')} < 0.25 * max_over_time({_s('executions_per_rollout')}[12h])"
            f" and {_TRAINING}"
        ),
        hold="30m",
        severity="warning",
        summary="run {{ $labels.run }} runs {{ $value }} scripts a rollout, a quarter of what it did",
    ),
    Alert(
        name="R1ciSandboxQueue",
        expr=f"{_s('execute_queue_s_mean')} > 10 and {_TRAINING}",
        hold="15m",
        severity="warning",
        summary="scripts of run {{ $labels.run }} wait {{ $value | humanizeDuration }} in line",
    ),
    Alert(
        name="R1ciAccounting",
        expr=f"{_s('accounting_gap')} != 0",
        hold="0m",
        severity="critical",
        summary="{{ $value }} rollouts of run {{ $labels.run }} are neither trained on, buffered nor dropped",
    ),
)  # fmt: skip


def rules() -> dict[str, Any]:
    """The rules file of Prometheus, as data."""
    return {
        "groups": [
            {
                "name": "r1ci",
                "rules": [
                    {
                        "alert": alert.name,
                        "expr": alert.expr,
                        "for": alert.hold,
                        "labels": {"severity": alert.severity},
                        "annotations": {"summary": alert.summary, "what_to_do": f"{_GUIDE}: {alert.name}"},
                    }
                    for alert in ALERTS
                ],
            }
        ]
    }


def rules_text() -> str:
    """The rules file of Prometheus."""
    head = "# Made by `make dashboard` from driver/monitoring/alerts.py: change it there.\n"
    return head + yaml.safe_dump(rules(), sort_keys=False, width=1000)
