"""Lists the 144 task families, and the task set that a config makes of them or of others."""

import json
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from curriculum.tasks.catalogue import FamilyEntry, catalogue
from curriculum.tasks.config import FamilyConfig, TaskSetConfig
from curriculum.tasks.presets import split_version
from curriculum.tasks.sets.parquet import content_hash, freeze
from curriculum.tasks.solvers import trace_kind
from curriculum.tasks.sources.bbh import files
from curriculum.tasks.sources.source import source_of
from curriculum.whole_files import NotWrittenError
from driver.errors import ConfigError, DriverError
from driver.phases.tasks import built_tasks

_MISSING = "data missing: run tasks fetch bbh"


def print_catalogue(as_json: bool, bbh_folder: str | None = None) -> None:
    """The 144 families, one row each, or as a JSON list."""
    entries = list(catalogue().values())
    families = [_family(e, bbh_folder) for e in entries]
    if as_json:
        rows = [
            {**e.model_dump(), "available": source_of(f).is_available(f), "traces": trace_kind(e.name)}
            for e, f in zip(entries, families, strict=True)
        ]
        print(json.dumps(rows, indent=1))
        return
    held_out = sum(e.split == "test" for e in entries)
    table = Table("family", "source", "capability", "tasks", "split", "checker", "traces")
    table.title = f"{len(entries)} families: {len(entries) - held_out} to train on, {held_out} held out"
    for entry, family in zip(entries, families, strict=True):
        about = (entry.capability, _amount(family), entry.split, entry.checker, trace_kind(entry.name))
        table.add_row(entry.name, entry.source, *about)
    Console(width=None if Console().is_terminal else 200).print(table)


def print_set(config: TaskSetConfig) -> None:
    """The task set of a config: one row per family with how many tasks each split has, and the content hash."""
    tasks = built_tasks(config)
    counts = Counter((t.family, t.source, t.split) for t in tasks)
    splits = ("sft", "train", "test", "held_out")
    table = Table("family", "source", *splits, title=f"{len(tasks)} tasks")
    for family, source in sorted({(t.family, t.source) for t in tasks}):
        table.add_row(family, source, *[str(counts[family, source, split]) for split in splits])
    Console().print(table)
    print(f"content hash {content_hash(tasks)}")


def print_task(config: TaskSetConfig, task_id: str) -> None:
    """One task of a config's set: question and what its checker holds."""
    for task in built_tasks(config):
        if task.task_id == task_id:
            Console().print_json(task.model_dump_json())
            return
    raise ConfigError(f"no task {task_id} in this task set: `python -m driver tasks set` lists its families")


def freeze_set(config: TaskSetConfig, path: str) -> None:
    """Make a config's task set and write it to a Parquet file."""
    tasks = built_tasks(config)
    try:
        content = freeze(tasks, path, "--out", split_version=split_version(config))
    except NotWrittenError as error:
        raise DriverError(str(error)) from error
    print(f"{len(tasks)} tasks in {path}, content hash {content}")


def fetch_bbh(folder: str | None, address: str | None) -> None:
    """Get BIG-Bench Hard's files."""
    target = Path(folder) if folder else files.default_folder()

    def on_file(name: str, is_new: bool) -> None:
        print(f"{'fetched' if is_new else 'is there'}  {name}")

    try:
        fetched = files.fetch(target, address or files.ADDRESS, on_file=on_file)
    except (OSError, ValueError) as error:
        raise DriverError(str(error)) from error
    print(f"{fetched} of {len(files.CHECKSUMS)} files fetched into {target}, all checksums right")


def _family(entry: FamilyEntry, bbh_folder: str | None) -> FamilyConfig:
    family = FamilyConfig(name=entry.name, source=entry.source)
    return source_of(family).with_data(family, TaskSetConfig(bbh_folder=bbh_folder))


def _amount(family: FamilyConfig) -> str:
    source = source_of(family)
    return source.amount(family) if source.is_available(family) else _MISSING
