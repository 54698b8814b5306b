from actors.learning.totals import Totals


def test_parts_add_up_and_token_sums_become_means():
    totals = Totals()
    totals.add(3, whole={"loss": 0.5}, per_token={"ratio_mean": 6.0}, largest={"ratio_max": 3.0})
    totals.add(1, whole={"loss": 0.25}, per_token={"ratio_mean": 2.0}, largest={"ratio_max": 2.0})
    assert totals.reduced(lambda v: v, lambda v: v) == {"loss": 0.75, "ratio_mean": 2.0, "ratio_max": 3.0}


def test_empty_micro_batch_names_its_metrics_and_adds_nothing():
    totals = Totals()
    totals.add(0, whole={"loss": 9.0}, per_token={"entropy": 9.0})
    # The other rank had 4 tokens of entropy 2 and a loss of 1.
    assert totals.reduced(lambda v: [1.0, 8.0, 4.0], lambda v: v) == {"loss": 1.0, "entropy": 2.0}
