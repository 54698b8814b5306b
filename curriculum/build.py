"""Builds the task set of a config: the same list in every process, with splits that share no question."""

import random
from typing import Any

from curriculum.config import FamilyConfig, TaskSetConfig
from curriculum.families import preset_families
from curriculum.task import Task
from curriculum.tasksets.files import read_tasks
from curriculum.tasksets.reasoning_gym import derived_seed, distinct_items, make_task


def build_task_set(config: TaskSetConfig) -> list[Task]:
    """All tasks of a config, family by family, then by number.

    Raises:
        ValueError: If a family has too few distinct questions for the sizes asked for, or the file of own tasks is
            not in order.
    """
    if config.file is not None:
        own = read_tasks(config.file)
        check_disjoint(own)
        return own
    families = preset_families(config.preset, config.families)
    trained = {"sft": config.sft_per_family, "train": config.train_per_family, "test": config.test_per_family}
    held_out = {"held_out": config.held_out_per_family}
    seen: set[str] = set()
    tasks: list[Task] = []
    for group, sizes in ((families.trained, trained), (families.held_out, held_out)):
        for family in group:
            tasks += _family_tasks(family, sizes, seed=config.seed, seen=seen)
    check_disjoint(tasks)
    return tasks


def normalised_question(question: str) -> str:
    """What counts as the same question: letter case and spacing do not."""
    return " ".join(question.casefold().split())


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


def _family_tasks(family: FamilyConfig, sizes: dict[str, int], *, seed: int, seen: set[str]) -> list[Task]:
    """Tasks of one family; which item goes to which split is drawn, so every split spans all levels."""
    wanted = sum(sizes.values())
    items: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def is_new(question: str) -> bool:
        key = normalised_question(question)
        if key in seen:
            return False
        seen.add(key)
        return True

    stream = distinct_items(family, seed, is_new)
    while len(items) < wanted:
        pair = next(stream, None)
        if pair is None:
            raise ValueError(
                f"family {family.name} has only {len(items)} distinct questions but {wanted} are wanted: "
                "lower tasks.*_per_family or widen its levels in curriculum/families.py"
            )
        items.append(pair)
    splits = [split for split, size in sizes.items() for _ in range(size)]
    random.Random(derived_seed(seed, family.name, "splits")).shuffle(splits)
    return [
        make_task(family.name, number, split, level, item)
        for number, (split, (level, item)) in enumerate(zip(splits, items, strict=True))
    ]
