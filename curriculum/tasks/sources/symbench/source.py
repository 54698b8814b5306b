"""SymBench as a source of families: generated, or the published files as they are."""

from collections.abc import Iterator
from typing import Any, ClassVar

from curriculum.tasks.config import FamilyConfig, SourceName, TaskSetConfig
from curriculum.tasks.draft import Draft, IsNew
from curriculum.tasks.family import Capability
from curriculum.tasks.sources import symbench
from curriculum.tasks.sources.generated import Rule, chosen_levels, generated
from curriculum.tasks.sources.symbench.published import file_of, published_draft, published_drafts


class SymBenchSource:
    """The 33 families, each a class in a module of its own."""

    name: SourceName = symbench.SOURCE
    families: tuple[str, ...] = tuple(symbench.FAMILY_MODULES)
    hash_dependent: frozenset[str] = frozenset()
    slow: tuple[str, ...] = ()
    shared_rules: ClassVar[dict[str, Rule]] = {}

    def capability(self, family: str) -> Capability:
        """As the class says."""
        return symbench.family(family).capability

    def checker(self, family: str) -> str:
        """The checker `symbench/FAMILY`, which is the family's class."""
        return symbench.checker_of(family)

    def rule(self, checker: str) -> Rule | None:
        """The class's own, for `symbench/FAMILY`."""
        source, _, family = checker.partition("/")
        is_ours = source == symbench.SOURCE and family in symbench.FAMILY_MODULES
        return symbench.family(family).is_right if is_ours else None

    def levels(self, family: FamilyConfig) -> tuple[dict[str, Any], ...]:
        """The config's, or the class's."""
        return chosen_levels(symbench.family(family.name), family.levels)

    def drafts(self, family: FamilyConfig, *, seed: int, is_new: IsNew) -> Iterator[Draft]:
        """Published ones where the family has a folder, else generated."""
        if family.data is not None:
            return published_drafts(family.name, family.data, is_new)
        made = symbench.family(family.name)
        return generated(
            made,
            self.checker(family.name),
            self.levels(family),
            seed=seed,
            is_new=is_new,
            is_told_by_facts=True,
        )

    def published(self, family: str, row: dict[str, Any]) -> Draft:
        """The draft of a row of the published file."""
        return published_draft(family, row)

    def with_data(self, family: FamilyConfig, config: TaskSetConfig) -> FamilyConfig:
        """With `tasks.symbench_folder`, if a task of the family can be used from it; else it stays generated."""
        folder = config.symbench_folder
        if folder is None or not file_of(family.name, folder).is_file():
            return family
        is_usable = any(published_drafts(family.name, folder, lambda _: True))
        return family.model_copy(update={"data": folder}) if is_usable else family

    def is_available(self, family: FamilyConfig) -> bool:
        """Always: generators need no files, and a folder without the family's file is not used."""
        return True

    def is_finite(self, family: FamilyConfig) -> bool:
        """Where its tasks come from a file."""
        return family.data is not None

    def task_family(self, family: FamilyConfig) -> str:
        """The name of the family itself."""
        return family.name

    def amount(self, family: FamilyConfig) -> str:
        """As many as are wanted; of three families, stand-ins for other data sets' problems."""
        return "generated stand-ins" if family.name in symbench.STAND_INS else "generated"
