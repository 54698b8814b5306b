"""A run folder that stands before the GRPO loop, and attempts at the loop over fake actors."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fake_actors import World
from fake_cluster import FakeCluster
from rich.console import Console

from curriculum.task import Task
from curriculum.tasks.sets.parquet import freeze
from driver.config import RunConfig
from driver.outputs.metrics import MetricLine, MetricsLog, read_metrics
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder
from driver.session import Session
from tests.unit.actors.rollout_cases import task

SETTINGS: dict[str, Any] = {
    "name": "fake",
    "model": "tiny-random-llama",
    "curriculum": {"thresholds": [0.5, 0.0], "steps_per_stage": [2, 3], "min_tasks_per_group": 2},
    "rollout": {"group_size": 4, "max_turn_tokens": 32, "max_rollout_tokens": 64},
    "engine": {"max_model_len": 128, "max_num_seqs": 16},
    "training": {"groups_per_step": 2, "checkpoint_every": 2},
    "placement": {"rollout_workers": 2, "min_memory_gib": 0.1},
    "recovery": {"replacements_per_hour": 100},
    "sandbox": {"num_workers": 1, "preload": "bare"},
}


def config(folder: Path, **sections: dict[str, Any]) -> RunConfig:
    """The settings of a small run, with these changes in its sections."""
    data = {key: dict(value) if isinstance(value, dict) else value for key, value in SETTINGS.items()}
    for name, changes in sections.items():
        data[name] = {**data.get(name, {}), **changes}
    return RunConfig.model_validate({**data, "folder": folder})


def tasks(num_train: int = 10) -> list[Task]:
    """Training tasks, and a few to test on."""
    train = [task(f"s/f/{i}", question=f"{i}?") for i in range(num_train)]
    test = [task(f"s/f/t{i}", split="test", question=f"t{i}?") for i in range(3)]
    return train + test


def prepared(folder: Path) -> None:
    """What the phases before training leave behind."""
    run = RunFolder(folder)
    run.rollouts.mkdir(parents=True, exist_ok=True)
    run.sft_model.mkdir(parents=True, exist_ok=True)
    (run.sft_model / "config.json").write_text('{"model": 100}')
    held = tasks()
    freeze(held, run.tasks)
    rows = [
        {"task_id": t.task_id, "family": "f", "agents": {"full": {"num_correct": i % 5, "num_rollouts": 4}}}
        for i, t in enumerate(held)
        if t.split == "train"
    ]
    run.potential.write_text(json.dumps({"tasks": rows}))


@contextmanager
def session(settings: RunConfig, world: World) -> Iterator[Session]:
    """One attempt at a run, its cluster started."""
    folder = RunFolder(settings.folder)
    with (
        MetricsLog(folder.root, settings.name) as metrics,
        Progress(Console(file=io.StringIO())) as progress,
    ):
        attempt = Session(
            settings,
            folder,
            settings.folder / "base",
            metrics,
            progress,
            lambda: FakeCluster(settings, settings.folder, world),
        )
        attempt.start_cluster()
        try:
            yield attempt
        finally:
            attempt.memory.stop()


def train_lines(folder: Path) -> list[MetricLine]:
    """The metrics of the steps."""
    return [line for line in read_metrics(folder) if line.phase == "train"]


def dropped(line: MetricLine) -> float:
    """Rollouts dropped so far, for whatever reason."""
    return sum(value for name, value in line.values.items() if name.startswith("dropped/"))


def is_balanced(line: MetricLine) -> bool:
    """generated = trained + dropped + buffered."""
    values = line.values
    return values["generated"] == values["trained"] + dropped(line) + values["buffered"]


def at(num_call: int, act: Callable[[], Any]) -> Callable[..., Any]:
    """A hook that acts in its `num_call`th call, counted from 1."""
    count = 0

    def hook(*_: Any) -> Any:
        nonlocal count
        count += 1
        return act() if count == num_call else None

    return hook
