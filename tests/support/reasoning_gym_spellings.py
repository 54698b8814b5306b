"""Reference answers of Reasoning Gym families written otherwise: what must pass, and near misses that must not."""

import json
import random
import re
from collections.abc import Callable

from curriculum.tasks.normalisers import numbers

SPELLINGS = {
    "spaces": "  {}\n",
    "backticks": "`{}`",
    "period": "{}.",
    "dollars": "${}$",
    "quotes": '"{}"',
    "all": " `{}`. ",
    "lead": "The answer is {}.",
    "fence": "```\n{}\n```",
    "equals": "= {}",
}
"""What may stand around any answer."""

NOT_SPELLED = {
    "emoji_mystery": {"quotes": "a sentence that begins with a quotation mark keeps it"},
    "group_anagrams": {"quotes": "JSON has quotes of its own"},
    "jugs": {"quotes": "JSON has quotes of its own"},
    "palindrome_partitioning": {"quotes": "JSON has quotes of its own"},
}
"""Spellings that do not pass, and why. Exact."""

_NO_CASE = """
acre bitwise_arithmetic calendar_arithmetic color_cube_rotation complex_arithmetic course_schedule
family_relationships figlet_font isomorphic_strings palindrome_generation quantum_lock ransom_note
sentence_reordering spell_backward syllogism tower_of_hanoi word_ladder zebra_puzzles
"""
NEAR_BUT_RIGHT: dict[str, dict[str, str]] = {
    **{family: {"case": "the case of letters carries nothing"} for family in _NO_CASE.split()},
    "decimal_arithmetic": {"last digit": "twelve significant digits asked for, floats differ in the last"},
    "number_format": {"last digit": "a float written out to its last, meaningless digit"},
    "polynomial_equations": {"last digit": "the question's rule of rounding is ambiguous"},
    "power_function": dict.fromkeys(("digit", "last digit"), "three significant digits asked for"),
    "prime_factorization": {"reversed": "factors have no order"},
    "time_intervals": {
        "last digit": "the reference is cut down from a float, by up to a millisecond",
        "zero added": "a zero after the last decimal",
    },
}
"""Mutations of a reference that are right all the same, and why. Exact: one that no longer passes must go."""
NEAR_BUT_RIGHT["quantum_lock"]["reversed"] = "any shortest sequence of buttons is right"


def same_value(text: str, reference: str) -> bool:
    """Whether a text is the reference, or the same numbers."""
    values = numbers(text)
    return (values is not None and values == numbers(reference)) or text.strip() == reference.strip()


def mutants(reference: str, rng: random.Random) -> dict[str, str]:
    """Near misses by name; one that says the same is left out."""
    digits = [i for i, char in enumerate(reference) if char.isascii() and char.isdigit()]
    letters = [i for i, char in enumerate(reference) if char.isascii() and char.isalpha()]
    found = {
        "case": reference.swapcase(),
        "half": reference[: len(reference) // 2],
        "other half": reference[len(reference) // 2 :],
        "twice": f"{reference} {reference}",
        "twice in lines": f"{reference}\n{reference}",
        "twice in a list": f"{reference}, {reference}",
        "sentence": f"I think it is {reference}",
        "sentence about it": f"The answer is {reference}, I think",
        "remark": f"{reference} is the answer.",
        "hedge": f"{reference} or 7",
        "reversed": reference[::-1],
        "minus": f"-{reference}",
        "zero added": f"{reference}0",
        "letter added": f"{reference}q",
    }
    if digits:
        at, last = rng.choice(digits), digits[-1]
        other = rng.choice("123456789".replace(reference[at], ""))
        found["digit"] = reference[:at] + other + reference[at + 1 :]
        found["last digit"] = reference[:last] + str((int(reference[last]) + 1) % 10) + reference[last + 1 :]
    if letters:
        at = rng.choice(letters)
        found["letter"] = reference[:at] + ("z" if reference[at] in "kK" else "k") + reference[at + 1 :]
    return {name: text for name, text in found.items() if not same_value(text, reference)}


def _as_json_rows(text: str) -> str:
    # A grid of signs has no spaces; neither has one column of decimal numbers.
    rows = [line.split() if " " in line or "." in line else [*line] for line in text.splitlines()]
    return json.dumps(rows, ensure_ascii=False)


def _as_latex(text: str) -> str:
    return r"\frac{{{}}}{{{}}}".format(*re.findall("[0-9]+", text))


def _with_commas(text: str) -> str:
    return f"{int(text):,}.0"


def _with_semicolons(text: str) -> str:
    return "; ".join(re.findall(r"-?[0-9]+", text))


RESPELLED: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(
        ("basic_arithmetic", "chain_sum", "gcd", "gsm_symbolic", "lcm", "products"), _with_commas
    ),
    **dict.fromkeys(
        ("arc_1d", "manipulate_matrix", "modulo_grid", "pool_matrix", "rotate_matrix"), _as_json_rows
    ),
    **dict.fromkeys(("list_functions", "spiral_matrix"), _with_semicolons),
    "complex_arithmetic": lambda text: text.replace(" ", ""),
    "countdown": lambda text: f"`({text})`",
    "cryptarithm": lambda text: ", ".join(reversed(text.split(","))),
    "fraction_simplification": _as_latex,
    "game_of_life": lambda text: text[2:-2].replace("],[", "\n").replace(",", " "),
    "group_anagrams": lambda text: json.dumps([group[::-1] for group in json.loads(text)[::-1]]),
    "knights_knaves": lambda text: ", ".join(text.rstrip(".").split(", and ")[::-1]),
    "number_filtering": lambda text: text.replace("'", '"').replace(", ", ","),
    "number_sorting": lambda text: text.replace("'", '"'),
    "palindrome_partitioning": lambda text: json.dumps(json.loads(text)[::-1]),
    "polynomial_equations": lambda text: " , ".join(text.split(", ")[::-1]),
    "polynomial_multiplication": lambda text: f"0 + {text}",
    "prime_factorization": lambda text: text.replace(" ", ""),
    "simple_integration": lambda text: f"7 + {text}",
    "tower_of_hanoi": lambda text: text.replace("\n", "\n\n"),
    "word_ladder": lambda text: text.replace(",", ", "),
    "word_sequence_reversal": lambda text: text.replace(", ", ","),
}
"""Another way to write the reference, by family."""
