"""Shows single tasks of the 144 families, and scores any text as the answer to one."""

import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path

from curriculum.task import Task
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.catalogue import entry
from curriculum.tasks.checkers import check
from curriculum.tasks.config import FamilyConfig, TaskSetConfig
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.build import one_task
from curriculum.tasks.sources.source import source_of
from driver.errors import ConfigError

_OPENING = "<<<"
_CHECK_TIMEOUT_S = 10.0


def shown_task(name: str, seed: int, level: int | None = None, bbh_folder: str | None = None) -> Task:
    """A task of one of the 144 families; the same for the same seed.

    Args:
        name: Of the family.
        seed: Any number; for a family whose tasks come from a file, it picks one.
        level: Of difficulty, from 0; by default the first task of the family as the presets have it.
        bbh_folder: Where BIG-Bench Hard's files are; by default the cache.

    Raises:
        ConfigError: There is no such family or level, or its data are missing.
    """
    family = _family(name)
    family = source_of(family).with_data(family, TaskSetConfig(bbh_folder=bbh_folder))
    try:
        return one_task(_at_level(family, level), seed)
    except (FileNotFoundError, ValueError) as error:
        raise ConfigError(str(error)) from error


def print_shown(
    name: str, seed: int, level: int | None, as_json: bool, bbh_folder: str | None = None
) -> None:
    """Question, reference answer where there is one, and what the checker says of that answer."""
    task = shown_task(name, seed, level, bbh_folder)
    answer = decode_payload(task.payload).get("answer")
    verdict = None if answer is None else check(task, str(answer))
    if as_json:
        print(json.dumps({"task": task.model_dump(), "answer": answer, "right": verdict}, indent=1))
        return
    print(task.question)
    print(f"\nanswer: {'none stored, the checker verifies' if answer is None else answer}")
    if verdict is not None:
        print(f"checker {task.checker} says of it: {'right' if verdict else 'wrong'}")


def print_verdict(name: str, question_file: str, answer_file: str, as_json: bool) -> None:
    """Whether the text in a file is right: its last `<<<...>>>` if it has one, else all of it."""
    task = read_task(name, question_file)
    text = _read(answer_file)
    answer = extract_answer(text) if _OPENING in text else text.strip()
    with _time_limit(_CHECK_TIMEOUT_S):
        is_right = check(task, answer)
    if as_json:
        print(json.dumps({"right": is_right, "answer": answer, "checker": task.checker}))
        return
    given = "no answer" if answer is None else answer if len(answer) <= 200 else f"{answer[:200]} ..."
    print(f"{'right' if is_right else 'wrong'}: {given}")


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Ends what runs inside by an exception, which a checker takes for a wrong answer."""

    def out_of_time(*_: object) -> None:
        raise TimeoutError(f"the checker took more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def read_task(name: str, path: str) -> Task:
    """The task in a JSON file: as `tasks show --json` prints it, or as its source publishes it.

    Raises:
        ConfigError: There is no such family, or the file holds no task of it.
    """
    family = _family(name)
    try:
        row = json.loads(_read(path))
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    try:
        if not isinstance(row, dict):
            raise TypeError(f"it holds a {type(row).__name__}, not an object")
        task = row.get("task")
        if isinstance(task, dict) or "task_id" in row:
            return Task.model_validate(task if isinstance(task, dict) else row)
        return source_of(family).published(family.name, row).task(family.source, family.name, 0, "shown")
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{path} holds no task of {family.name} ({type(error).__name__}: {error}): give one as "
            f"`tasks show {family.name} --json` prints it, or as {family.source} publishes it"
        ) from error


def _family(name: str) -> FamilyConfig:
    try:
        found = entry(name)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return FamilyConfig(name=found.name, source=found.source)


def _at_level(family: FamilyConfig, level: int | None) -> FamilyConfig:
    if level is None:
        return family
    levels = source_of(family).levels(family)
    if not 0 <= level < len(levels):
        raise ConfigError(f"{family.name} has levels 0 to {len(levels) - 1}, not {level}: correct --level")
    return family.model_copy(update={"levels": (levels[level],)})


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
