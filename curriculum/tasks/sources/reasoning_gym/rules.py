"""Rules of our own for reasoning-gym items, in place of scorers of the package that are soft, hackable or unsafe.

Each takes the item and an answer, and may raise anything on junk. What was wrong with the package's own rule stands
at each rule or in `scores.py`. The package's default rule pays in proportion for a right answer with more text around
it, which is nearly all for an answer of a hundred characters.
"""

import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from curriculum.tasks.normalisers import cell_rows, integer, integers, items, number, numbers, plain_text
from curriculum.tasks.normalisers.agreement import all_close, reads_alike
from curriculum.tasks.normalisers.safe_arithmetic import expression_value
from curriculum.tasks.normalisers.wrapping import unwrapped
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
_FRACTION_SIGN = re.compile(r"/|frac")
_DURATION = re.compile(
    r"(?:(?P<days>[0-9]+)\s+days?)?"
    r"(?:,?\s*(?P<clock>[0-9]{1,4}(?::[0-9]{1,2}){1,2}(?:\.[0-9]{1,6})?))?"
)
_HALF_A_HUNDREDTH = Fraction("0.0051")
"""What rounding to two decimals changes, and a little more."""
_ROLE = re.compile(r"(?P<name>[A-Za-z]+) is an? (?P<role>[a-z]+)")


def _exactly(item: dict[str, Any], answer: str) -> bool:
    return bool(answer == item["answer"])


def _close_probability(item: dict[str, Any], answer: str) -> bool:
    return abs(Fraction(answer) - Fraction(item["answer"])) <= Fraction(1, 10_000)


def _one_of_the_boards(item: dict[str, Any], answer: str) -> bool:
    return answer in item["metadata"]["valid_answers"]


def _same_numbers_in_order(item: dict[str, Any], answer: str) -> bool:
    ours, gold = (json.loads(text.replace("'", '"')) for text in (answer, item["answer"]))
    return len(ours) == len(gold) and all(
        math.isclose(float(a), float(b), abs_tol=1e-6) for a, b in zip(ours, gold, strict=True)
    )


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
    return reads_alike(number, answer, item["answer"])


def _worked_out(item: dict[str, Any], answer: str) -> bool:
    """basic_arithmetic: a fraction may be the question itself, `6 / 2`."""
    return _FRACTION_SIGN.search(answer) is None and _same_number(item, answer)


def _same_whole_number(item: dict[str, Any], answer: str) -> bool:
    """Equality of texts in the package: `1,234` and `6.0` were wrong."""
    return reads_alike(integer, answer, item["answer"])


def _close(relative: str, absolute: str = "0") -> Rule:
    """A decimal within a tolerance; the package's tolerances let a slip in the fourth digit pass."""

    def rule(item: dict[str, Any], answer: str) -> bool:
        if _FRACTION_SIGN.search(answer):
            return False
        given, right = number(answer), number(item["answer"])
        if given is None or right is None:
            return False
        return abs(given - right) <= max(abs(right) * Fraction(relative), Fraction(absolute))

    return rule


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


def _close_grid(item: dict[str, Any], answer: str) -> bool:
    """pool_matrix: two decimals are asked for; the package let a tenth pass."""
    right = [numbers(line) for line in item["answer"].splitlines()]
    width = len(right[0] or ())
    given = [numbers(" ".join(row)) for row in cell_rows(answer, width) or ()]
    return len(given) == len(right) and all(
        all_close(g, r, _HALF_A_HUNDREDTH) for g, r in zip(given, right, strict=True)
    )


def _close_numbers(absolute: str) -> Rule:
    """As many numbers, each within a tolerance, in any order; the package read the first of several answers."""

    def rule(item: dict[str, Any], answer: str) -> bool:
        given, right = numbers(answer), numbers(item["answer"])
        return all_close(given and sorted(given), right and sorted(right), Fraction(absolute))

    return rule


def _geometry(item: dict[str, Any], answer: str) -> bool:
    """advanced_geometry: numbers in order within the three decimals asked for; the package read any text."""
    plain = [text.removesuffix("degrees").strip().removesuffix("\u00b0") for text in (answer, item["answer"])]
    given, right = (numbers(text) for text in plain)
    return all_close(given, right, _HALF_A_HUNDREDTH)


def _lowest_terms(item: dict[str, Any], answer: str) -> bool:
    """fraction_simplification: the package takes the first fraction of any text."""
    return _fraction_parts(answer) == _fraction_parts(item["answer"])


def _fraction_parts(text: str) -> tuple[int, int]:
    for form in _FRACTIONS:
        match = form.fullmatch(unwrapped(text))
        if match:
            return int(match["top"]), int(match["bottom"])
    raise ValueError(f"no fraction: {text[:40]!r}")


def _same_duration(item: dict[str, Any], answer: str) -> bool:
    """time_intervals: the package pays for being near, so that minutes off pass.

    Its reference is cut down from a float, so that the right answer may be a millisecond more.
    """
    given, right = _duration(answer), _duration(item["answer"])
    return given[:2] == right[:2] and abs(given[2] - right[2]) <= Fraction(1, 1000)


def _duration(text: str) -> tuple[int, int, Fraction]:
    """Days, parts of the clock, and what the clock says in units of its last part."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not (match["days"] or match["clock"]):
        raise ValueError(f"no duration: {text[:40]!r}")
    parts = [Fraction(part) for part in (match["clock"] or "0").split(":")]
    return (
        int(match["days"] or 0),
        len(parts),
        sum((p * 60**n for n, p in enumerate(reversed(parts))), Fraction(0)),
    )


def _same_roles(item: dict[str, Any], answer: str) -> bool:
    """knights_knaves: who is what, in any order; the package overlooks other words."""
    return _roles(answer) == _roles(item["answer"])


def _roles(text: str) -> dict[str, str]:
    parts = re.split(r",\s*and\s+|,\s*|\s+and\s+", text.strip().rstrip("."))
    matches = [_ROLE.fullmatch(part.strip()) for part in parts]
    found = {match["name"]: match["role"] for match in matches if match}
    if len(found) != len(parts):
        raise ValueError(f"not one role per name: {text[:40]!r}")
    return found


def _same_list(item: dict[str, Any], answer: str) -> bool:
    """word_sorting: words in order, case and all; the package takes a list that is said twice."""
    given, right = ([w.strip() for w in text.split(",")] for text in (answer, item["answer"]))
    return given == right


def _same_items(item: dict[str, Any], answer: str) -> bool:
    """number_filtering: the elements as they are written, quotes or not."""
    return reads_alike(items, answer, item["answer"])


def _same_whole_numbers(item: dict[str, Any], answer: str) -> bool:
    return reads_alike(integers, answer, item["answer"])


OWN_RULES: dict[str, Rule] = {
    **VERIFIERS,
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
        ("ab", "base_conversion", "bf", "caesar_cipher", "emoji_mystery", "letter_jumble"),
        _same_text,
    ),
    **dict.fromkeys(
        ("arc_1d", "binary_matrix", "game_of_life", "manipulate_matrix", "modulo_grid", "rotate_matrix"),
        _same_grid,
    ),
    **dict.fromkeys(("list_functions", "spiral_matrix"), _same_whole_numbers),
    **dict.fromkeys(("word_sequence_reversal", "word_sorting"), _same_list),
    "advanced_geometry": _geometry,
    "basic_arithmetic": _worked_out,
    "calendar_arithmetic": _same_day_or_count,
    "coin_flip": _close_probability,
    "countdown": _reaches_the_target,
    "decimal_arithmetic": _close("1e-9", "1e-9"),
    "decimal_chain_sum": _close("0", "1e-9"),
    "fraction_simplification": _lowest_terms,
    "intermediate_integration": _formula("intermediate_integration"),
    "knights_knaves": _same_roles,
    "n_queens": _one_of_the_boards,
    "number_filtering": _same_items,
    "number_format": _close("1e-12", "1e-5"),
    "number_sorting": _same_numbers_in_order,
    "polynomial_equations": _close_numbers("1.1e-4"),
    "polynomial_multiplication": _formula("polynomial_multiplication"),
    "pool_matrix": _close_grid,
    "puzzle24": _reaches_the_target,
    "simple_integration": _formula("simple_integration"),
    "string_insertion": _exactly,
    "time_intervals": _same_duration,
}
"""Rules by dataset; the others are scored by the package."""
