import numpy as np
import pytest

from actors.errors import StaleRolloutError
from actors.learning.config import GrpoConfig
from actors.learning.samples import grpo_samples, plain_samples, refuse_stale, sample_of, token_weights
from actors.records import Source
from tests.unit.actors.learner_cases import scored_group, segment, sft_rollouts


def test_only_model_tokens_are_in_the_loss():
    sample = sample_of(
        (
            segment(Source.PROMPT, [1, 2, 3]),
            segment(Source.MODEL, [4, 5], [-0.5, -0.25]),
            segment(Source.ENVIRONMENT, [6]),
            segment(Source.MODEL, [7], [-1.0]),
        ),
        index=0,
    )
    assert sample.prompt_P.tolist() == [1, 2, 3]
    assert sample.response_T.tolist() == [4, 5, 6, 7]
    assert sample.in_loss_T.tolist() == [True, True, False, True]
    assert sample.behaviour_T.tolist() == [-0.5, -0.25, 0.0, -1.0]


def test_everything_before_the_models_first_token_is_prompt():
    sample = sample_of(
        (segment(Source.PROMPT, [1]), segment(Source.ENVIRONMENT, [2]), segment(Source.MODEL, [3])), index=0
    )
    assert sample.prompt_P.tolist() == [1, 2]


def test_rollout_without_model_tokens_has_nothing_in_the_loss():
    sample = sample_of((segment(Source.PROMPT, [1, 2]),), index=0)
    assert sample.num_in_loss == 0


def test_rollout_that_starts_with_the_model_is_refused():
    with pytest.raises(ValueError, match="needs a prompt"):
        sample_of((segment(Source.MODEL, [1]),), index=3)


def test_missing_log_probs_are_named():
    with pytest.raises(ValueError, match="2 tokens has 1 logprobs"):
        sample_of((segment(Source.PROMPT, [1]), segment(Source.MODEL, [1, 2], [-0.5])), index=0)


def test_token_mean_weighs_tokens_alike():
    np.testing.assert_allclose(token_weights(np.array([3, 1, 0]), "token_mean"), [0.25, 0.25, 0.0])


def test_sequence_mean_weighs_rollouts_alike():
    # Two rollouts have tokens: 1 / (2 * 4) and 1 / (2 * 1).
    np.testing.assert_allclose(token_weights(np.array([4, 0, 1]), "sequence_mean"), [0.125, 0.0, 0.5])


def test_constant_weighs_a_token_alike_whatever_the_lengths_of_the_batch():
    # Two rollouts with tokens, L = 10: 1/20 each, with a short sibling or a long one.
    for lengths in ([4, 0, 1], [4, 0, 900]):
        weight_B = token_weights(np.array(lengths), "constant", constant_tokens=10)
        np.testing.assert_allclose(weight_B, [0.05, 0.0, 0.05])
    counted_B = np.array([True, False, False])
    np.testing.assert_allclose(
        token_weights(np.array([4, 2, 1]), "constant", counted_B, constant_tokens=10), [0.1, 0.1, 0.1]
    )
    with pytest.raises(ValueError, match="constant needs constant_tokens"):
        token_weights(np.array([4]), "constant")


def test_the_config_names_the_constant():
    group = scored_group(0, [1.0, 0.0])
    grpo = GrpoConfig(aggregation="constant", constant_tokens=50)
    assert [sample.weight for sample in grpo_samples([group], grpo)] == [0.01, 0.01]


@pytest.mark.parametrize("aggregation", ["token_mean", "sequence_mean"])
def test_weights_of_a_batch_add_up_to_one(aggregation):
    num_tokens_B = np.array([7, 2, 0, 5])
    assert (token_weights(num_tokens_B, aggregation) * num_tokens_B).sum() == pytest.approx(1.0)
    assert not token_weights(np.array([0, 0]), aggregation).any()


def test_rollouts_outside_the_denominator_do_not_dilute_the_others():
    # 4 and 1 tokens count, 5 do not: 1/5 a token, or 1 / (2 * 4), 1 / (2 * 5) and 1 / (2 * 1).
    num_tokens_B, is_counted_B = np.array([4, 5, 1]), np.array([True, False, True])
    np.testing.assert_allclose(token_weights(num_tokens_B, "token_mean", is_counted_B), [0.2, 0.2, 0.2])
    np.testing.assert_allclose(token_weights(num_tokens_B, "sequence_mean", is_counted_B), [0.125, 0.1, 0.5])


def test_a_batch_in_which_nothing_counts_is_averaged_over_all():
    none_B = np.array([False, False])
    np.testing.assert_allclose(token_weights(np.array([3, 1]), "token_mean", none_B), [0.25, 0.25])


@pytest.mark.parametrize("aggregation", ["token_mean", "sequence_mean"])
def test_groups_without_signal_change_no_weight_where_only_learning_rollouts_count(aggregation):
    mixed = scored_group(0, [1.0, 0.0])
    dead = [scored_group(i, [0.0, 0.0]) for i in (1, 2, 3)]

    def weights(denominator, groups):
        grpo = GrpoConfig(aggregation=aggregation, denominator=denominator)
        return [s.weight for s in grpo_samples(groups, grpo)][:2]

    alone = weights("all", [mixed])
    assert weights("learning", [mixed, *dead]) == alone
    diluted = weights("all", [mixed, *dead])
    assert all(few < many for few, many in zip(diluted, alone, strict=True))


def test_a_rollout_with_impossible_numbers_is_left_out_and_its_siblings_keep_their_advantages():
    group = scored_group(0, [1.0, 0.0, 0.0, 0.0])
    first, *others = group.group.rollouts
    model = first.segments[1]
    broken = model.model_copy(update={"logprobs": np.full(len(model.token_ids), -np.inf, np.float32)})
    first = first.model_copy(update={"segments": (first.segments[0], broken, *first.segments[2:])})
    group = group.model_copy(update={"group": group.group.model_copy(update={"rollouts": (first, *others)})})
    samples = grpo_samples([group], GrpoConfig())
    assert [s.advantage for s in samples] == [-0.25, -0.25, -0.25]
    assert [s.index for s in samples] == [0, 1, 2]
    assert sum(s.weight * s.num_in_loss for s in samples) == pytest.approx(1.0)


def test_samples_carry_the_advantages_of_their_groups():
    groups = [scored_group(0, [1.0, 0.0, 0.0, 0.0]), scored_group(1, [1.0, 0.0])]
    samples = grpo_samples(groups, GrpoConfig())
    assert [s.advantage for s in samples] == [0.75, -0.25, -0.25, -0.25, 0.5, -0.5]
    assert [s.index for s in samples] == [0, 1, 2, 3, 4, 5]


def test_the_scale_of_batch_is_that_of_all_groups_of_the_step():
    # Rewards 1, 0 and 0, 0, 0, 1 as in test_advantages: 0.5 and 0.75 over sqrt(4/15).
    groups = [scored_group(0, [1.0, 0.0]), scored_group(1, [0.0, 0.0, 0.0, 1.0])]
    samples = grpo_samples(groups, GrpoConfig(advantage="batch", std_floor=0.0))
    expected = np.array([0.5, -0.5, -0.25, -0.25, -0.25, 0.75]) / np.sqrt(4 / 15)
    np.testing.assert_allclose([s.advantage for s in samples], expected)


def test_group_of_one_outcome_is_silenced_unless_configured():
    # Both wrong, one with a format bonus.
    groups = [scored_group(0, [0.1, 0.0])]
    assert [s.advantage for s in grpo_samples(groups, GrpoConfig())] == [0.0, 0.0]
    loud = GrpoConfig(requires_mixed_outcome=False)
    assert [s.advantage for s in grpo_samples(groups, loud)] == pytest.approx([0.05, -0.05])


def test_plain_samples_weigh_every_token_alike():
    samples = plain_samples(sft_rollouts(3))
    total = sum(s.num_in_loss for s in samples)
    assert [s.weight for s in samples] == pytest.approx([1 / total] * 3)


def test_stale_rollout_is_refused_with_the_numbers():
    with pytest.raises(
        StaleRolloutError, match=r"g0/0 has tokens of version 1, version 3 learns.*staleness is 1"
    ):
        refuse_stale([scored_group(0, [1.0], version=1)], version=3, max_staleness=1)


def test_rollout_at_the_limit_is_accepted():
    refuse_stale([scored_group(0, [1.0], version=2)], version=3, max_staleness=1)
