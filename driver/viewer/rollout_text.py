"""One rollout, whole, with what its siblings earned."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from actors.learning.advantages import group_advantages, has_mixed_outcome, reward_std
from driver.viewer.records import AsideText, Part, RolloutLine, RolloutText, Tokens
from driver.viewer.rollout_columns import first_words
from driver.viewer.run_reader import RunReader
from driver.viewer.token_ends import TokenEnds
from driver.viewer.transcript_parts import Scripts, Segment, guessed_segments, segments_of, transcript_parts

_DIGITS = 4


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
        line=mine.model_copy(update={"beginning": first_words(row["question"])}),
        task_id=row["task_id"],
        question=row["question"],
        parts=_parts(row, reader.token_ends),
        asides=[
            AsideText(question=question, text=text)
            for question, text in zip(row["aside_question"] or (), row["aside_text"] or (), strict=True)
        ],
        answer=row["answer"],
        advantage=_advantage(mine, siblings, reader),
        siblings=siblings,
    )


def _parts(row: Mapping[str, Any], token_ends: TokenEnds) -> list[Part]:
    transcript = row["transcript"]
    scripts = Scripts(row["code"], row["output"], row["termination"])
    if row["segment_source"] is None:
        by_segment = transcript_parts(guessed_segments(transcript, scripts), scripts)
        return [part for parts in by_segment for part in parts]
    segments = segments_of(transcript, row["segment_source"], row["segment_chars"])
    by_segment = transcript_parts(segments, scripts)
    done = 0
    found: list[Part] = []
    for segment, parts, count in zip(segments, by_segment, row["segment_tokens"], strict=True):
        if not segment.is_model:
            found += parts
            continue
        found += _with_tokens(segment, parts, row, slice(done, done + count), token_ends)
        done += count
    return found


def _with_tokens(
    segment: Segment, parts: Sequence[Part], row: Mapping[str, Any], mine: slice, token_ends: TokenEnds
) -> list[Part]:
    """The pieces of a stretch of the model's, each with its tokens."""
    ends = token_ends.ends(row["token_ids"][mine], segment.text)
    if ends is None:
        return list(parts)
    starts = [0, *ends[:-1]]
    logprobs, versions = row["logprobs"][mine], row["token_versions"][mine]
    found = []
    for part, beyond in zip(parts, accumulate(len(part.text) for part in parts), strict=True):
        first = beyond - len(part.text)
        # A token that two pieces share is in both.
        inside = [n for n in range(len(ends)) if starts[n] < beyond and ends[n] > first]
        tokens = Tokens(
            ends=[min(ends[n], beyond) - first for n in inside],
            logprobs=[_shown(logprobs[n]) for n in inside],
            versions=[versions[n] for n in inside],
        )
        found.append(part.model_copy(update={"tokens": tokens}))
    return found


def _shown(logprob: float) -> float | None:
    return round(logprob, _DIGITS) if math.isfinite(logprob) else None


def _advantage(mine: RolloutLine, siblings: Sequence[RolloutLine], reader: RunReader) -> float | None:
    """What the learner made of the reward, by the run's own `learner.grpo.advantage`; None outside training."""
    grpo = reader.grpo()
    if mine.phase != "train" or grpo is None:
        return None
    rewards_G = np.array([line.reward for line in siblings])
    correct_G = np.array([line.is_correct for line in siblings])
    if grpo.requires_mixed_outcome and not has_mixed_outcome(correct_G):
        return 0.0
    batch_std = reward_std([reader.rollouts.rewards(mine.file)]) if grpo.advantage == "batch" else None
    adv_G = group_advantages(
        rewards_G, grpo.advantage, std_floor=grpo.std_floor, correct_G=correct_G, batch_std=batch_std
    )
    return float(adv_G[siblings.index(mine)])
