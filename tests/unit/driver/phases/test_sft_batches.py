from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from driver.phases.sft import epoch_batches


def test_ten_traces_in_batches_of_four_are_three_steps_an_epoch() -> None:
    batches = epoch_batches(10, 4, 2, seed=0)
    assert [len(batch) for batch in batches] == [4, 4, 2, 4, 4, 2]


def test_epochs_have_orders_of_their_own_that_follow_from_the_seed() -> None:
    batches = epoch_batches(20, 20, 2, seed=0)
    assert batches[0] != batches[1]
    assert epoch_batches(20, 20, 2, seed=0) == batches
    assert epoch_batches(20, 20, 2, seed=1) != batches


@given(st.integers(0, 30), st.integers(1, 8), st.integers(1, 3), st.integers(0, 5))
def test_every_epoch_holds_every_trace_once_and_no_batch_is_empty_or_too_large(
    num_traces: int, batch_size: int, epochs: int, seed: int
) -> None:
    batches = epoch_batches(num_traces, batch_size, epochs, seed)
    assert all(0 < len(batch) <= batch_size for batch in batches)
    per_epoch = len(batches) // epochs
    for epoch in range(epochs):
        seen = Counter(i for batch in batches[epoch * per_epoch : (epoch + 1) * per_epoch] for i in batch)
        assert seen == Counter(range(num_traces))
