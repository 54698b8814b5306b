"""Lengths, scripts and times of one group, by seed and number alone: the same in every run and at every scale."""

import math
from dataclasses import dataclass

import numpy as np

from scale.settings import ScaleSettings


@dataclass(frozen=True)
class RolloutDraw:
    """What one rollout will do: `RolloutDraw((120.0, 80.0), (0.3,))` is a turn, a script, a turn."""

    turn_tokens: tuple[float, ...]
    """Tokens of each turn, one turn more than scripts."""
    script_s: tuple[float, ...]
    """Seconds of each script."""


def group_draws(settings: ScaleSettings, number: int) -> list[RolloutDraw]:
    """The rollouts of the `number`-th group."""
    rng = np.random.default_rng([settings.seed, number])
    return [_rollout(settings, rng) for _ in range(settings.group_size)]


def has_signal(settings: ScaleSettings, number: int) -> bool:
    """Whether the `number`-th group has right and wrong rollouts."""
    return bool(np.random.default_rng([settings.seed, number, 1]).random() < settings.signal_share)


def _rollout(settings: ScaleSettings, rng: np.random.Generator) -> RolloutDraw:
    calls = min(int(rng.geometric(1 / settings.calls)), settings.max_calls)
    calls = calls if settings.calls_vary else round(settings.calls)
    tokens = min(_spread(rng, settings.model_tokens, settings.tokens_sigma), settings.max_model_tokens)
    tokens = min(tokens, (calls + 1) * settings.max_turn_tokens)
    scripts = [
        settings.script_limit_s
        if rng.random() < settings.hang_share
        else min(_of_median(rng, settings.script_median_s, settings.script_sigma), settings.script_limit_s)
        for _ in range(calls)
    ]
    return RolloutDraw((tokens / (calls + 1),) * (calls + 1), tuple(scripts))


def _spread(rng: np.random.Generator, mean: float, sigma: float) -> float:
    return _of_median(rng, mean * math.exp(-(sigma**2) / 2), sigma)


def _of_median(rng: np.random.Generator, median: float, sigma: float) -> float:
    return float(median * math.exp(sigma * rng.standard_normal()))
