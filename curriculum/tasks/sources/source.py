"""What a source of task families is, and the table of the four: whoever needs a family's way asks here.

From the catalogue to a frozen set the way goes down only: presets, catalogue and checkers look a source up in
`SOURCES`; a source knows its families, and a family knows nothing of those above it.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

from curriculum.tasks.config import FamilyConfig, SourceName, TaskSetConfig
from curriculum.tasks.draft import Draft, IsNew
from curriculum.tasks.family import Capability
from curriculum.tasks.sources.bbh.source import BbhSource
from curriculum.tasks.sources.generated import Rule
from curriculum.tasks.sources.own import OwnSource
from curriculum.tasks.sources.reasoning_gym.source import ReasoningGymSource
from curriculum.tasks.sources.symbench.source import SymBenchSource


class TaskSource(Protocol):
    """Where families come from. Holds no state; what a family needs besides its name is in its `FamilyConfig`."""

    name: SourceName
    """What its tasks carry in `Task.source`."""
    families: tuple[str, ...]
    """Its families among the 144, in the order of the catalogue."""
    hash_dependent: frozenset[str]
    """Families whose tasks follow Python's hash seed: they are made in processes where it is pinned."""
    slow: tuple[str, ...]
    """Families so slow to make that they should start first, slowest first."""
    shared_rules: ClassVar[dict[str, Rule]]
    """Rules that judge many of its families, by the checker's name."""

    def capability(self, family: str) -> Capability:
        """What a family of the 144 asks for most."""
        ...

    def checker(self, family: str) -> str:
        """The name under which `curriculum.tasks.checkers` finds what judges a family's answers."""
        ...

    def rule(self, checker: str) -> Rule | None:
        """The rule of a single family by its checker's name; None if the name is of no family that has its own.

        Raises:
            ValueError: The name is of this source's kind, and what it points to is not there.
        """
        ...

    def levels(self, family: FamilyConfig) -> tuple[dict[str, Any], ...]:
        """Settings per level of difficulty: the config's, or the family's own where it names none."""
        ...

    def drafts(self, family: FamilyConfig, *, seed: int, is_new: IsNew) -> Iterator[Draft]:
        """Drafts with new questions; endless for generated families, until the data end for the others.

        Args:
            family: Name, levels, data.
            seed: Of the whole task set.
            is_new: Claims a question.

        Raises:
            ValueError: The family does not exist or its data are damaged.
            FileNotFoundError: Its data are missing.
        """
        ...

    def published(self, family: str, row: dict[str, Any]) -> Draft:
        """The draft of one row as the source publishes it.

        Raises:
            KeyError, TypeError, ValueError: It is no row of this family, or nothing satisfies its own rule.
        """
        ...

    def with_data(self, family: FamilyConfig, config: TaskSetConfig) -> FamilyConfig:
        """The family with the folder of its data, where the task set's config names one that it uses."""
        ...

    def is_available(self, family: FamilyConfig) -> bool:
        """Whether what it needs is there; only files can be missing."""
        ...

    def is_finite(self, family: FamilyConfig) -> bool:
        """Whether its tasks come from a file and cannot be multiplied."""
        ...

    def task_family(self, family: FamilyConfig) -> str:
        """The name that its tasks carry."""
        ...

    def amount(self, family: FamilyConfig) -> str:
        """How many tasks it has, in words: `generated`, or the number that its file holds."""
        ...


_ALL: tuple[TaskSource, ...] = (SymBenchSource(), BbhSource(), ReasoningGymSource(), OwnSource())

SOURCES: dict[SourceName, TaskSource] = {source.name: source for source in _ALL}
"""Every source by its name, in the order of the catalogue."""


def source_of(family: FamilyConfig) -> TaskSource:
    """The source that a family comes from."""
    return SOURCES[family.source]


def family_rule(checker: str) -> Rule | None:
    """The rule that a single family has under this checker's name; None if no source knows it.

    Raises:
        ValueError: A class of one's own that is not there.
    """
    return next((rule for source in SOURCES.values() if (rule := source.rule(checker)) is not None), None)
