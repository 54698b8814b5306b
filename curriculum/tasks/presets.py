"""Which families each preset trains on and holds out, and how hard their items get.

The laptop families have short questions and one-line solutions, because a 135M model on two cores pays for
every token; their levels differ in how much must be copied without a slip, so that success after SFT varies
from item to item. The held-out families need a move that training never shows (another function, brackets), and yet
they resemble trained ones: lcm is gcd with another function, basic_arithmetic is chain_sum and products with brackets.
What laptop measures on them is a short step; the presets of the published split keep such families on one side.
"""

from typing import NamedTuple

from curriculum.tasks.catalogue import sources
from curriculum.tasks.config import FamilyConfig, SourceName, TaskSetConfig
from curriculum.tasks.sources.source import source_of
from curriculum.tasks.split import SPLIT_VERSION, held_out_families


class FamilyPreset(NamedTuple):
    """The families of a preset."""

    trained: tuple[FamilyConfig, ...]
    held_out: tuple[FamilyConfig, ...]


_LAPTOP = FamilyPreset(
    trained=(
        FamilyConfig(
            name="chain_sum",
            levels=(
                {"min_terms": 2, "max_terms": 3, "min_digits": 1, "max_digits": 2},
                {"min_terms": 3, "max_terms": 4, "min_digits": 2, "max_digits": 3},
                {"min_terms": 5, "max_terms": 6, "min_digits": 2, "max_digits": 4},
                {"min_terms": 6, "max_terms": 8, "min_digits": 4, "max_digits": 6},
            ),
        ),
        FamilyConfig(
            name="products",
            levels=(
                {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 2},
                {"min_terms": 2, "max_terms": 2, "min_digits": 3, "max_digits": 4},
                {"min_terms": 3, "max_terms": 3, "min_digits": 2, "max_digits": 4},
                {"min_terms": 3, "max_terms": 4, "min_digits": 4, "max_digits": 6},
            ),
        ),
        FamilyConfig(
            name="gcd",
            levels=(
                {"max_value": 100},
                {"max_value": 1000},
                {"min_value": 1000, "max_value": 100000},
                {"min_numbers": 3, "max_numbers": 3, "max_value": 9999},
            ),
        ),
        FamilyConfig(
            name="count_bits",
            levels=(
                {"max_n": 999},
                {"min_n": 1000, "max_n": 99999},
                {"min_n": 10**5, "max_n": 2**31 - 1},
                {"min_n": 10**10, "max_n": 10**14},
            ),
        ),
        FamilyConfig(
            name="letter_counting",
            levels=(
                {"min_words": 2, "max_words": 3},
                {"min_words": 4, "max_words": 6},
                {"min_words": 7, "max_words": 9},
                {"min_words": 10, "max_words": 14},
            ),
        ),
        FamilyConfig(
            name="spell_backward",
            levels=(
                {"min_word_len": 3, "max_word_len": 4},
                {"min_word_len": 5, "max_word_len": 6},
                {"min_word_len": 7, "max_word_len": 8},
                {"min_word_len": 9, "max_word_len": 10},
            ),
        ),
        FamilyConfig(
            name="simple_equations",
            levels=(
                {"max_terms": 2, "max_value": 10},
                {"max_terms": 3, "max_value": 30},
                {"min_terms": 3, "max_terms": 4, "max_value": 100},
                {"min_terms": 4, "max_terms": 5, "max_value": 300},
            ),
        ),
        FamilyConfig(
            name="complex_arithmetic",
            levels=(
                {"operations": ("+", "-"), "operations_weights": (0.5, 0.5)},
                {"operations": ("+", "-", "*"), "operations_weights": (0.3, 0.3, 0.4)},
                {
                    "operations": ("+", "-", "*"),
                    "operations_weights": (0.3, 0.3, 0.4),
                    **{"min_real": -100, "max_real": 100, "min_imag": -100, "max_imag": 100},
                },
                {
                    "operations_weights": (0.2, 0.2, 0.3, 0.3),
                    **{"min_real": -9999, "max_real": 9999, "min_imag": -9999, "max_imag": 9999},
                },
            ),
        ),
    ),
    held_out=(
        FamilyConfig(
            name="lcm",
            levels=(
                {"max_value": 50},
                {"max_value": 500},
                {"min_numbers": 3, "max_numbers": 3, "max_value": 100},
            ),
        ),
        FamilyConfig(
            name="basic_arithmetic",
            levels=(  # without brackets the package computes from left to right: 3 + 2 * 3 = 15
                {"operators": ("+", "-", "*"), "max_terms": 3, "max_digits": 2},
                {"operators": ("+", "-", "*"), "min_terms": 3, "max_terms": 4, "max_digits": 3},
                {"operators": ("+", "-", "*"), "min_terms": 4, "max_terms": 5, "max_digits": 4},
            ),
        ),
    ),
)

_SMOKE = FamilyPreset(
    trained=(
        FamilyConfig(name="chain_sum", levels=({"max_terms": 2, "max_digits": 1},)),
        FamilyConfig(name="products", levels=({"max_digits": 2},)),
    ),
    held_out=(FamilyConfig(name="lcm", levels=({"max_value": 20},)),),
)


def _of_the_144(*wanted: SourceName) -> FamilyPreset:
    """Families of these sources, on the sides where the published split has them."""
    families = [
        FamilyConfig(name=name, source=source) for name, source in sources().items() if source in wanted
    ]
    held_out = held_out_families()
    return FamilyPreset(
        tuple(f for f in families if f.name not in held_out), tuple(f for f in families if f.name in held_out)
    )


PRESETS: dict[str, FamilyPreset] = {
    "laptop": _LAPTOP,
    "smoke": _SMOKE,
    "none": FamilyPreset((), ()),
    "reasoning_gym": _of_the_144("reasoning_gym"),
    "symbench": _of_the_144("symbench"),
    "r1ci": _of_the_144("symbench", "bbh", "reasoning_gym"),
}


OF_THE_SPLIT = frozenset({"reasoning_gym", "symbench", "r1ci"})
"""Presets whose sides are those of the published split (`curriculum.tasks.split`)."""


def split_version(config: TaskSetConfig) -> int | None:
    """Version of the published split that a config's sides come from; None if they come from elsewhere."""
    return SPLIT_VERSION if config.file is None and config.preset in OF_THE_SPLIT else None


def chosen_families(config: TaskSetConfig) -> FamilyPreset:
    """The families of a config: its preset cut down to the names it wants, with its folders, then its own classes.

    Raises:
        ValueError: If a name is unknown.
    """
    trained, held_out = preset_families(config.preset, config.families)
    own, own_held_out = (
        tuple(FamilyConfig(name=path, source="own") for path in paths)
        for paths in (config.own_families, config.own_held_out_families)
    )
    return FamilyPreset(
        (*(_with_data(f, config) for f in trained), *own),
        (*(_with_data(f, config) for f in held_out), *own_held_out),
    )


def _with_data(family: FamilyConfig, config: TaskSetConfig) -> FamilyConfig:
    return source_of(family).with_data(family, config)


def preset_families(preset: str, only: tuple[str, ...] = ()) -> FamilyPreset:
    """The families of a preset, cut down to the names in `only` if there are any.

    Raises:
        ValueError: If the preset or a name is unknown.
    """
    if preset not in PRESETS:
        raise ValueError(f"no family preset {preset!r}: use one of {sorted(PRESETS)}")
    trained, held_out = PRESETS[preset]
    unknown = set(only) - {f.name for f in trained + held_out}
    if unknown:
        raise ValueError(f"preset {preset!r} has no families {sorted(unknown)}: correct tasks.families")
    if not only:
        return PRESETS[preset]
    return FamilyPreset(
        tuple(f for f in trained if f.name in only), tuple(f for f in held_out if f.name in only)
    )
