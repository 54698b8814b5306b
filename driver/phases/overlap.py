"""How much of one part's time fell together with another's. Pure functions of (start, end) spans in seconds."""

from collections.abc import Iterable

Span = tuple[float, float]


def union(spans: Iterable[Span]) -> list[Span]:
    """The spans with overlapping ones joined, in order."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif end > start:
            joined.append((start, end))
    return joined


def length(spans: Iterable[Span]) -> float:
    """Seconds that the spans cover, together."""
    return sum(end - start for start, end in union(spans))


def intersection(first: Iterable[Span], second: Iterable[Span]) -> list[Span]:
    """Where both are covered."""
    other = union(second)
    return [(max(a, c), min(b, d)) for a, b in union(first) for c, d in other if max(a, c) < min(b, d)]
