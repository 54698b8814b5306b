"""Tasks of one's own, from a file: JSON lines with the fields of `Task`, or a frozen Parquet set."""

from pathlib import Path

from pydantic import ValidationError

from curriculum.checkers import CHECKERS
from curriculum.task import Task
from curriculum.tasksets.parquet import load


def read_tasks(path: str) -> list[Task]:
    """All tasks in a `.jsonl` or `.parquet` file.

    Raises:
        ValueError: It is neither, a line is no task, or a task names an unknown checker.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"no task file at {file}: set tasks.file to a .jsonl or .parquet file")
    tasks = list(load(file)) if file.suffix == ".parquet" else _from_lines(file)
    unknown = sorted({t.checker for t in tasks} - set(CHECKERS))
    if unknown:
        raise ValueError(f"{file} names checkers {unknown}: known are {sorted(CHECKERS)}")
    return tasks


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
