import pytest

from driver.errors import RunAbortedError
from driver.session import refuse_systemic_failure


@pytest.mark.parametrize(("num_empty", "num_groups"), [(0, 1), (3, 4), (4, 40), (10, 100)])
def test_a_few_groups_lost_to_our_own_faults_are_borne(num_empty: int, num_groups: int) -> None:
    refuse_systemic_failure(num_empty, num_groups)


@pytest.mark.parametrize(("num_empty", "num_groups"), [(4, 4), (5, 40), (11, 100)])
def test_more_than_three_and_more_than_a_tenth_stop_the_run(num_empty: int, num_groups: int) -> None:
    with pytest.raises(RunAbortedError, match=f"{num_empty} of {num_groups} groups lost every rollout"):
        refuse_systemic_failure(num_empty, num_groups)
