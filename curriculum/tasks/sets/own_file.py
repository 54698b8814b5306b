"""Tasks of one's own, from a file: JSON lines with the fields of `Task`, or a frozen Parquet set."""

from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from curriculum.task import Task
from curriculum.tasks.checkers import CHECKERS, check, checker_named
from curriculum.tasks.config import Split
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.parquet import load


def read_tasks(path: str) -> list[Task]:
    """All tasks in a `.jsonl` or `.parquet` file.

    Raises:
        ValueError: It is neither, a line is no task, or a task that no answer can be right for.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"no task file at {file}: set tasks.file to a .jsonl or .parquet file")
    is_frozen = file.suffix == ".parquet"
    tasks = list(load(file)) if is_frozen else _from_lines(file)
    for name in sorted({t.checker for t in tasks}):
        try:
            checker_named(name)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error
    for task in () if is_frozen else tasks:  # a frozen set was made by generators, and may be large
        fault = _fault(task)
        if fault:
            raise ValueError(f"{file}: task {task.task_id} {fault}")
    return tasks


def _fault(task: Task) -> str | None:
    """What keeps a task from ever being drawn or answered; training would show it as a rate of zero."""
    if task.split not in get_args(Split):
        return f"has split {task.split!r}: choose from {', '.join(get_args(Split))}"
    try:
        payload = decode_payload(task.payload)
    except ValueError as error:
        return f"has a payload that is no JSON object ({error})"
    if task.checker in CHECKERS and "answer" not in payload:
        return f'has no "answer" in its payload, which checker {task.checker} reads'
    answer = payload.get("answer")
    if answer is not None and not check(task, str(answer)):
        return f"has answer {str(answer)[:80]!r}, which its own checker {task.checker} calls wrong"
    return None


def _from_lines(file: Path) -> list[Task]:
    tasks = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            tasks.append(Task.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"{file} line {number} is not a task: {where}: {first['msg']}") from error
    return tasks
