"""The learning rate at a step: a rise, then the course of its kind."""

import math
from typing import Literal

ScheduleKind = Literal["constant", "linear", "cosine"]


def learning_rate(
    step: int, peak: float, kind: ScheduleKind, *, warmup_steps: int, total_steps: int
) -> float:
    """Learning rate of optimiser step `step`, counted from 0.

    Rise: peak * (step + 1) / (warmup_steps + 1). Then with x = (step - warmup) / (total - warmup), at most 1:
    constant peak; linear peak * (1 - x); cosine peak * (1 + cos(pi x)) / 2.
    """
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    if kind == "constant":
        return peak
    progress = min((step - warmup_steps) / max(total_steps - warmup_steps, 1), 1.0)
    if kind == "linear":
        return peak * (1.0 - progress)
    return peak * 0.5 * (1.0 + math.cos(math.pi * progress))
