"""The 144 task families: where each comes from, what it asks for, who judges it, on which side of the split it is."""

import functools
from typing import Literal

from curriculum.frozen import Frozen
from curriculum.tasks.config import SourceName
from curriculum.tasks.family import Capability
from curriculum.tasks.sources.source import SOURCES
from curriculum.tasks.split import held_out_families

NUM_FAMILIES = 144


class FamilyEntry(Frozen):
    """One of the 144.

    Example: `FamilyEntry(name="gcd", source="reasoning_gym", capability="math", checker="reasoning_gym",
    split="train")`.
    """

    name: str
    """Unique among the 144."""
    source: SourceName
    """Where it comes from."""
    capability: Capability
    """What it asks for most."""
    checker: str
    """Who judges its answers (`curriculum.tasks.checkers`)."""
    split: Literal["train", "test"]
    """`train`: items may be trained on; `test`: held out whole."""


@functools.cache
def sources() -> dict[str, SourceName]:
    """Source of each of the 144 families."""
    return {family: name for name, source in SOURCES.items() for family in source.families}


@functools.cache
def catalogue() -> dict[str, FamilyEntry]:
    """The 144 families by name, in the order of the sources. Loads SymBench's modules."""
    return {name: _entry(name, source) for name, source in sources().items()}


def entry(name: str) -> FamilyEntry:
    """The family of this name; `source/name` is understood too.

    Raises:
        ValueError: If there is none, with the nearest names.
    """
    import difflib

    plain = name.rpartition("/")[2]
    if plain not in sources() or (name != plain and sources()[plain] != name.rpartition("/")[0]):
        near = difflib.get_close_matches(plain, sources(), n=3) or ["python -m driver tasks lists them"]
        raise ValueError(f"no task family is called {name!r}: did you mean {', '.join(near)}?")
    return _entry(plain, sources()[plain])


def _entry(name: str, source: SourceName) -> FamilyEntry:
    known = SOURCES[source]
    split: Literal["train", "test"] = "test" if name in held_out_families() else "train"
    return FamilyEntry(
        name=name,
        source=source,
        capability=known.capability(name),
        checker=known.checker(name),
        split=split,
    )
