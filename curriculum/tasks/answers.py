"""Finds the final answer in the model's own words: the last `<<<...>>>`, unless it is a placeholder.

One extractor for the whole project. Nothing is evaluated; the answer stays text. Scripts are not searched:
code that prints `<<<x>>>` is not an answer until the model repeats it.
"""

import re

from curriculum.tasks.instructions import PLACEHOLDERS
from curriculum.tasks.model_text import words_only

# More than three brackets open an answer too; the innermost pair wins, so "<<<<6>>>>" reads "6".
_ANSWER = re.compile(r"<<<+((?:(?!<<<|>>>).)*)>>>", re.DOTALL)
_BRACKETS = "()[]{}"
_TRIVIA = " \t\r\n.\u2026_*`'\""

# What a model copies from the prompt instead of answering: ours, and those that models know from others.
_PLACEHOLDERS = PLACEHOLDERS | frozenset(
    {
        "answer",
        "answer content",
        "answer here",
        "answer itself",
        "content",
        "final answer",
        "insert answer here",
        "the answer",
        "the answer itself",
        "the final answer",
        "your answer",
        "your answer here",
        "your final answer",
    }
)


def extract_answer(text: str) -> str | None:
    """The content of the last `<<<...>>>` outside scripts, stripped; None if absent or a placeholder.

    Args:
        text: The model's own text, without what the environment wrote.
    """
    found = _ANSWER.findall(words_only(text))
    if not found:
        return None
    answer: str = found[-1].strip()
    return None if is_placeholder(answer) else answer


def is_placeholder(answer: str) -> bool:
    """Whether an answer is empty, an ellipsis, or the prompt's own wording."""
    words = " ".join(answer.strip(_TRIVIA).casefold().split())
    return not words or words.strip(_BRACKETS + _TRIVIA) in _PLACEHOLDERS
