import pytest

from actors.learning.schedule import learning_rate


def rates(kind, warmup_steps, total_steps):
    return [
        learning_rate(s, 1.0, kind, warmup_steps=warmup_steps, total_steps=total_steps)
        for s in range(total_steps + 1)
    ]


def test_warmup_rises_in_equal_steps():
    assert rates("constant", 3, 4) == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_linear_falls_to_zero():
    assert rates("linear", 0, 4) == [1.0, 0.75, 0.5, 0.25, 0.0]


def test_cosine_is_half_way_in_the_middle():
    assert rates("cosine", 1, 5) == pytest.approx([0.5, 1.0, 0.853553, 0.5, 0.146447, 0.0], abs=1e-6)


def test_rate_stays_at_zero_after_the_last_step():
    assert learning_rate(99, 1.0, "cosine", warmup_steps=0, total_steps=4) == 0.0
