"""The 84 Reasoning Gym families of the 144, and the settings of those whose own are not enough.

The paper names 84 and does not list them: these are our selection from the package as of May 2025, without those
whose names SymBench or BIG-Bench Hard has already, whose items are not stable, or whose questions are very long.
"""

from typing import Any

_NAMES = """
ab acre advanced_geometry aiw arc_1d base_conversion basic_arithmetic bf binary_alternation binary_matrix
bitwise_arithmetic caesar_cipher calendar_arithmetic chain_sum circuit_logic color_cube_rotation
complex_arithmetic count_bits count_primes countdown course_schedule cryptarithm decimal_arithmetic
decimal_chain_sum dice emoji_mystery family_relationships figlet_font fraction_simplification futoshiki
game_of_life gcd graph_color group_anagrams gsm_symbolic intermediate_integration isomorphic_strings jugs
knights_knaves largest_island lcm leg_counting letter_counting letter_jumble list_functions
manipulate_matrix maze mini_sudoku modulo_grid number_filtering number_format number_sequence number_sorting
palindrome_generation palindrome_partitioning polynomial_equations polynomial_multiplication pool_matrix
power_function prime_factorization products propositional_logic quantum_lock ransom_note rectangle_count
rotate_matrix rotten_oranges rubiks_cube self_reference sentence_reordering shortest_path simple_equations
simple_geometry simple_integration sokoban spell_backward spiral_matrix syllogism time_intervals
tower_of_hanoi word_ladder word_sequence_reversal word_sorting zebra_puzzles
"""

FAMILIES: tuple[str, ...] = tuple(_NAMES.split())
"""Names as in the package."""

LEVELS: dict[str, tuple[dict[str, Any], ...]] = {
    # Two variables leave nothing to conclude that the premises do not say (`propositions`).
    "propositional_logic": (
        {"min_vars": 3, "max_vars": 3, "min_statements": 3, "min_complexity": 2, "max_complexity": 2},
        {"min_vars": 3, "max_vars": 4, "min_statements": 3, "max_statements": 5, "min_complexity": 2},
        {"min_vars": 4, "max_vars": 5, "min_statements": 4, "max_statements": 6, "min_complexity": 2},
    ),
    # The package's own settings give fewer than a hundred distinct questions.
    "tower_of_hanoi": (
        {"min_disks": 3, "max_disks": 5, "max_pegs": 4},
        {"min_disks": 4, "max_disks": 7, "min_pegs": 3, "max_pegs": 5},
        {"min_disks": 5, "max_disks": 8, "min_pegs": 5, "max_pegs": 8},
    ),
}
"""Levels of families whose default settings do not give enough, or the wrong things."""

SLOW: tuple[str, ...] = (
    "number_sequence",
    "zebra_puzzles",
    "futoshiki",
    "sokoban",
    "rubiks_cube",
    "polynomial_equations",
)
"""Families that take long to make, slowest first: in a big set they must start first, or all wait for them."""

COMMON_ANSWERS: dict[str, dict[str, int]] = {
    "game_of_life": {str([[0] * 10] * 10).replace(" ", ""): 8},
    "gcd": {"1": 4, "2": 4, "3": 2},
    "largest_island": {"0": 4},
    "letter_counting": {"1": 4, "2": 2},
    "power_function": {"1.0": 8, "0.0": 8},
    "rotten_oranges": {"-1": 4},
    "self_reference": {"2": 2, "3": 2},
    "shortest_path": {"infeasible": 8},
    "syllogism": {"Yes": 2},
}
"""Answers that are right far more often than others, and of how many items that have one a single one is asked."""
