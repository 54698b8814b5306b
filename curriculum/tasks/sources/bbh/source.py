"""BIG-Bench Hard as a source of families: its official files, and nothing generated."""

from collections.abc import Iterator
from typing import Any, ClassVar

from curriculum.tasks.capabilities import CAPABILITIES_BY_FAMILY
from curriculum.tasks.config import FamilyConfig, SourceName, TaskSetConfig
from curriculum.tasks.draft import Draft, IsNew
from curriculum.tasks.family import Capability
from curriculum.tasks.sources import bbh
from curriculum.tasks.sources.bbh import files
from curriculum.tasks.sources.bbh.drafts import drafts, example_draft, folder_of
from curriculum.tasks.sources.generated import Rule


class BbhSource:
    """The 27 families; their checkers are the readings that `curriculum.tasks.checkers` has by name."""

    name: SourceName = bbh.SOURCE
    families: tuple[str, ...] = tuple(bbh.FAMILIES)
    hash_dependent: frozenset[str] = frozenset()
    slow: tuple[str, ...] = ()
    shared_rules: ClassVar[dict[str, Rule]] = {}

    def capability(self, family: str) -> Capability:
        """From the table of tags."""
        return CAPABILITIES_BY_FAMILY[family]

    def checker(self, family: str) -> str:
        """The reading of its kind of answer."""
        return bbh.FAMILIES[family].checker

    def rule(self, checker: str) -> Rule | None:
        """No family has one of its own."""
        return None

    def levels(self, family: FamilyConfig) -> tuple[dict[str, Any], ...]:
        """One: the file as it is."""
        return family.levels

    def drafts(self, family: FamilyConfig, *, seed: int, is_new: IsNew) -> Iterator[Draft]:
        """The official examples; the seed changes nothing."""
        return drafts(family, is_new)

    def published(self, family: str, row: dict[str, Any]) -> Draft:
        """The draft of an example with `input` and `target`."""
        return example_draft(family, row)

    def with_data(self, family: FamilyConfig, config: TaskSetConfig) -> FamilyConfig:
        """With `tasks.bbh_folder`; without, the cache is looked into."""
        return family if config.bbh_folder is None else family.model_copy(update={"data": config.bbh_folder})

    def is_available(self, family: FamilyConfig) -> bool:
        """Whether its official file is there."""
        return files.is_available(family.name, folder_of(family))

    def is_finite(self, family: FamilyConfig) -> bool:
        """Always: the files hold what there is."""
        return True

    def task_family(self, family: FamilyConfig) -> str:
        """The name of the family itself."""
        return family.name

    def amount(self, family: FamilyConfig) -> str:
        """How many distinct examples its file holds."""
        return str(len(files.examples(family.name, folder_of(family))))
