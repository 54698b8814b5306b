import pytest

from actors.records import StepReport
from driver.errors import RunAbortedError
from driver.phases.refusals import Refusals

TAKEN = StepReport(version=1, metrics={})
REFUSED = StepReport(version=0, metrics={}, num_refused=4, refusal="loss nan at optimiser step 7 of grpo")


def test_two_refused_steps_are_an_accident_and_three_in_a_row_stop_the_run_with_the_numbers() -> None:
    refusals = Refusals()
    assert [refusals.observe(r) for r in (REFUSED, REFUSED)] == [True, True]
    with pytest.raises(
        RunAbortedError, match=r"refused 3 steps in a row, the last for loss nan.*lower learner"
    ):
        refusals.observe(REFUSED)


def test_a_step_that_was_taken_starts_the_count_anew() -> None:
    refusals = Refusals()
    steps = (REFUSED, REFUSED, TAKEN, REFUSED, REFUSED)
    assert [refusals.observe(report) for report in steps] == [True, True, False, True, True]
