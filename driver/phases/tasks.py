"""The task set of a run: made from its config and frozen.

takes: config   gives: tasks.parquet
"""

from contextlib import nullcontext
from pathlib import Path

from curriculum.task import Task
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.presets import split_version
from curriculum.tasks.sets.build import build_task_set, families_without_data
from curriculum.tasks.sets.parquet import freeze, load
from curriculum.whole_files import NotWrittenError
from driver.errors import ConfigError, RunFolderError
from driver.outputs.progress import Progress
from driver.session import Session

_NAME = "tasks"
_MANY_FAMILIES = 12  # fewer are made in the blink of an eye


def is_done(session: Session) -> bool:
    """Whether the task set is frozen.

    Raises:
        RunFolderError: it is, with the sides of another published split.
    """
    if not session.folder.tasks.is_file():
        return False
    refuse_other_split(session.folder.tasks, session.config.tasks)
    return True


def refuse_other_split(frozen: Path, config: TaskSetConfig) -> None:
    """Refuse a frozen set whose held-out families are not those of the present split.

    Raises:
        RunFolderError: says which split it has.
    """
    now = split_version(config)
    before = load(frozen).split_version or 1  # the first split's sets do not say so
    if now is not None and before != now:
        raise RunFolderError(
            f"{frozen} was made with version {before} of the split into 107 and 37 families, and this is version "
            f"{now}, which holds out others: set folder= to a new folder, or go on with the version of this "
            "program that made it"
        )


async def run(session: Session) -> None:
    """Make and freeze the task set.

    Raises:
        ConfigError: a family is unknown, or has too few distinct questions.
        RunFolderError: the disk is full or the folder cannot be written to.
    """
    target = session.folder.tasks
    tasks = built_tasks(session.config.tasks, session.progress)
    try:
        freeze(tasks, target, split_version=split_version(session.config.tasks))
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
