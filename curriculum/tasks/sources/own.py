"""Families of one's own: classes named `module:Class` (docs/own-task.md)."""

import functools
import importlib
from collections.abc import Iterator
from typing import Any, ClassVar

from curriculum.tasks.config import FamilyConfig, SourceName, TaskSetConfig
from curriculum.tasks.draft import Draft, IsNew
from curriculum.tasks.family import CAPABILITIES, Capability, TaskFamily
from curriculum.tasks.sources.generated import Rule, chosen_levels, generated


class OwnSource:
    """Classes by `module:Class`, which is their name and their checker's."""

    name: SourceName = "own"
    families: tuple[str, ...] = ()
    hash_dependent: frozenset[str] = frozenset()
    slow: tuple[str, ...] = ()
    shared_rules: ClassVar[dict[str, Rule]] = {}

    def capability(self, family: str) -> Capability:
        """As the class says."""
        return own_family(family).capability

    def checker(self, family: str) -> str:
        """The class itself."""
        return family

    def rule(self, checker: str) -> Rule | None:
        """The class's own, for names with a colon."""
        return own_family(checker).is_right if ":" in checker else None

    def levels(self, family: FamilyConfig) -> tuple[dict[str, Any], ...]:
        """The config's, or the class's."""
        return chosen_levels(own_family(family.name), family.levels)

    def drafts(self, family: FamilyConfig, *, seed: int, is_new: IsNew) -> Iterator[Draft]:
        """Generated."""
        made = own_family(family.name)
        return generated(made, self.checker(family.name), self.levels(family), seed=seed, is_new=is_new)

    def published(self, family: str, row: dict[str, Any]) -> Draft:
        """Nobody publishes these: refused."""
        raise ValueError(f"{family} is a class of one's own: it makes its tasks and publishes none")

    def with_data(self, family: FamilyConfig, config: TaskSetConfig) -> FamilyConfig:
        """Needs none."""
        return family

    def is_available(self, family: FamilyConfig) -> bool:
        """Always; a class that cannot be imported is refused when its tasks are made."""
        return True

    def is_finite(self, family: FamilyConfig) -> bool:
        """Never."""
        return False

    def task_family(self, family: FamilyConfig) -> str:
        """The name that the class gives itself."""
        return own_family(family.name).name

    def amount(self, family: FamilyConfig) -> str:
        """As many as are wanted."""
        return "generated"


@functools.cache
def own_family(path: str) -> TaskFamily:
    """The family class at `module:Class`, made once.

    Raises:
        ValueError: The module or class is not there, or lacks what a family has; says what.
    """
    module, _, name = path.partition(":")
    try:
        family = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError) as error:
        raise ValueError(
            f"no task family at {path!r} ({type(error).__name__}: {error}): give module:Class, importable from "
            "the folder where the run is started, with a constructor without arguments"
        ) from error
    missing = [
        part for part in ("name", "capability", "levels", "generate", "is_right") if not hasattr(family, part)
    ]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}: see curriculum/tasks/family.py")
    if family.capability not in CAPABILITIES:
        raise ValueError(
            f"{path} has capability {family.capability!r}: choose from {', '.join(CAPABILITIES)}"
        )
    found: TaskFamily = family
    return found
