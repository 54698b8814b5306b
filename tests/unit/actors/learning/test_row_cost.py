import pytest

from actors.learning.row_cost import row_cost
from tests.unit.actors.learner_cases import tiny_model


@pytest.mark.parametrize("tied", [True, False])
def test_the_cost_of_a_pair_is_that_of_the_models_shape(tied: bool) -> None:
    # Two layers of width 64, 4 heads of 16, 2 of them for keys and values, 172 in between: per layer 64 * 64 (queries),
    # 2 * 64 * 32 (keys, values), 64 * 64 (output), 3 * 64 * 172 and two norms of 64; one more norm at the end.
    weights = 2 * (64 * 64 + 2 * 64 * 32 + 64 * 64 + 3 * 64 * 172 + 2 * 64) + 64
    assert row_cost(tiny_model(tied=tied)).per_pair == pytest.approx(2 * 2 * 64 / weights)
