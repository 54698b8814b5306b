"""Scores the stored rollouts of a run again with the checkers of today: shows what a mended checker would have changed.

takes: rollouts/*.parquet, tasks.parquet   gives: reverified.json; nothing stored is changed
"""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from actors.rewards.config import RewardConfig
from actors.rewards.timed_check import TimedChecker
from curriculum.task import Task
from curriculum.tasks.sets.parquet import TaskTable
from driver.errors import RunFolderError
from driver.outputs.progress import Progress
from driver.outputs.rollout_files import read_rollouts
from driver.outputs.run_folder import RunFolder, write_json

_COLUMNS = ["phase", "rollout_id", "task_id", "family", "answer", "is_correct"]
_SHOWN = 10


@dataclass
class Count:
    """Rollouts of a phase or family, and how many were right as stored and are right now."""

    num_rollouts: int = 0
    was_right: int = 0
    is_right: int = 0

    def add(self, was: bool, now: bool) -> None:
        """Count one rollout."""
        self.num_rollouts += 1
        self.was_right += was
        self.is_right += now


@dataclass
class Reverified:
    """What today's checkers say of the stored answers."""

    num_checks: int = 0
    """Distinct pairs of task and answer: each is checked once."""
    num_timeouts: int = 0
    num_crashes: int = 0
    num_unknown: int = 0
    """Rollouts whose task is not in the frozen set any more: not judged, and in no count."""
    phases: dict[str, Count] = field(default_factory=dict)
    families: dict[str, Count] = field(default_factory=dict)
    changed: list[dict[str, Any]] = field(default_factory=list)
    """Rollouts that are judged otherwise: file, rollout, task, answer, `was`, `now`."""


def reverify(folder: Path, progress: Progress | None = None) -> Reverified:
    """Check every stored answer again and write `reverified.json`.

    The answers are those that were read from the model's words when the rollouts were made; only the checkers are
    today's. A checker that takes longer than the run's `reward.check_timeout_s` says wrong, as in the run.

    Args:
        folder: a run folder.
        progress: an open one to show how far it is.

    Raises:
        RunFolderError: there are no rollouts or no task set, one of their files is damaged, or a task names a checker
            that there is no more.
    """
    run = RunFolder(folder)
    files = sorted(run.rollouts.glob("*.parquet"))
    if not files:
        raise RunFolderError(f"no rollout file in {run.rollouts}: has the run reached GRPO?")
    tasks = run.load_tasks()
    rows = [{**row, "file": file.name} for file in files for row in read_rollouts(file, columns=_COLUMNS)]
    result = asyncio.run(_judged(rows, tasks, _check_timeout_s(run.config), progress))
    write_json(folder / "reverified.json", asdict(result))
    return result


async def _judged(
    rows: Iterable[dict[str, Any]], tasks: TaskTable, timeout_s: float, progress: Progress | None
) -> Reverified:
    result, checker = Reverified(), TimedChecker(timeout_s)
    known = {task.task_id: task for task in tasks}
    rows = list(rows)
    judged = [row for row in rows if row["task_id"] in known]
    result.num_unknown = len(rows) - len(judged)
    verdicts: dict[tuple[str, str | None], bool] = {}
    if progress is not None:
        progress.start("reverify", len(judged))
    try:
        for row in judged:
            key = (row["task_id"], row["answer"])
            if key not in verdicts:
                verdicts[key] = await _verdict(checker, known[row["task_id"]], row["answer"])
            _count(result, row, verdicts[key])
            if progress is not None:
                progress.advance("reverify")
    finally:
        checker.close()
    if progress is not None:
        progress.finish("reverify")
    result.num_checks = len(verdicts)
    result.num_timeouts, result.num_crashes = checker.num_timeouts, checker.num_crashes
    return result


async def _verdict(checker: TimedChecker, task: Task, answer: str | None) -> bool:
    try:
        return await checker.is_correct(task, answer)
    except (
        ValueError
    ) as error:  # what `curriculum.tasks.checkers.check` raises where the task itself is at fault
        raise RunFolderError(f"{error}; reverify the run with the version that made it") from error


def _count(result: Reverified, row: dict[str, Any], now: bool) -> None:
    was = bool(row["is_correct"])
    result.phases.setdefault(row["phase"], Count()).add(was, now)
    result.families.setdefault(row["family"], Count()).add(was, now)
    if was != now:
        names = ("file", "rollout_id", "task_id", "family", "answer")
        result.changed.append({**{name: row[name] for name in names}, "was": was, "now": now})


def _check_timeout_s(config: Path) -> float:
    """The run's own limit of a check; the default's where its config cannot be read or does not say."""
    try:
        reward = (yaml.safe_load(config.read_text(encoding="utf-8")) or {}).get("reward") or {}
    except (OSError, ValueError, yaml.YAMLError, AttributeError):
        reward = {}
    return float(reward.get("check_timeout_s", RewardConfig().check_timeout_s))


def print_reverified(folder: str) -> None:
    """Reverify a run folder and print what changed.

    Raises:
        RunFolderError: as `reverify`.
    """
    with Progress() as progress:
        result = reverify(Path(folder), progress)
    console = Console(highlight=False)
    table = Table("phase", "rollouts", "right then", "right now")
    for name, count in result.phases.items():
        table.add_row(name, str(count.num_rollouts), str(count.was_right), str(count.is_right))
    console.print(table)
    for one in result.changed[:_SHOWN]:
        words = "was wrong, is right" if one["now"] else "was right, is wrong"
        console.print(f"{one['rollout_id']}  {one['task_id']}  {words}: {one['answer']!r}", markup=False)
    console.print(
        f"{len(result.changed)} rollouts are judged otherwise; {result.num_checks} checks, {result.num_timeouts} "
        f"timed out, {result.num_crashes} crashed, {result.num_unknown} rollouts of tasks not in the set: "
        f"{folder}/reverified.json"
    )
