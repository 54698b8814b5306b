"""What each family of Reasoning Gym and BIG-Bench Hard asks for most; SymBench's classes say it themselves.

The six tags are the paper's; which family has which is our own reading, one tag each.
"""

from curriculum.tasks.family import Capability

_BY_CAPABILITY: dict[Capability, str] = {
    "math": """
        advanced_geometry base_conversion basic_arithmetic bf bitwise_arithmetic calendar_arithmetic chain_sum
        complex_arithmetic count_bits count_primes decimal_arithmetic decimal_chain_sum dice fraction_simplification
        gcd gsm_symbolic intermediate_integration lcm leg_counting modulo_grid number_format number_sequence
        polynomial_equations polynomial_multiplication power_function prime_factorization products simple_equations
        simple_geometry simple_integration time_intervals
        date_understanding multistep_arithmetic_two object_counting
    """,
    "spatial": """
        arc_1d binary_matrix color_cube_rotation figlet_font game_of_life largest_island manipulate_matrix pool_matrix
        rectangle_count rotate_matrix rotten_oranges rubiks_cube spiral_matrix
        geometric_shapes navigate
    """,
    "logical": """
        acre aiw circuit_logic cryptarithm family_relationships futoshiki knights_knaves list_functions mini_sudoku
        propositional_logic self_reference syllogism zebra_puzzles
        boolean_expressions causal_judgement disambiguation_qa dyck_languages formal_fallacies movie_recommendation
        penguins_in_a_table reasoning_about_colored_objects ruin_names salient_translation_error_detection snarks
        sports_understanding temporal_sequences web_of_lies
    """,
    "order": """
        ab caesar_cipher course_schedule emoji_mystery group_anagrams isomorphic_strings letter_counting letter_jumble
        number_filtering number_sorting ransom_note sentence_reordering spell_backward word_sequence_reversal
        word_sorting
        bbh_word_sorting hyperbaton logical_deduction_five_objects logical_deduction_seven_objects
        logical_deduction_three_objects tracking_shuffled_objects_five_objects
        tracking_shuffled_objects_seven_objects tracking_shuffled_objects_three_objects
    """,
    "optimisation": "binary_alternation quantum_lock shortest_path",
    "search": """
        countdown graph_color jugs maze palindrome_generation palindrome_partitioning sokoban tower_of_hanoi word_ladder
    """,
}

CAPABILITIES_BY_FAMILY: dict[str, Capability] = {
    name: capability for capability, names in _BY_CAPABILITY.items() for name in names.split()
}
"""Tag of each family that is no class of ours."""
