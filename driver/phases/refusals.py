"""When steps that the learner refused are more than an accident. Pure: reports in, an error out."""

from actors.records import StepReport
from driver.errors import RunAbortedError

_MOST_IN_A_ROW = 3


class Refusals:
    """Steps refused in a row: `if refusals.observe(report): ...` once for each step."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def observe(self, report: StepReport) -> bool:
        """Whether the step was refused.

        Raises:
            RunAbortedError: it is the third in a row.
        """
        self._in_a_row = 0 if report.refusal is None else self._in_a_row + 1
        if self._in_a_row >= _MOST_IN_A_ROW:
            raise RunAbortedError(
                f"the learner refused {self._in_a_row} steps in a row, the last for {report.refusal}: the policy "
                "was left as it was; lower learner.grpo.lr or learner.sft.lr, or start again from an earlier checkpoint"
            )
        return report.refusal is not None
