import pytest

from driver.errors import RunAbortedError
from driver.phases.completeness import refuse_missing


def test_a_question_without_answer_ends_the_phase_with_the_numbers() -> None:
    asked = [("base", f"t{n}") for n in range(5)]
    with pytest.raises(RunAbortedError) as caught:
        refuse_missing("evaluate", asked, written=asked[:2], lost=[asked[3], ("base", "another")])
    assert "evaluate asked 5 questions, 2 answers are written and 1 were lost" in str(caught.value)
    assert "2 are missing (first: ('base', 't2'))" in str(caught.value)
    assert "asks only the missing ones" in str(caught.value)


def test_answered_and_lost_together_must_be_all_and_may_be_more() -> None:
    refuse_missing("potential", ["a", "b"], written=["a", "c"], lost=["b"])
    refuse_missing("potential", ["a", "b"], written=["a", "b"], lost=["b"])
    refuse_missing("potential", [], written=[], lost=[])
