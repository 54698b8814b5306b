"""Builds the task set of a config and prints what it holds."""

from collections import Counter

from rich.console import Console
from rich.table import Table

from curriculum.build import build_task_set
from curriculum.config import TaskSetConfig
from curriculum.task import Task
from driver.errors import ConfigError


def built_tasks(config: TaskSetConfig) -> list[Task]:
    """The task set of a config.

    Raises:
        ConfigError: a family is unknown, or has too few distinct questions.
    """
    try:
        return build_task_set(config)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def print_tasks(config: TaskSetConfig) -> None:
    """One row per family: source, and how many items each split has."""
    tasks = built_tasks(config)
    counts = Counter((t.family, t.source, t.split) for t in tasks)
    splits = ("sft", "train", "test", "held_out")
    table = Table("family", "source", *splits, title=f"{len(tasks)} tasks")
    for family, source in sorted({(t.family, t.source) for t in tasks}):
        table.add_row(family, source, *[str(counts[family, source, split]) for split in splits])
    Console().print(table)


def print_task(config: TaskSetConfig, task_id: str) -> None:
    """One task: question and what its checker holds."""
    for task in built_tasks(config):
        if task.task_id == task_id:
            Console().print_json(task.model_dump_json())
            return
    raise ConfigError(f"no task {task_id} in this task set: `python -m driver tasks` lists its families")
