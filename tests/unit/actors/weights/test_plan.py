import pytest

from actors.weights.plan import bucket_plan


def places(plan):
    return [(s.name, s.bucket, s.offset, s.num_bytes) for s in plan.tensors]


def test_parameters_fill_buckets_in_order_and_are_aligned():
    # 3 x 4 bytes, then at 64: 2 x 2 bytes; 200 bytes do not fit in what is left of 128.
    plan = bucket_plan([("a", "float32", (3,)), ("b", "bfloat16", (2,)), ("c", "float32", (5, 10))], 128)
    assert places(plan) == [("a", 0, 0, 12), ("b", 0, 64, 4), ("c", 1, 0, 200)]
    assert plan.bucket_bytes == (68, 200)
    assert [s.name for s in plan.of_bucket(0)] == ["a", "b"]


def test_large_parameter_gets_a_bucket_of_its_own():
    plan = bucket_plan([("big", "float32", (100,)), ("a", "float32", (1,)), ("b", "float32", (1,))], 128)
    assert places(plan) == [("big", 0, 0, 400), ("a", 1, 0, 4), ("b", 1, 64, 4)]


def test_scalar_has_one_element():
    assert places(bucket_plan([("s", "float32", ())], 8)) == [("s", 0, 0, 4)]


def test_repeated_name_is_refused():
    with pytest.raises(ValueError, match=r"repeat.*'a'"):
        bucket_plan([("a", "float32", (1,)), ("a", "float32", (1,))], 8)
