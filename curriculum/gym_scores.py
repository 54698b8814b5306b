"""Binary scores for reasoning-gym items: the package's own rules, its broken or unsafe ones replaced.

What is wrong with them (all tried, version 0.1.25): `game_of_life_halting` accepts any text; `coin_flip`
accepts "0"; `complex_arithmetic` accepts "nan"; `number_sorting` accepts numbers off by up to 1; `puzzle24`
accepts four numbers of one's own choice; four scorers hand the answer to `eval` and five to a parser that
evaluates it.
"""

import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from curriculum.safe_arithmetic import expression_value
from curriculum.tasksets.reasoning_gym import scorer

FULL_SCORE = 0.99
"""Scores from here on are right: some scorers round, and many pay a few per cent for anything."""

_NOT_A_NUMBER = re.compile(r"(?<![a-z])(?:s?nan|inf|infinity)[ij]?(?![a-z])", re.IGNORECASE)
# ASCII only: Python would fold other letters into names that the list below does not see.
_FORMULA = re.compile(r"[\w\s+\-*/^().]*", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*")
_FORMULA_WORDS = frozenset(
    re.findall(r"\w+", "sin cos tan sec csc cot asin acos atan sinh cosh tanh exp log ln sqrt Abs erf pi")
)
_SPELLED_OUT_POWER = re.compile(r"\*\*\s*\(?\s*-?\s*\d{3,}|\*\*[^+\-*/]*\*\*|\d{13,}")


def is_right(dataset: str, config: dict[str, Any], item: dict[str, Any], answer: str) -> bool:
    """Whether an answer to an item is right; surrounding space and a closing period do not matter.

    Args:
        dataset: Name of the dataset.
        config: Its settings.
        item: `question`, `answer` and `metadata` as generated.
        answer: What the model said.
    """
    spellings = dict.fromkeys((answer.strip(), answer.strip().removesuffix(".").rstrip()))
    gold = item["answer"]
    if isinstance(gold, str) and gold.strip() in spellings:
        return True
    if _NOT_A_NUMBER.search(answer):
        return False
    rule = _OWN_RULES.get(dataset)
    if rule is not None:
        return any(rule(item, spelling) for spelling in spellings if spelling)
    gym = scorer(dataset, **config)
    return any(float(gym.score_answer(spelling, item)) >= FULL_SCORE for spelling in spellings if spelling)


def _exactly(item: dict[str, Any], answer: str) -> bool:
    return bool(answer == item["answer"])


def _same_word(item: dict[str, Any], answer: str) -> bool:
    return bool(answer.casefold() == item["answer"].casefold())


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
        return float(scorer(dataset).score_answer(answer, item)) >= FULL_SCORE

    return rule


_OWN_RULES: dict[str, Callable[[dict[str, Any], str], bool]] = {
    "game_of_life_halting": _same_word,
    "coin_flip": _close_probability,
    "number_sorting": _same_numbers_in_order,
    "n_queens": _one_of_the_boards,
    "puzzle24": _reaches_the_target,
    "countdown": _reaches_the_target,
    "binary_matrix": _exactly,
    "spiral_matrix": _exactly,
    "string_insertion": _exactly,
    "simple_integration": _formula("simple_integration"),
    "intermediate_integration": _formula("intermediate_integration"),
    "polynomial_multiplication": _formula("polynomial_multiplication"),
}
