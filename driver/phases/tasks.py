"""The task set of a run: made from its config and frozen.

takes: config   gives: tasks.parquet
"""

from contextlib import nullcontext

from curriculum.task import Task
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set, families_without_data
from curriculum.tasks.sets.parquet import freeze
from curriculum.whole_files import NotWrittenError
from driver.errors import ConfigError, RunFolderError
from driver.outputs.progress import Progress
from driver.session import Session

_NAME = "tasks"
_MANY_FAMILIES = 12  # fewer are made in the blink of an eye


def is_done(session: Session) -> bool:
    """Whether the task set is frozen."""
    return session.folder.tasks.is_file()


async def run(session: Session) -> None:
    """Make and freeze the task set.

    Raises:
        ConfigError: a family is unknown, or has too few distinct questions.
        RunFolderError: the disk is full or the folder cannot be written to.
    """
    target = session.folder.tasks
    tasks = built_tasks(session.config.tasks, session.progress)
    try:
        freeze(tasks, target)
    except NotWrittenError as error:
        raise RunFolderError(str(error)) from error


def built_tasks(config: TaskSetConfig, progress: Progress | None = None) -> list[Task]:
    """The task set of a config, with a bar of its families; says which are left out for want of data.

    Args:
        config: which families and how many questions of each.
        progress: the run's, which stays open; by default one of its own.

    Raises:
        ConfigError: a family is unknown, or has too few distinct questions.
    """
    try:
        with Progress() if progress is None else nullcontext(progress) as bars:
            if config.file is None and (missing := families_without_data(config)):
                bars.say(
                    f"{len(missing)} families are left out, their data are missing: run `tasks fetch bbh`"
                )
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
            bars.start(_NAME, num_families)
            started = True
        bars.advance(_NAME, note=name)
        if num_done == num_families:
            bars.finish(_NAME)

    return build_task_set(config, on_family)
