"""Samples to micro-batches: the same list on every rank gives every rank its own equal share.

`packed_rows` lays samples in rows; siblings can share one row that holds their prompt once, each response then
sees the prompt and itself only. That saves the prompt's tokens and costs a mask over all pairs of the row, so long
answers are cheaper in rows of their own (row_cost.py). `micro_batches` cuts the rows by a token budget into equally
many micro-batches per rank (the last may be empty: ZeRO needs all ranks in every step). Padding is told by position,
never by id.

Notation: T tokens of a sample or row, N of them in the loss, B rows, P tokens of a prompt.
"""
# ruff: noqa: N815 - fields carry shape suffixes, as arguments do

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.learning.row_cost import RowCost
from actors.learning.samples import Sample, joined

_PROMPT_BLOCK = 0


@dataclass(frozen=True)
class Row:
    """A prompt with one or more responses, end to end."""

    input_ids_T: NDArray[np.int64]
    positions_T: NDArray[np.int64]
    """Start again after the prompt for each response."""
    blocks_T: NDArray[np.int64]
    """0 for the prompt, k for the k-th response: a token sees earlier tokens of block 0 and of its own."""
    source_N: NDArray[np.int64]
    """Where in the row the prediction of each token in the loss is read."""
    targets: "Targets"

    def __len__(self) -> int:
        return len(self.input_ids_T)

    @property
    def is_shared(self) -> bool:
        """Whether it holds several responses, so that attention needs a mask."""
        return bool(self.blocks_T[-1] > 1)


@dataclass(frozen=True)
class Targets:
    """The tokens in the loss with all that the loss needs, in sample order within each sample."""

    token_N: NDArray[np.int64]
    behaviour_N: NDArray[np.float32]
    adv_N: NDArray[np.float32]
    weight_N: NDArray[np.float32]
    sample_N: NDArray[np.int64]
    """int64 [N], `Sample.index` of the sample that each token belongs to."""


@dataclass(frozen=True)
class MicroBatch:
    """What one forward pass takes."""

    input_ids_BT: NDArray[np.int64]
    positions_BT: NDArray[np.int64]
    blocks_BT: NDArray[np.int64] | None
    """None when no row shares a prompt: then plain causal attention is exact, right padding included."""
    source_N: NDArray[np.int64]
    """Index into the flattened rows."""
    targets: Targets
    is_empty: bool = False
    """Takes part in the step and changes nothing."""

    @property
    def num_tokens(self) -> int:
        """Tokens in the loss."""
        return 0 if self.is_empty else len(self.targets.token_N)


def packed_rows(
    samples: Sequence[Sample], *, share_prefix: bool, max_tokens: int, cost: RowCost | None = None
) -> list[Row]:
    """Samples with tokens in the loss as rows; equal prompts share rows of at most `max_tokens` if wanted.

    Args:
        samples: in any order.
        share_prefix: False for a row each.
        max_tokens: most tokens in a row of more than one response.
        cost: what decides how many siblings share a row; None for as many as fit.
    """
    rows: list[Row] = []
    families: dict[bytes | int, list[Sample]] = {}
    for sample in samples:
        if sample.num_in_loss:
            families.setdefault(sample.prompt_P.tobytes() if share_prefix else sample.index, []).append(
                sample
            )
    for family in families.values():
        cut = _cut(family, max_tokens) if cost is None else _cheapest_cut(family, max_tokens, cost)
        rows += [_row(row) for row in cut]
    return rows


def micro_batches(rows: Sequence[Row], *, max_tokens: int, num_ranks: int) -> list[list[MicroBatch]]:
    """Micro-batches of every rank, equally many: at most `max_tokens` with padding, a longer row alone.

    Rows are sorted by length, so that little is padding, and one that needs no mask is not put beside one that does;
    micro-batches are dealt back and forth, so that the
    ranks' i-th ones are about equally long.
    """
    ordered = sorted(rows, key=lambda row: (row.is_shared, len(row)), reverse=True)
    cuts: list[list[Row]] = []
    for row in ordered:
        fits = bool(cuts) and len(cuts[-1][0]) * (len(cuts[-1]) + 1) <= max_tokens
        if fits and cuts[-1][0].is_shared == row.is_shared:
            cuts[-1].append(row)
        else:
            cuts.append([row])
    while len(cuts) % num_ranks and any(len(cut) > 1 for cut in cuts):
        widest = max(
            range(len(cuts)), key=lambda i: len(cuts[i][0]) * len(cuts[i]) if len(cuts[i]) > 1 else 0
        )
        half = len(cuts[widest]) // 2
        cuts[widest : widest + 1] = [cuts[widest][:half], cuts[widest][half:]]
    dealt: list[list[MicroBatch]] = [[] for _ in range(num_ranks)]
    for start in range(0, len(cuts), num_ranks):
        hand = [_micro_batch(cut) for cut in cuts[start : start + num_ranks]]
        hand += [empty_micro_batch()] * (num_ranks - len(hand))
        for rank, batch in enumerate(hand if (start // num_ranks) % 2 == 0 else reversed(hand)):
            dealt[rank].append(batch)
    return dealt if cuts else [[empty_micro_batch()] for _ in range(num_ranks)]


def empty_micro_batch() -> MicroBatch:
    """Two tokens whose prediction weighs nothing: every parameter gets a gradient, and it is zero."""
    zero_1 = np.zeros(1, np.float32)
    targets = Targets(np.zeros(1, np.int64), zero_1, zero_1, zero_1, np.full(1, -1))
    ids_BT = np.zeros((1, 2), np.int64)
    return MicroBatch(ids_BT, np.arange(2)[None], None, np.zeros(1, np.int64), targets, is_empty=True)


def visible_mask(blocks_BT: NDArray[np.int64]) -> NDArray[np.bool_]:
    """[B, 1, T, T], True where the query (third axis) sees the key: not later, and prompt or own response."""
    query, key = blocks_BT[:, :, None], blocks_BT[:, None, :]
    order_TT = np.tri(blocks_BT.shape[1], dtype=bool)
    visible_BTT: NDArray[np.bool_] = ((key == _PROMPT_BLOCK) | (key == query)) & order_TT
    return visible_BTT[:, None]


def _cut(family: Sequence[Sample], max_tokens: int) -> list[list[Sample]]:
    """Rows of as many siblings as fit; a longer one alone."""
    rows: list[list[Sample]] = []
    for sample in family:
        if rows and _length([*rows[-1], sample]) <= max_tokens:
            rows[-1].append(sample)
        else:
            rows.append([sample])
    return rows


def _cheapest_cut(family: Sequence[Sample], max_tokens: int, cost: RowCost) -> list[list[Sample]]:
    """The cheapest rows of neighbours by length: what is worth sharing is short, and beside what is short."""
    ordered = sorted(family, key=lambda s: len(s.response_T))
    # The cheapest way to lay out the first n siblings, for n = 0, 1, ...: its cost, and where its last row begins.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(ordered) + 1):
        starts = [n for n in range(end) if end - n == 1 or _length(ordered[n:end]) <= max_tokens]
        best.append(min((best[n][0] + _cost(ordered[n:end], cost), n) for n in starts))
    rows: list[list[Sample]] = []
    end = len(ordered)
    while end:
        start = best[end][1]
        rows.append(ordered[start:end])
        end = start
    return rows


def _cost(row: Sequence[Sample], cost: RowCost) -> float:
    return cost.alone(_length(row)) if len(row) == 1 else cost.shared(_length(row))


def _length(row: Sequence[Sample]) -> int:
    return len(row[0].prompt_P) + sum(len(s.response_T) for s in row)


def _row(family: Sequence[Sample]) -> Row:
    prompt_P = family[0].prompt_P
    start = len(prompt_P)
    ids, positions, blocks, sources = [prompt_P], [np.arange(start)], [np.zeros(start, np.int64)], []
    for block, sample in enumerate(family, start=1):
        offsets_N = np.flatnonzero(sample.in_loss_T)
        # A response's first token is predicted where the prompt ends, the others one place earlier.
        sources.append(np.where(offsets_N == 0, len(prompt_P) - 1, start + offsets_N - 1))
        ids.append(sample.response_T)
        positions.append(len(prompt_P) + np.arange(len(sample.response_T)))
        blocks.append(np.full(len(sample.response_T), block))
        start += len(sample.response_T)
    return Row(
        np.concatenate(ids),
        np.concatenate(positions),
        np.concatenate(blocks),
        np.concatenate(sources),
        _targets(family),
    )


def _targets(family: Sequence[Sample]) -> Targets:
    counts = [s.num_in_loss for s in family]
    return Targets(
        token_N=joined([s.response_T[s.in_loss_T] for s in family], np.int64),
        behaviour_N=joined([s.behaviour_T[s.in_loss_T] for s in family], np.float32),
        adv_N=np.repeat(np.array([s.advantage for s in family], np.float32), counts),
        weight_N=np.repeat(np.array([s.weight for s in family], np.float32), counts),
        sample_N=np.repeat(np.array([s.index for s in family], np.int64), counts),
    )


def _micro_batch(rows: Sequence[Row]) -> MicroBatch:
    width = max(len(row) for row in rows)
    shares = any(row.is_shared for row in rows)
    fields = [[getattr(row.targets, name) for row in rows] for name in Targets.__dataclass_fields__]
    return MicroBatch(
        input_ids_BT=_padded([row.input_ids_T for row in rows], width),
        # Rising through the padding too: transformers takes a jump for a packed sequence.
        positions_BT=_padded([row.positions_T for row in rows], width)
        if shares
        else np.tile(np.arange(width), (len(rows), 1)),
        blocks_BT=_padded([row.blocks_T for row in rows], width) if shares else None,
        source_N=np.concatenate([row.source_N + i * width for i, row in enumerate(rows)]),
        targets=Targets(*(np.concatenate(parts) for parts in fields)),
    )


def _padded(arrays: Sequence[NDArray[np.int64]], width: int) -> NDArray[np.int64]:
    return np.stack([np.pad(array, (0, width - len(array))) for array in arrays])
