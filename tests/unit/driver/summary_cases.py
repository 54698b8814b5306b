"""Group summaries made by hand."""

from typing import Any

from actors.records import GroupSummary


def summary(num_correct: int, num_rollouts: int = 4, **changes: Any) -> GroupSummary:
    fields = {
        "group_id": "g",
        "task_id": "s/f/0",
        "family": "f",
        "num_rollouts": num_rollouts,
        "num_correct": num_correct,
        "num_infrastructure": 0,
        "mean_reward": num_correct / max(num_rollouts, 1),
        "num_generated_tokens": 10 * num_rollouts,
        "num_executions": num_rollouts,
        "end_reasons": {"answer": num_rollouts},
        "terminations": {"ok": num_rollouts},
        "oldest_version": 0,
        "generate_s": 3.0,
        "execute_s": 1.0,
    }
    return GroupSummary(**{**fields, **changes})
