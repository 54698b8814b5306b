"""Which families each preset trains on and holds out, and how hard their items get.

The laptop families have short questions and one-line solutions, because a 135M model on two cores pays for
every token; their levels differ in how much must be copied without a slip, so that success after SFT varies
from item to item. The held-out families need a move that training never shows (another function, brackets).
"""

from typing import NamedTuple

from curriculum.config import FamilyConfig


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

# The 84 reasoning-gym families that the paper most probably used (its own list is not public), trained and
# held out in the paper's proportion of 107 to 37. A drawn-once split, written down so that it never moves.
_GYM_TRAINED = """
complex_arithmetic intermediate_integration polynomial_equations ab base_conversion binary_alternation
binary_matrix count_primes cryptarithm graph_color group_anagrams jugs letter_jumble manipulate_matrix
number_filtering palindrome_generation palindrome_partitioning pool_matrix ransom_note rotate_matrix
spell_backward word_ladder word_sorting arc_1d basic_arithmetic bitwise_arithmetic chain_sum count_bits
decimal_arithmetic decimal_chain_sum dice fraction_simplification gcd lcm leg_counting number_format
power_function prime_factorization products time_intervals bf color_cube_rotation figlet_font modulo_grid
rectangle_count rubiks_cube countdown sokoban advanced_geometry simple_geometry course_schedule
family_relationships largest_island quantum_lock shortest_path list_functions circuit_logic knights_knaves
propositional_logic self_reference syllogism zebra_puzzles
"""
_GYM_HELD_OUT = """
acre aiw caesar_cipher calendar_arithmetic emoji_mystery futoshiki game_of_life gsm_symbolic
isomorphic_strings letter_counting maze mini_sudoku number_sequence number_sorting polynomial_multiplication
rotten_oranges sentence_reordering simple_equations simple_integration spiral_matrix tower_of_hanoi
word_sequence_reversal
"""


def _named(names: str) -> tuple[FamilyConfig, ...]:
    return tuple(FamilyConfig(name=name) for name in names.split())


PRESETS: dict[str, FamilyPreset] = {
    "laptop": _LAPTOP,
    "smoke": _SMOKE,
    "reasoning_gym": FamilyPreset(_named(_GYM_TRAINED), _named(_GYM_HELD_OUT)),
}


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
