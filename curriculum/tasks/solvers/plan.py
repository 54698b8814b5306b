"""The form of a scripted trace: what the assistant says before each execution, and how it answers."""

import re
from collections.abc import Callable
from string import Template

from curriculum.frozen import Frozen


class Step(Frozen):
    """A script and the few words before it.

    Example: `Step(remark="Add the terms.", script="print(2 + 3)")`.
    """

    remark: str
    """One short line that says what the script does."""
    script: str
    """Python that prints the answer and nothing else (or fails, if it is a mistake)."""

    @property
    def turn(self) -> str:
        """The assistant turn; its fence stands alone on its line and ends the turn."""
        return f"{self.remark}\n```python\n{self.script}\n```"


class Slip(Frozen):
    """A plausible mistake that ends in a real error, and the remark that mends it.

    Example: `Slip(script="print(math.gcd(6, 4))", remedy="math must be imported first.")`.
    """

    script: str
    """The mistaken script, which is really run."""
    remedy: str
    """What the assistant says on seeing the error, before the right script."""


class Solution(Frozen):
    r"""How a family's solver answers one question. Only `step` is needed.

    Example: `Solution(step=Step(remark="Add.", script="print(2 + 3)"),
    check=Step(remark="Check it.", script="answer = ANSWER\nprint(int(answer) - 3 == 2)"))`.
    """

    step: Step
    """The right script and the line before it."""
    slips: tuple[Slip, ...] = ()
    """Mistakes that may come before it."""
    remarks: tuple[str, ...] = ()
    """Other wordings of the right step's remark."""
    explore: Step | None = None
    """A look at the question's data before anything is computed from them."""
    slow: Slip | None = None
    """A search that is right but runs out of time, and the remark that leads to the right script."""
    check: Step | None = None
    """A script that tests the answer by another way than it was found. `ANSWER` in it becomes the answer as a Python
    literal (text); its last line of output is `True` if the answer holds."""


class Words(Frozen):
    """Reasoning in words, where no script is needed: a trace of one turn without an execution.

    Example: `Words(reasoning="Sarcasm praises what is plainly bad.", answer="(A)")`.
    """

    reasoning: str
    """A few sentences that lead to the answer."""
    answer: str
    """The answer, without its mark."""


Solver = Callable[[str], Solution | Words]
"""From a question's text, and nothing else, to how it is answered."""


class WrongWordingError(ValueError):
    """A question that a solver cannot read: its family's wording has changed, or it never covered this form."""

    def __init__(self, question: str) -> None:
        super().__init__(f"the solver cannot read {question[:300]!r}: its family's wording has changed")
        self.question = question

    def __reduce__(self) -> tuple[type["WrongWordingError"], tuple[str]]:
        return type(self), (self.question,)


def found(pattern: str, question: str, flags: re.RegexFlag = re.NOFLAG) -> str:
    """The first group of a pattern in a question.

    Raises:
        WrongWordingError: The pattern is not there.
    """
    match = re.search(pattern, question, flags)
    if match is None:
        raise WrongWordingError(question)
    return match.group(1)


def filled(template: str, **values: object) -> str:
    """A script's template with its `$NAME` marks replaced; lines at both ends are trimmed."""
    return Template(template.strip("\n")).substitute({name: str(value) for name, value in values.items()})


def confirms(check_stdout: str) -> bool:
    """Whether what a checking script printed says that the answer holds."""
    return check_stdout.strip().splitlines()[-1:] == ["True"]


class TracePlan(Frozen):
    r"""Assistant turns to be executed one after the other, and the final turn made from the answer's output.

    Example: turns `("Add the terms.\n```python\nprint(2 + 3)\n```",)`, then `final("5\n") == "<<<5>>>"`.
    """

    turns: tuple[str, ...]
    """Each ends with a complete Python fence. Those after the answer's may hold `ANSWER`."""
    answer_turn: int
    """Which turn's output is the answer; -1 without turns."""
    num_slips: int
    """How many of the first turns are mistakes: a trainer may leave them out of the loss."""
    words: Words | None = None
    """What is said in place of any script."""
    style: str = "once"
    """What the trace has beside the right script: `look`, `slip`, `slow`, `check`, joined by `+`; `once` for nothing,
    `words` for no script at all."""

    def turn(self, number: int, answer: str) -> str:
        """A turn with the answer, as far as it is known, put in."""
        is_check = 0 <= self.answer_turn < number
        return (
            re.sub(r"\bANSWER\b", lambda _: repr(answer), self.turns[number])
            if is_check
            else self.turns[number]
        )

    @property
    def has_check(self) -> bool:
        """Whether the answer is tested by a script of its own."""
        return 0 <= self.answer_turn < len(self.turns) - 1

    def final(self, answer_stdout: str) -> str:
        """The last turn: exactly what the answer's script printed, as the answer."""
        if self.words is not None:
            return f"{self.words.reasoning}\n<<<{self.words.answer}>>>"
        answer = answer_stdout.strip()
        # Brackets of the answer's own must not run into those of its mark.
        before, after = (" " if answer.startswith("<") else ""), (" " if answer.endswith(">") else "")
        return f"<<<{before}{answer}{after}>>>"
