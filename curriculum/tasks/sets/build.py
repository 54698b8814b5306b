"""Builds the task set of a config: the same list in every process, with splits that share no question.

Families are independent of each other, so big sets are made by several processes side by side. Those processes run
with a pinned hash seed, which a few families need.
"""

import contextlib
import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

from curriculum.task import Task
from curriculum.tasks.config import FamilyConfig, TaskSetConfig
from curriculum.tasks.draft import Draft, derived_seed, normalised_question
from curriculum.tasks.presets import chosen_families
from curriculum.tasks.sets.own_file import read_tasks
from curriculum.tasks.sources.source import SOURCES, source_of

OnFamily = Callable[[str, int, int], None]
"""Told a family's name each time one is done, how many are, and how many there are."""

# Fewer families than this are made in less time than a process takes to start.
_FEW_FAMILIES = 12


def build_task_set(config: TaskSetConfig, on_family: OnFamily | None = None) -> list[Task]:
    """All tasks of a config, family by family, then by number; families whose data are missing are left out.

    A family whose items come from a file and are fewer than the sizes ask for gives what it has, in proportion.

    Raises:
        ValueError: If a generated family has too few distinct questions for the sizes asked for, or the file of own
            tasks is not in order.
    """
    if config.file is not None:
        own = read_tasks(config.file)
        check_disjoint(own)
        return own
    families = chosen_families(config)
    trained = {"sft": config.sft_per_family, "train": config.train_per_family, "test": config.test_per_family}
    jobs = [(family, trained) for family in families.trained]
    jobs += [(family, {"held_out": config.held_out_per_family}) for family in families.held_out]
    jobs = [(family, sizes) for family, sizes in jobs if _is_available(family)]
    tasks = _made_here(jobs, config, on_family) if _is_small(jobs) else _made_aside(jobs, config, on_family)
    check_disjoint(tasks)
    return tasks


def one_task(family: FamilyConfig, seed: int) -> Task:
    """A task of a family by its seed: the first it makes from it, or one of its file; the same in every process.

    Raises:
        ValueError: There is no such family, or it makes nothing.
        FileNotFoundError: Its data are missing.
    """
    if _needs_pin(family) and os.environ.get("PYTHONHASHSEED") != "0":
        context = multiprocessing.get_context("spawn")
        with _pinned_hash_seed(), ProcessPoolExecutor(1, mp_context=context) as pool:
            return pool.submit(_shown_task, family, seed).result()
    return _shown_task(family, seed)


def families_without_data(config: TaskSetConfig) -> list[str]:
    """Families of a config whose files are missing, so that `build_task_set` leaves them out."""
    trained, held_out = chosen_families(config)
    return [family.name for family in trained + held_out if not _is_available(family)]


def check_disjoint(tasks: list[Task]) -> None:
    """Refuses a set in which an id or a question comes twice, or a held-out family is trained on.

    Raises:
        ValueError: Naming the tasks that clash.
    """
    by_question: dict[str, Task] = {}
    by_id: dict[str, Task] = {}
    for task in tasks:
        for twin in (by_question.get(normalised_question(task.question)), by_id.get(task.task_id)):
            if twin is not None:
                raise ValueError(
                    f"{task.task_id} ({task.split}) repeats {twin.task_id} ({twin.split}): "
                    "a question belongs to one split"
                )
        by_question[normalised_question(task.question)] = by_id[task.task_id] = task
    both = {t.family for t in tasks if t.split == "held_out"} & {
        t.family for t in tasks if t.split != "held_out"
    }
    if both:
        raise ValueError(f"families {sorted(both)} are held out and trained on: remove them from one side")


def _is_available(family: FamilyConfig) -> bool:
    return source_of(family).is_available(family)


def _needs_pin(family: FamilyConfig) -> bool:
    return family.name in source_of(family).hash_dependent


def _shown_task(family: FamilyConfig, seed: int) -> Task:
    source = source_of(family)
    if source.is_finite(family):
        drafts = list(source.drafts(family, seed=seed, is_new=lambda _: True))
        return drafts[seed % len(drafts)].task(source.name, family.name, seed, "shown")
    return _family_tasks(family, {"shown": 1}, seed)[0]


_Job = tuple[FamilyConfig, dict[str, int]]


def _is_small(jobs: list[_Job]) -> bool:
    is_pinned = os.environ.get("PYTHONHASHSEED") == "0"
    needs_pin = any(_needs_pin(family) for family, _ in jobs)
    return len(jobs) < _FEW_FAMILIES and (is_pinned or not needs_pin)


def _made_here(jobs: list[_Job], config: TaskSetConfig, on_family: OnFamily | None) -> list[Task]:
    tasks: list[Task] = []
    for number, (family, sizes) in enumerate(jobs, 1):
        tasks += _family_tasks(family, sizes, config.seed)
        if on_family is not None:
            on_family(family.name, number, len(jobs))
    return tasks


def _made_aside(jobs: list[_Job], config: TaskSetConfig, on_family: OnFamily | None) -> list[Task]:
    slow = [name for source in SOURCES.values() for name in source.slow]

    def is_fast(job: _Job) -> int:
        return slow.index(job[0].name) if job[0].name in slow else len(slow)

    workers = config.num_processes or os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    futures: dict[str, Future[list[Task]]] = {}
    with _pinned_hash_seed(), ProcessPoolExecutor(workers, mp_context=context) as pool:
        for family, sizes in sorted(jobs, key=is_fast):
            futures[family.name] = pool.submit(_family_tasks, family, sizes, config.seed)
        names = {future: name for name, future in futures.items()}
        try:
            for number, future in enumerate(as_completed(names), 1):
                future.result()
                if on_family is not None:
                    on_family(names[future], number, len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [task for family, _ in jobs for task in futures[family.name].result()]


@contextlib.contextmanager
def _pinned_hash_seed() -> Iterator[None]:
    """Processes started inside have `PYTHONHASHSEED=0`; this one keeps its own, which was fixed at its start."""
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before


def _family_tasks(family: FamilyConfig, sizes: dict[str, int], seed: int) -> list[Task]:
    """Tasks of one family; which item goes to which split is drawn, so every split spans all levels."""
    drafts = _drafts(family, sum(sizes.values()), seed)
    if len(drafts) < sum(sizes.values()):
        if not source_of(family).is_finite(family):
            raise ValueError(
                f"family {family.name} has only {len(drafts)} distinct questions but {sum(sizes.values())} are "
                "wanted: lower tasks.*_per_family or widen its levels in curriculum/tasks/presets.py"
            )
        sizes = {split: size * len(drafts) // sum(sizes.values()) for split, size in sizes.items()}
    splits = [split for split, size in sizes.items() for _ in range(size)]
    name = source_of(family).task_family(family)
    random.Random(derived_seed(seed, name, "splits")).shuffle(splits)
    return [
        draft.task(family.source, name, number, split)
        for number, (split, draft) in enumerate(zip(splits, drafts, strict=False))
    ]


def _drafts(family: FamilyConfig, wanted: int, seed: int) -> list[Draft]:
    seen: set[str] = set()

    def is_new(question: str) -> bool:
        key = normalised_question(question)
        if key in seen:
            return False
        seen.add(key)
        return True

    stream = source_of(family).drafts(family, seed=seed, is_new=is_new)
    return [draft for _, draft in zip(range(wanted), stream, strict=False)]
