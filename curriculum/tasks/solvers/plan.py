"""The form of a scripted trace: what the assistant says before each execution, and how it answers."""

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Step(_Record):
    """A script and the few words before it.

    Example: `Step(remark="Add the terms.", script="print(2 + 3)")`.
    """

    remark: str
    """One short line."""
    script: str
    """Python that prints the answer and nothing else (or fails, if it is a mistake)."""

    @property
    def turn(self) -> str:
        """The assistant turn; its fence stands alone on its line and ends the turn."""
        return f"{self.remark}\n```python\n{self.script}\n```"


class Slip(_Record):
    """A plausible mistake that ends in a real error, and the remark that mends it.

    Example: `Slip(script="print(math.gcd(6, 4))", remedy="math must be imported first.")`.
    """

    script: str
    """The mistaken script."""
    remedy: str
    """What the assistant says on seeing the error, before the right script."""


class Solution(_Record):
    """How a family's solver answers one question."""

    step: Step
    """The right script."""
    slips: tuple[Slip, ...]
    """Mistakes that may come before it."""


class TracePlan(_Record):
    r"""Assistant turns to be executed one after the other, and the final turn made from the last output.

    Example: turns `("Add the terms.\n```python\nprint(2 + 3)\n```",)`, then `final("5\n") == "<<<5>>>"`.
    """

    turns: tuple[str, ...]
    """Each ends with a complete Python fence."""
    num_slips: int
    """How many of the first turns are mistakes: a trainer may leave them out of the loss."""

    def final(self, last_stdout: str) -> str:
        """The last turn: exactly what the last script printed, as the answer."""
        return f"<<<{last_stdout.strip()}>>>"
