"""How many sandbox cores a GPU needs: by Little's law, by the simulation, and held against the paper's."""

import math
from typing import Any

from scale.closed_forms import cores_per_gpu
from scale.loop import Loop
from scale.settings import ScaleSettings

SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0)
CALLS = (1, 3, 8)
CORES = (0.25, 0.5, 1.0, 2.0, 4.0, 20.0)
PAPER_STEP_S = 690.0
"""1,845 GPU hours on 16 GPUs over 600 steps (docs/paper.md)."""


def needed(settings: ScaleSettings) -> list[dict[str, Any]]:
    """For each time and number of scripts, with as many cores as they want: cores a GPU, mean and for 99 %."""
    rows = []
    for calls in CALLS:
        for seconds in SECONDS:
            changed = {
                "calls": float(calls),
                "calls_vary": False,
                "hang_share": 0.0,
                "script_median_s": seconds * math.exp(-(settings.script_sigma**2) / 2),
                "sandbox_cores_per_gpu": math.inf,
            }
            run = Loop(settings.model_copy(update=changed)).run()
            step_s = run["total_s"]
            rows.append(
                {
                    "calls": calls,
                    "script_s": seconds,
                    "step_s": step_s,
                    "arithmetic": cores_per_gpu(settings, seconds, calls, step_s, 1.0),
                    "mean": run["cores_mean_per_gpu"],
                    "p99": run["cores_p99_per_gpu"],
                }
            )
    return rows


def slowed(settings: ScaleSettings) -> list[dict[str, float]]:
    """The step and the mean wait of a script, with fewer and fewer cores."""
    rows = []
    for cores in CORES:
        run = Loop(settings.model_copy(update={"sandbox_cores_per_gpu": cores})).run()
        rows.append(
            {
                "cores_per_gpu": cores,
                "busy": run["busy"]["sandbox"],
                "script_wait_s": run["script_wait_s"],
                "step_s": run["total_s"],
            }
        )
    return rows


def paper(settings: ScaleSettings) -> dict[str, float]:
    """What the paper's cores could bear."""
    cores = settings.sandbox_cores_per_gpu * settings.gpus
    rollouts = settings.groups_per_step * settings.group_size
    return {
        "cores": cores,
        "scripts_a_core_if_all_rollouts_run_one_at_once": rollouts / cores,
        "core_seconds_a_rollout": cores * PAPER_STEP_S / rollouts,
        "cores_per_gpu_if_every_script_ran_to_its_limit": cores_per_gpu(
            settings, settings.script_limit_s, settings.max_calls, PAPER_STEP_S, 1.0
        ),
    }
