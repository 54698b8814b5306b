import itertools

from hypothesis import given
from hypothesis import strategies as st

from driver.phases.overlap import Span, intersection, length, union

times = st.integers(0, 30)
spans = st.lists(st.tuples(times, times).map(lambda pair: (float(min(pair)), float(max(pair)))), max_size=8)


def _seconds(covered: list[Span]) -> set[int]:
    return {second for start, end in covered for second in range(int(start), int(end))}


def test_overlapping_and_touching_spans_are_joined() -> None:
    assert union([(5, 6), (1, 3), (2, 4), (4, 4.5)]) == [(1, 4.5), (5, 6)]
    assert length([(5, 6), (1, 3), (2, 4)]) == 4


def test_empty_spans_cover_nothing() -> None:
    assert union([]) == []
    assert union([(2, 2)]) == []
    assert length([(2, 2)]) == 0


def test_where_both_are_covered_is_counted_once() -> None:
    learner, rollouts = [(0, 10), (12, 14)], [(8, 9), (8, 13)]
    assert intersection(learner, rollouts) == [(8, 10), (12, 13)]


@given(spans)
def test_a_union_is_ordered_apart_and_covers_the_same_seconds(covered: list[Span]) -> None:
    joined = union(covered)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(joined))
    assert _seconds(joined) == _seconds(covered)
    assert length(covered) == len(_seconds(covered))


@given(spans, spans)
def test_an_intersection_is_symmetric_and_covers_the_common_seconds(
    first: list[Span], second: list[Span]
) -> None:
    assert _seconds(intersection(first, second)) == _seconds(first) & _seconds(second)
    assert length(intersection(first, second)) == length(intersection(second, first))
