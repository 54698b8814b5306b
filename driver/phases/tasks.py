"""The task set of a run: made from its config and frozen.

takes: config   gives: tasks.parquet
"""

from curriculum.task import Task
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set, families_without_data
from curriculum.tasks.sets.parquet import freeze
from driver.config import RunConfig
from driver.errors import ConfigError, RunFolderError
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder

_MANY_FAMILIES = 12  # fewer are made in the blink of an eye


def freeze_tasks(config: RunConfig, folder: RunFolder) -> None:
    """Freeze the task set of a run, unless it is there."""
    if folder.tasks.is_file():
        return
    tasks = built_tasks(config.tasks)
    try:
        freeze(tasks, folder.tasks)
    except OSError as error:
        raise RunFolderError(
            f"{folder.tasks} could not be written ({error}): free some space or set folder="
        ) from error


def built_tasks(config: TaskSetConfig, progress: Progress | None = None) -> list[Task]:
    """The task set of a config, with a bar of its families; says which are left out for want of data.

    Raises:
        ConfigError: a family is unknown, or has too few distinct questions.
    """
    try:
        with progress or Progress() as bars:
            if config.file is None and (missing := families_without_data(config)):
                bars.say(f"{len(missing)} tasks are left out, their data are missing: run `tasks fetch bbh`")
            return _built(config, bars)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _built(config: TaskSetConfig, bars: Progress) -> list[Task]:
    started = False

    def on_family(name: str, num_done: int, num_families: int) -> None:
        nonlocal started
        if num_families < _MANY_FAMILIES:
            return
        if not started:
            bars.start("tasks", num_families)
            started = True
        bars.advance("tasks", note=name)
        if num_done == num_families:
            bars.finish("tasks")

    return build_task_set(config, on_family)
