"""Solvers for families of letters and words. They read the question's text only, as the model must."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError


def letter_counting(question: str) -> Solution:
    """Counts a letter in the text, in either case."""
    match = re.search(r'letter "(.)" appear in the text: "(.*)"\?', question)
    if match is None:
        raise WrongWordingError(question)
    letter, text = match.groups()
    return Solution(
        step=Step(remark="Count the letter.", script=f'print("{text}".lower().count("{letter}"))'),
        slips=(
            Slip(script=f'print("{text}".lower.count("{letter}"))', remedy="lower needs brackets."),
            Slip(script=f'print("{text}".lower().count({letter}))', remedy="The letter needs quotes."),
        ),
    )


def spell_backward(question: str) -> Solution:
    """Slices the word from the end."""
    word = question.rsplit(" ", 1)[-1]
    return Solution(
        step=Step(remark="Reverse the word.", script=f'print("{word}"[::-1])'),
        slips=(
            Slip(script=f"print({word}[::-1])", remedy="The word needs quotes."),
            Slip(script=f'print("{word}".reverse())', remedy="Text is reversed by a slice."),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "letter_counting": letter_counting,
    "spell_backward": spell_backward,
}
