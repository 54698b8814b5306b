"""Settings of task sets. Importing this loads pydantic and nothing heavier."""

from typing import Literal

from pydantic import Field

from curriculum.frozen import Settings

Split = Literal["sft", "train", "test", "held_out"]
Preset = Literal["laptop", "smoke", "reasoning_gym", "symbench", "r1ci", "none"]
SourceName = Literal["symbench", "bbh", "reasoning_gym", "own"]
"""Where families come from; the first three hold the 144."""
_Scalar = bool | int | float | str


class FamilyConfig(Settings):
    """A task family with graded difficulty.

    Example: `FamilyConfig(name="gcd", levels=({"max_value": 100}, {"max_value": 10000}))`.
    """

    name: str
    """Its name in its source; for one's own, `module:Class`."""
    source: SourceName = "reasoning_gym"
    """Where its items come from."""
    data: str | None = None
    """Folder of its data: BIG-Bench Hard's files (None: the cache), or published SymBench files to use as they are."""
    levels: tuple[dict[str, _Scalar | tuple[_Scalar, ...]], ...] = Field(default=({},), min_length=1)
    """Dataset settings per level of difficulty; items are taken from the levels in turn."""


class TaskSetConfig(Settings):
    """Which tasks to build. The same config always gives the same tasks.

    Example: `TaskSetConfig(preset="laptop", seed=0, train_per_family=64)`.
    """

    preset: Preset = "laptop"
    """Families to take (`curriculum.tasks.presets`): `r1ci` is all 144, `none` only one's own."""
    file: str | None = None
    """A `.jsonl` or `.parquet` file of tasks of one's own, with their splits; the preset is then not used."""
    families: tuple[str, ...] = ()
    """Keep only these families of the preset, trained or held out; empty keeps all."""
    own_families: tuple[str, ...] = ()
    """Classes of one's own to train on, as `module:Class` (docs/own-task.md)."""
    own_held_out_families: tuple[str, ...] = ()
    """Classes of one's own that are never trained on."""
    bbh_folder: str | None = None
    """Folder of BIG-Bench Hard's files; by default the cache, where `tasks fetch bbh` puts them."""
    symbench_folder: str | None = None
    """Folder of published SymBench files (`eight_queens.jsonl`): families found there take their items from it."""
    num_processes: int = Field(default=0, ge=0, le=256)
    """Processes that make items; 0 is one per core. What comes out does not depend on it."""
    seed: int = 0
    """Seed of everything random in the task set: which tasks are made, and which split each falls in."""
    sft_per_family: int = Field(default=64, ge=0)
    """Tasks of each trained family for supervised traces; never used in RL."""
    train_per_family: int = Field(default=64, ge=0)
    """Tasks of each trained family for RL."""
    test_per_family: int = Field(default=16, ge=0)
    """Tasks of each trained family that are never trained on."""
    held_out_per_family: int = Field(default=32, ge=0)
    """Tasks of each family that is never trained on."""
