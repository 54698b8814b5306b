"""What `evaluation.json` says of each policy, for the agent that was trained and for every other one.

Files of older runs have fewer keys: what they do not say is None or empty here, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

POLICIES = ("base", "sft", "grpo")
"""In the order in which training makes them."""


@dataclass(frozen=True)
class Item:
    """One evaluated task under one policy; `correct` is the share of its rollouts that were right."""

    task_id: str
    family: str
    is_held_out: bool
    correct: float
    num_executions: float
    end_reason: str
    num_samples: int = 1
    """How many rollouts `correct` is a share of, those that failed on our side left out."""
    share_code: float | None = None
    """Share of its rollouts that ran a script."""
    num_turns: float | None = None
    num_tokens: float | None = None
    share_checked: float | None = None
    """Share of its rollouts that checked themselves (`actors.rewards.self_check`)."""
    terminations: Mapping[str, int] = field(default_factory=dict)
    """How many scripts ended how."""
    end_reasons: Mapping[str, int] = field(default_factory=dict)
    """How many rollouts ended why."""


Evaluation = dict[str, list[Item]]
"""Items by policy."""


def read_policies(policies: Mapping[str, Any]) -> Evaluation:
    """The items of each policy, as one agent answered them."""
    return {name: [_item(item) for item in policy["items"]] for name, policy in policies.items()}


def answered_by_all(evaluation: Mapping[str, list[Item]]) -> tuple[Evaluation, int]:
    """The items that every policy with any has an answer to, by policy, and how many others there were.

    A policy that lost its hard items to faults on our side would else look better than one that answered them.
    """
    ids = [{item.task_id for item in items} for items in evaluation.values() if items]
    shared = set.intersection(*ids) if ids else set()
    kept = {policy: [i for i in items if i.task_id in shared] for policy, items in evaluation.items()}
    return kept, len(set().union(*ids) - shared)


def paired(evaluation: Mapping[str, list[Item]], before: str, after: str) -> list[tuple[Item, Item]]:
    """The items that both policies answered, as pairs, in the order of the first."""
    later = {item.task_id: item for item in evaluation.get(after, [])}
    return [(i, later[i.task_id]) for i in evaluation.get(before, []) if i.task_id in later]


def _item(item: Mapping[str, Any]) -> Item:
    num_samples = int(item.get("num_samples", 1))
    num_executions, end_reason = float(item["num_executions"]), str(item["end_reason"])
    share_code = item.get("share_code")
    if share_code is None and (num_samples == 1 or not num_executions):
        share_code = float(num_executions > 0)
    end_reasons = item.get("end_reasons") or ({end_reason: 1} if num_samples == 1 else {})
    return Item(
        task_id=item["task_id"],
        family=item["family"],
        is_held_out=item["split"] == "held_out",
        correct=float(item["correct"]),
        num_executions=num_executions,
        end_reason=end_reason,
        num_samples=num_samples,
        share_code=_number(share_code),
        num_turns=_number(item.get("num_turns")),
        num_tokens=_number(item.get("num_tokens")),
        share_checked=_number(item.get("share_checked")),
        terminations=dict(item.get("terminations") or {}),
        end_reasons=dict(end_reasons),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
