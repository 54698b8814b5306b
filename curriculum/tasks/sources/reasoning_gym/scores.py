"""Binary scores for reasoning-gym items: the package's own rules, its broken, soft or unsafe ones replaced.

What is wrong with them (all tried, version 0.1.25): `game_of_life_halting` accepts any text; `coin_flip`
accepts "0"; `complex_arithmetic` accepts "nan"; `number_sorting` accepts numbers off by up to 1; `puzzle24`
accepts four numbers of one's own choice; `gsm_symbolic` accepts the question; `game_of_life`, `emoji_mystery`,
`letter_jumble`, `time_intervals`, `decimal_arithmetic` and `pool_matrix` accept what is nearly right; others accept an
answer with any text around it; four scorers hand the answer to `eval` and five to a parser that evaluates it.
"""

import re
from typing import Any

from curriculum.tasks.normalisers.sequences import lone
from curriculum.tasks.normalisers.wrapping import unwrapped
from curriculum.tasks.sources.reasoning_gym.rules import OWN_RULES
from curriculum.tasks.sources.reasoning_gym.verifiers import Rule, by_package

_NOT_A_NUMBER = re.compile(r"(?<![a-z])(?:s?nan|inf|infinity)[ij]?(?![a-z])", re.IGNORECASE)


def is_right(dataset: str, config: dict[str, Any], item: dict[str, Any], answer: str) -> bool:
    """Whether an answer to an item is right; space, quotes and a closing period around it do not matter.

    Args:
        dataset: Name of the dataset.
        config: Its settings.
        item: `question`, `answer` and `metadata` as generated.
        answer: What the model said.
    """
    plain = answer.strip()
    spellings = dict.fromkeys((plain, plain.removesuffix(".").rstrip(), unwrapped(plain), lone(plain)))
    gold = item["answer"]
    if isinstance(gold, str) and gold.strip() in spellings:
        return True
    if _NOT_A_NUMBER.search(answer) or any(char.isdigit() and not char.isascii() for char in answer):
        return False
    rule = OWN_RULES.get(dataset) or by_package(dataset, **config)
    return any(_holds(rule, item, spelling) for spelling in spellings if spelling)


def _holds(rule: Rule, item: dict[str, Any], answer: str) -> bool:
    # One spelling that a rule breaks on says nothing about the next.
    try:
        return rule(item, answer)
    except (Exception, RecursionError):
        return False
