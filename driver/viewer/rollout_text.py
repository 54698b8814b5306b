"""One rollout, whole, with what its siblings earned."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from actors.learning.advantages import group_advantages
from driver.viewer.records import RolloutLine, RolloutText
from driver.viewer.run_reader import RunReader
from driver.viewer.transcript_parts import transcript_parts


def rollout_text(reader: RunReader, file: str, rollout_id: str) -> RolloutText | None:
    """One rollout of a run; None where there is none of that name.

    Raises:
        RunFolderError: its file is damaged.
    """
    row = reader.rollouts.row(file, rollout_id)
    if row is None:
        return None
    siblings = reader.rollouts.group(file, row["group_id"])
    mine = next((line for line in siblings if line.rollout_id == rollout_id), None)
    if mine is None:
        return None
    return RolloutText(
        line=mine,
        task_id=row["task_id"],
        question=row["question"],
        parts=transcript_parts(row["transcript"], row["code"], row["output"], row["termination"]),
        answer=row["answer"],
        advantage=_advantage(mine, siblings, reader.grpo()),
        siblings=siblings,
    )


def _advantage(mine: RolloutLine, siblings: Sequence[RolloutLine], grpo: Mapping[str, Any]) -> float | None:
    """What the learner made of the reward, by the run's own `learner.grpo.advantage`; None outside training."""
    if mine.phase != "train" or "advantage" not in grpo:
        return None
    rewards_G = np.array([line.reward for line in siblings])
    correct_G = np.array([line.is_correct for line in siblings])
    adv_G = group_advantages(
        rewards_G, grpo["advantage"], std_floor=float(grpo.get("std_floor", 1e-6)), correct_G=correct_G
    )
    return float(adv_G[siblings.index(mine)])
