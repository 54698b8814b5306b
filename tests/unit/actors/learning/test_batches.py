import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.learning.batches import empty_micro_batch, micro_batches, packed_rows, visible_mask
from actors.learning.config import GrpoConfig
from actors.learning.logprobs import PolicyModel
from actors.learning.losses import policy_loss
from actors.learning.row_cost import RowCost
from actors.learning.samples import grpo_samples, plain_samples, sample_of
from actors.records import Source
from tests.unit.actors.learner_cases import scored_groups, segment, sft_rollouts, tiny_model


def siblings():
    """Two responses to the prompt 1 2 3: 4 5 (6) 7 and 8, the token in brackets not in the loss."""
    prompt = segment(Source.PROMPT, [1, 2, 3])
    first = (
        prompt,
        segment(Source.MODEL, [4, 5]),
        segment(Source.ENVIRONMENT, [6]),
        segment(Source.MODEL, [7]),
    )
    return [sample_of(first, 0), sample_of((prompt, segment(Source.MODEL, [8])), 1)]


def test_shared_row_holds_the_prompt_once():
    (row,) = packed_rows(siblings(), share_prefix=True, max_tokens=100)
    assert row.input_ids_T.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert row.positions_T.tolist() == [0, 1, 2, 3, 4, 5, 6, 3]
    assert row.blocks_T.tolist() == [0, 0, 0, 1, 1, 1, 1, 2]
    # 4 and 8 are predicted where the prompt ends, 5 at 4, 7 at 6.
    assert row.targets.token_N.tolist() == [4, 5, 7, 8]
    assert row.source_N.tolist() == [2, 3, 5, 2]
    assert row.targets.sample_N.tolist() == [0, 0, 0, 1]


def test_siblings_that_do_not_fit_share_a_second_row():
    rows = packed_rows(siblings(), share_prefix=True, max_tokens=7)
    assert [row.input_ids_T.tolist() for row in rows] == [[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 8]]


def long_siblings(*lengths, prompt=400):
    """Responses of these lengths to one prompt."""
    ids = segment(Source.PROMPT, list(range(prompt)))
    return [sample_of((ids, segment(Source.MODEL, [1] * n)), i) for i, n in enumerate(lengths)]


def lengths_of(rows):
    return sorted(len(row) for row in rows)


def test_siblings_share_a_row_where_the_prompt_saves_more_than_the_mask_costs():
    # Eight answers of 100 after 400: one row of 1,200 costs 1,200 + 3e-4 * 1.44e6 = 1,632, eight of 500 cost
    # 8 * (500 + 3e-4 * 0.125e6) = 4,300. Of 1,000: one of 8,400 costs 29,568, eight of 1,400 cost 13,552.
    cost = RowCost(per_pair=3e-4)
    arguments = {"share_prefix": True, "max_tokens": 100_000, "cost": cost}
    assert lengths_of(packed_rows(long_siblings(*[100] * 8), **arguments)) == [1200]
    assert lengths_of(packed_rows(long_siblings(*[1000] * 8), **arguments)) == [1400] * 8


def test_short_siblings_share_a_row_and_long_ones_of_the_same_group_do_not():
    # After 400: two of 50 in one row cost 500 + 75, in two 2 * (450 + 30); two of 3,000 in one 6,400 + 12,288, in two
    # 2 * (3,400 + 1,734).
    siblings, cost = long_siblings(3000, 50, 3000, 50), RowCost(per_pair=3e-4)
    rows = packed_rows(siblings, share_prefix=True, max_tokens=100_000, cost=cost)
    assert lengths_of(rows) == [500, 3400, 3400]
    assert {frozenset(row.targets.sample_N.tolist()) for row in rows} == {
        frozenset({1, 3}),
        frozenset({0}),
        frozenset({2}),
    }


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=7),
    prompt=st.integers(1, 40),
    pair=st.floats(1e-5, 1.0),
    budget=st.integers(20, 400),
)
@settings(max_examples=60, deadline=None)
def test_the_chosen_rows_are_never_dearer_than_a_row_each(lengths, prompt, pair, budget):
    siblings, cost = long_siblings(*lengths, prompt=prompt), RowCost(per_pair=pair)

    def price(rows):
        return sum(cost.shared(len(row)) if row.is_shared else cost.alone(len(row)) for row in rows)

    chosen = packed_rows(siblings, share_prefix=True, max_tokens=budget, cost=cost)
    alone = packed_rows(siblings, share_prefix=False, max_tokens=budget)
    assert price(chosen) <= price(alone) * (1 + 1e-9)
    assert sorted(int(i) for row in chosen for i in set(row.targets.sample_N)) == list(range(len(lengths)))
    assert all(len(row) <= budget or not row.is_shared for row in chosen)


def test_a_row_without_a_mask_is_not_put_beside_one_with():
    rows = packed_rows(siblings(), share_prefix=True, max_tokens=100)
    rows += packed_rows(long_siblings(3, prompt=4), share_prefix=True, max_tokens=100)
    ((first, second),) = micro_batches(rows, max_tokens=100, num_ranks=1)
    assert [first.blocks_BT is None, second.blocks_BT is None] == [False, True]


def test_without_sharing_every_sample_has_its_row():
    rows = packed_rows(siblings(), share_prefix=False, max_tokens=100)
    assert [len(row) for row in rows] == [7, 4]


def test_response_sees_the_prompt_and_itself_only():
    mask_TT = visible_mask(np.array([[0, 0, 1, 1, 2]]))[0, 0].astype(int)
    assert mask_TT.tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 0, 0, 1],
    ]


def test_rows_are_padded_on_the_right_and_sources_are_flat():
    ((batch,),) = micro_batches(
        packed_rows(siblings(), share_prefix=False, max_tokens=100), max_tokens=100, num_ranks=1
    )
    assert batch.input_ids_BT.tolist() == [[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 8, 0, 0, 0]]
    assert batch.source_N.tolist() == [2, 3, 5, 7 + 2]
    assert batch.blocks_BT is None


@given(num=st.integers(0, 9), ranks=st.integers(1, 4), budget=st.integers(4, 60), share=st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_token_lands_on_one_rank_and_ranks_have_equal_counts(num, ranks, budget, share):
    samples = plain_samples(sft_rollouts(num))
    rows = packed_rows(samples, share_prefix=share, max_tokens=budget)
    dealt = micro_batches(rows, max_tokens=budget, num_ranks=ranks)
    assert len({len(batches) for batches in dealt}) == 1
    full = [b for batches in dealt for b in batches if not b.is_empty]
    assert all(b.input_ids_BT.size <= budget or len(b.input_ids_BT) == 1 for b in full)
    found = sorted(
        (int(i), int(t)) for b in full for i, t in zip(b.targets.sample_N, b.targets.token_N, strict=True)
    )
    expected = sorted((s.index, int(t)) for s in samples for t in s.response_T[s.in_loss_T])
    assert found == expected


def test_micro_batches_are_split_so_that_no_rank_idles():
    samples = plain_samples(sft_rollouts(4))
    rows = packed_rows(samples, share_prefix=False, max_tokens=1000)
    dealt = micro_batches(rows, max_tokens=1000, num_ranks=2)
    assert [[len(b.input_ids_BT) for b in batches] for batches in dealt] == [[2], [2]]


def test_empty_micro_batch_weighs_nothing():
    assert empty_micro_batch().targets.weight_N.tolist() == [0.0]
    assert empty_micro_batch().num_tokens == 0


def gradient(samples, grpo, *, share_prefix=False, max_tokens=4096, num_ranks=1):
    """The policy gradient of all micro-batches of all ranks, added up; the ratio is to the policy that sampled."""
    model = tiny_model()
    policy = PolicyModel(model, chunk=16)
    rows = packed_rows(samples, share_prefix=share_prefix, max_tokens=max_tokens)
    logps = {}
    for batch in itertools.chain(*micro_batches(rows, max_tokens=max_tokens, num_ranks=num_ranks)):
        mask = None if batch.blocks_BT is None else torch.from_numpy(visible_mask(batch.blocks_BT))
        arrays = (batch.input_ids_BT, batch.positions_BT, batch.source_N, batch.targets.token_N)
        ids_BT, positions_BT, source_N, target_N = map(torch.from_numpy, arrays)
        logp_N, _ = policy(ids_BT, positions_BT, mask, source_N, target_N, 0.8)
        targets = (batch.targets.behaviour_N, batch.targets.adv_N, batch.targets.weight_N)
        sequence_N = torch.from_numpy(batch.targets.sample_N)
        tokens = (logp_N, *map(torch.from_numpy, targets))
        policy_loss(*tokens, grpo, logp_N.detach(), sequence_N).backward()
        for index in np.unique(batch.targets.sample_N):
            logps[index] = logp_N.detach()[torch.from_numpy(batch.targets.sample_N == index)]
    return [logps[s.index] for s in samples], [p.grad for p in model.parameters()]


@pytest.mark.parametrize(
    ("loss", "aggregation"), [("ppo", "token_mean"), ("ppo", "sequence_mean"), ("gspo", "sequence_mean")]
)
@pytest.mark.parametrize(
    "cut",
    [
        {"max_tokens": 30},
        {"num_ranks": 3},
        {"share_prefix": True},
        {"share_prefix": True, "max_tokens": 30, "num_ranks": 2},
    ],
    ids=["small", "ranks", "shared", "all"],
)
def test_gradient_is_that_of_one_big_batch(cut, loss, aggregation):
    grpo = GrpoConfig(loss=loss, aggregation=aggregation, importance_cap=None)
    samples = grpo_samples(scored_groups(), grpo)
    whole, parts = gradient(samples, grpo), gradient(samples, grpo, **cut)
    for one, other in zip(whole[0], parts[0], strict=True):
        torch.testing.assert_close(other, one, atol=1e-5, rtol=0)
    for one, other in zip(whole[1], parts[1], strict=True):
        torch.testing.assert_close(other, one, atol=1e-5, rtol=1e-4)
