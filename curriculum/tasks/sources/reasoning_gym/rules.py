"""Rules of our own for reasoning-gym items, in place of scorers of the package that are soft, hackable or unsafe.

Each takes the item and an answer, and may raise anything on junk. What was wrong with the package's own rule stands
at each rule or in `scores.py`. The package's default rule pays in proportion for a right answer with more text around
it, which is nearly all for an answer of a hundred characters.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from curriculum.tasks.normalisers import (
    cell_rows,
    integer,
    integers,
    items,
    mapping,
    number,
    numbers,
    plain_text,
)
from curriculum.tasks.normalisers.agreement import is_same_but_for_floats, reads_alike
from curriculum.tasks.normalisers.safe_arithmetic import expression_value
from curriculum.tasks.normalisers.sequences import without_inner_and
from curriculum.tasks.normalisers.wrapping import unwrapped
from curriculum.tasks.sources.reasoning_gym.relaid import RELAID
from curriculum.tasks.sources.reasoning_gym.tolerances import FRACTION_SIGN, TOLERANT
from curriculum.tasks.sources.reasoning_gym.verifiers import VERIFIERS, Rule, by_package

# ASCII only: Python would fold other letters into names that the list below does not see.
_FORMULA = re.compile(r"[\w\s+\-*/^().]*", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*")
_FORMULA_WORDS = frozenset(
    re.findall(r"\w+", "sin cos tan sec csc cot asin acos atan sinh cosh tanh exp log ln sqrt Abs erf pi")
)
_SPELLED_OUT_POWER = re.compile(r"\*\*\s*\(?\s*-?\s*\d{3,}|\*\*[^+\-*/]*\*\*|\d{13,}")
_FRACTIONS = (
    re.compile(r"(?P<top>-?[0-9]+)\s*/\s*(?P<bottom>[0-9]+)"),
    re.compile(r"\\[dt]?frac\s*\{(?P<top>-?[0-9]+)\}\s*\{(?P<bottom>[0-9]+)\}"),
)
_ROLE = re.compile(r"(?P<name>[A-Za-z]+) is an? (?P<role>[a-z]+)")


def _exactly(item: dict[str, Any], answer: str) -> bool:
    return bool(answer == item["answer"])


def _close_probability(item: dict[str, Any], answer: str) -> bool:
    return abs(Fraction(answer) - Fraction(item["answer"])) <= Fraction(1, 10_000)


def _one_of_the_boards(item: dict[str, Any], answer: str) -> bool:
    return answer in item["metadata"]["valid_answers"]


def _same_numbers_in_order(item: dict[str, Any], answer: str) -> bool:
    """number_sorting: in the package a number may be off by one; quotes or not."""
    return reads_alike(numbers, answer, item["answer"])


def _reaches_the_target(item: dict[str, Any], answer: str) -> bool:
    meta = item["metadata"]
    value, used = expression_value(answer)
    return value == meta.get("target", 24) and sorted(used) == sorted(meta["numbers"])


def _formula(dataset: str) -> Callable[[dict[str, Any], str], bool]:
    """The package's own rule, behind a check that the answer is a plain formula of moderate size."""

    def rule(item: dict[str, Any], answer: str) -> bool:
        if len(answer) > 1000 or not _FORMULA.fullmatch(answer) or _SPELLED_OUT_POWER.search(answer):
            return False
        if re.search(r"\.\s*[A-Za-z_]|[A-Za-z_)]\s*\.", answer):  # attribute access
            return False
        if any(len(w) > 1 and w not in _FORMULA_WORDS for w in _WORD.findall(answer)):
            return False
        return by_package(dataset)(item, answer)

    return rule


def _same_number(item: dict[str, Any], answer: str) -> bool:
    """gsm_symbolic: the package takes the last number of any text; products: it reads `2,6,1` as 261."""
    given, right = number(answer), number(item["answer"])
    return given is not None and right is not None and is_same_but_for_floats(given, right)


def _worked_out(item: dict[str, Any], answer: str) -> bool:
    """basic_arithmetic: a fraction may be the question itself, `6 / 2`."""
    return FRACTION_SIGN.search(answer) is None and _same_number(item, answer)


def _same_whole_number(item: dict[str, Any], answer: str) -> bool:
    """Equality of texts in the package: `1,234` and `6.0` were wrong."""
    return reads_alike(integer, answer, item["answer"])


def _same_text(item: dict[str, Any], answer: str) -> bool:
    """emoji_mystery, letter_jumble and others: the package pays nearly all for a text that is nearly right."""
    given, right = plain_text(answer), plain_text(item["answer"])
    return given is not None and right is not None and given.rstrip(".") == right.rstrip(".")


def _same_word(item: dict[str, Any], answer: str) -> bool:
    """Words whose case does not matter; `true` for `True` was wrong where the package compares texts."""
    return _same_text({"answer": item["answer"].casefold()}, answer.casefold())


def _same_day_or_count(item: dict[str, Any], answer: str) -> bool:
    """calendar_arithmetic: in the package a count may be off by one in 500, and where it is -1 any number passes."""
    rule = _same_word if integer(item["answer"]) is None else _same_whole_number
    return rule(item, answer)


def _same_grid(item: dict[str, Any], answer: str) -> bool:
    """game_of_life: the package's score is the share of right cells, so that one wrong cell of a hundred passed."""
    right = cell_rows(item["answer"])
    return right is not None and cell_rows(answer, len(right[0])) == right


def _lowest_terms(item: dict[str, Any], answer: str) -> bool:
    """fraction_simplification: the package takes the first fraction of any text."""
    return _fraction_parts(answer) == _fraction_parts(item["answer"])


def _fraction_parts(text: str) -> tuple[int, int]:
    for form in _FRACTIONS:
        match = form.fullmatch(unwrapped(text))
        if match:
            return int(match["top"]), int(match["bottom"])
    raise ValueError(f"no fraction: {text[:40]!r}")


def _same_roles(item: dict[str, Any], answer: str) -> bool:
    """knights_knaves: who is what, in any order; the package overlooks other words."""
    return _roles(answer) == _roles(item["answer"])


def _roles(text: str) -> dict[str, str]:
    named = mapping(text)
    if named is not None:
        return named
    parts = re.split(r",\s*and\s+|,\s*|\s+and\s+", text.strip().rstrip("."))
    matches = [_ROLE.fullmatch(part.strip()) for part in parts]
    found = {match["name"]: match["role"] for match in matches if match}
    if len(found) != len(parts):
        raise ValueError(f"not one role per name: {text[:40]!r}")
    return found


def _same_list(item: dict[str, Any], answer: str) -> bool:
    """word_sorting: words in order, case and all; the package takes a list that is said twice."""
    given, right = items(answer), items(item["answer"])
    if given is None or right is None:
        return False
    return given == right or ("and" not in right and without_inner_and(given) == right)


def _same_tokens(item: dict[str, Any], answer: str) -> bool:
    """ab: tokens in order, in a list or not."""
    return reads_alike(items, answer, item["answer"])


def _same_drawn_word(item: dict[str, Any], answer: str) -> bool:
    """figlet_font: the package pays a tenth for each right letter, so that ten of twelve are enough."""
    given, right = (plain_text(text) for text in (answer, item["answer"]))
    return given is not None and right is not None and _joined(given) == _joined(right)


def _joined(text: str) -> str:
    return text.replace(" ", "").casefold()


def _same_items(item: dict[str, Any], answer: str) -> bool:
    """number_filtering: the elements as they are written, quotes or not, or as numbers."""
    return reads_alike(items, answer, item["answer"]) or reads_alike(numbers, answer, item["answer"])


def _same_whole_numbers(item: dict[str, Any], answer: str) -> bool:
    return reads_alike(integers, answer, item["answer"])


OWN_RULES: dict[str, Rule] = {
    **VERIFIERS,
    **RELAID,
    **TOLERANT,
    **dict.fromkeys(("chain_sum", "gsm_symbolic", "products", "simple_geometry"), _same_number),
    **dict.fromkeys(
        (
            *(
                "aiw",
                "binary_alternation",
                "circuit_logic",
                "count_bits",
                "count_primes",
                "gcd",
                "largest_island",
            ),
            *("lcm", "leg_counting", "letter_counting", "maze", "number_sequence", "rectangle_count"),
            *("rotten_oranges", "self_reference", "simple_equations"),
        ),
        _same_whole_number,
    ),
    **dict.fromkeys(
        (
            *(
                "acre",
                "color_cube_rotation",
                "course_schedule",
                "family_relationships",
                "game_of_life_halting",
            ),
            *("isomorphic_strings", "ransom_note", "sentence_reordering", "spell_backward", "syllogism"),
            "zebra_puzzles",
        ),
        _same_word,
    ),
    **dict.fromkeys(
        ("base_conversion", "bf", "caesar_cipher", "emoji_mystery", "letter_jumble"),
        _same_text,
    ),
    **dict.fromkeys(
        ("arc_1d", "binary_matrix", "game_of_life", "manipulate_matrix", "modulo_grid", "rotate_matrix"),
        _same_grid,
    ),
    **dict.fromkeys(("list_functions", "spiral_matrix"), _same_whole_numbers),
    **dict.fromkeys(("word_sequence_reversal", "word_sorting"), _same_list),
    "ab": _same_tokens,
    "basic_arithmetic": _worked_out,
    "calendar_arithmetic": _same_day_or_count,
    "coin_flip": _close_probability,
    "countdown": _reaches_the_target,
    "dice": _lowest_terms,
    "figlet_font": _same_drawn_word,
    "fraction_simplification": _lowest_terms,
    "intermediate_integration": _formula("intermediate_integration"),
    "knights_knaves": _same_roles,
    "n_queens": _one_of_the_boards,
    "number_filtering": _same_items,
    "number_sorting": _same_numbers_in_order,
    "polynomial_multiplication": _formula("polynomial_multiplication"),
    "puzzle24": _reaches_the_target,
    "simple_integration": _formula("simple_integration"),
    "string_insertion": _exactly,
}
"""Rules by dataset; the others are scored by the package."""
