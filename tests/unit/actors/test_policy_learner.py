"""One rank with a tiny model: what a step does to the policy."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from actors.errors import LearnerError, StaleRolloutError
from actors.learning.config import LearnerRole
from actors.policy_learner import PolicyLearner
from actors.records import Rollout, Source
from actors.weights.buckets import unpacked, verify
from tests.unit.actors.learner_cases import (
    BUCKET_BYTES,
    VOCABULARY,
    changed,
    learner_config,
    on_policy,
    saved_tiny_model,
    scored_group,
    scored_groups,
    sft_rollouts,
    weights_of,
)


def assert_equal_weights(left, right, atol=0.0):
    assert left.keys() == right.keys()
    for name in left:
        torch.testing.assert_close(left[name], right[name], atol=atol, rtol=0, msg=name)


def test_fine_tuning_lowers_the_loss(make_learner):
    learner, rollouts = make_learner("sft"), sft_rollouts(4)
    losses = [learner.sft_step(rollouts, step).metrics["loss"] for step in range(6)]
    assert losses[0] == pytest.approx(np.log(VOCABULARY), abs=0.5)
    assert losses[-1] < 0.3 * losses[0]


def test_sft_loss_is_the_mean_over_model_tokens(make_learner):
    learner, rollouts = make_learner("sft"), sft_rollouts(4)
    mean = -np.concatenate(learner.log_probs(rollouts)).mean()
    assert learner.sft_step(rollouts).metrics["loss"] == pytest.approx(mean, rel=1e-5)


def test_policy_step_makes_good_rollouts_likelier_and_bad_ones_less_likely(make_learner):
    learner = make_learner(grpo={"lr": 1e-3})
    group = on_policy(learner, scored_group(0, [1.0, 0.0, 0.0]))
    before = [lp.mean() for lp in learner.log_probs(group.group.rollouts)]
    report = learner.train_step([group], version=0)
    after = [lp.mean() for lp in learner.log_probs(group.group.rollouts)]
    assert after[0] > before[0]
    assert after[1] < before[1]
    assert after[2] < before[2]
    assert report.version == 1
    assert report.metrics["ratio_mean"] == pytest.approx(1.0, abs=1e-5)
    assert report.metrics["clip_fraction"] == 0.0


def test_log_probs_are_those_of_the_language_model(make_learner, model_path):
    model = AutoModelForCausalLM.from_pretrained(model_path)
    rollout = sft_rollouts(1)[0]
    ids = np.concatenate([s.token_ids for s in rollout.segments])
    is_model = np.concatenate([np.full(len(s.token_ids), s.source is Source.MODEL) for s in rollout.segments])
    logits_TV = model(torch.tensor(ids[None]).long()).logits[0] / 0.6
    logp_T = torch.log_softmax(logits_TV, -1)[:-1].gather(1, torch.tensor(ids[1:, None]).long()).squeeze(1)
    (found,) = make_learner().log_probs([rollout], temperature=0.6)
    np.testing.assert_allclose(found, logp_T.detach().numpy()[is_model[1:]], atol=1e-5)
    assert found.dtype == np.float32


def test_environment_tokens_are_context_and_never_targets(make_learner, model_path):
    # Whatever stands in the fields of environment tokens but their ids, the step is the same, bit for bit.
    group = scored_group(0, [1.0, 0.0])
    loud = changed(
        group,
        lambda s: (
            {"logprobs": np.full(len(s.token_ids), -9.0, np.float32)}
            if s.source is Source.ENVIRONMENT
            else {}
        ),
    )
    first, second = make_learner(), make_learner()
    first.train_step([group], 0)
    quiet = weights_of(first)
    first.close()
    second.setup(*second.address(), model_path, "grpo")
    second.train_step([loud], 0)
    assert_equal_weights(quiet, weights_of(second))


def test_last_environment_tokens_have_no_influence_at_all(make_learner):
    # After the model's last word nothing is predicted: other ids there change no bit of the step.
    def with_tail(ids):
        group = scored_group(0, [1.0, 0.0])
        rollouts = tuple(
            r.model_copy(
                update={
                    "segments": (
                        *r.segments,
                        r.segments[2].model_copy(update={"token_ids": np.array(ids, np.int32)}),
                    )
                }
            )
            for r in group.group.rollouts
        )
        return group.model_copy(update={"group": group.group.model_copy(update={"rollouts": rollouts})})

    found = []
    for ids in ([1, 2, 3], [7, 8, 9]):
        learner = make_learner()
        learner.train_step([with_tail(ids)], 0)
        found.append(weights_of(learner))
        learner.close()
    assert_equal_weights(*found)


def test_group_with_equal_rewards_gives_no_gradient(make_learner):
    report = make_learner().train_step([scored_group(0, [1.0, 1.0, 1.0])], 0)
    assert report.metrics["grad_norm"] == 0.0
    assert report.metrics["skipped_rollouts"] == 3.0


@pytest.mark.parametrize(
    "changes",
    [{"micro_batch_tokens": 20}, {"share_prefix": False}, {"share_prefix": True}, {"chunk_tokens": 1000}],
)
@pytest.mark.parametrize(
    "choices",
    [
        {"aggregation": "token_mean"},
        {"aggregation": "sequence_mean"},
        {"loss": "gspo", "epochs": 2, "lr": 1e-3, "importance_level": "sequence", "advantage": "batch"},
    ],
    ids=lambda choices: "-".join(map(str, choices.values())),
)
def test_cutting_into_micro_batches_changes_nothing(make_learner, changes, choices):
    found = []
    for extra in ({"micro_batch_tokens": 4096}, changes):
        learner = make_learner(**extra, grpo=choices)
        found.append(learner.train_step(scored_groups(), 0).metrics)
        learner.close()
    for name in (
        "loss",
        "grad_norm",
        "entropy",
        "ratio_mean",
        "clip_fraction",
        "mismatch_weight",
        "num_tokens",
    ):
        assert found[0][name] == pytest.approx(found[1][name], abs=1e-5, rel=1e-4), name


@pytest.mark.parametrize("zero_stage", [0, 2, 3])
def test_published_buckets_are_the_weights(make_learner, zero_stage, tmp_path):
    learner = make_learner(zero_stage=zero_stage)
    learner.train_step(scored_groups(), 0)
    manifest, *buckets = learner.publish(5, BUCKET_BYTES)
    assert len(buckets) == learner.num_buckets(BUCKET_BYTES)
    assert all(b.dtype == np.uint8 for b in buckets)
    verify(manifest, buckets)
    learner.save_hf(str(tmp_path / "hf"))
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "hf")
    found = dict(unpacked(manifest, buckets))
    # Tied: the output embedding is published once, under the embedding's name.
    assert found.keys() == dict(model.named_parameters()).keys()
    for name, parameter in model.named_parameters():
        assert torch.equal(found[name], parameter), name
    assert manifest.version == 5


def test_untied_output_embedding_is_published(make_learner, tmp_path):
    path = saved_tiny_model(tmp_path / "untied", tied=False)
    learner = make_learner(path=path)
    assert "lm_head.weight" in weights_of(learner)
    assert learner.train_step(scored_groups(), 0).metrics["grad_norm"] > 0


@pytest.mark.parametrize("zero_stage", [0, 2, 3])
def test_resumed_learner_goes_on_as_if_nothing_had_happened(make_learner, zero_stage, tmp_path):
    learner = make_learner(zero_stage=zero_stage)
    learner.begin_phase("grpo", 10)
    learner.train_step(scored_groups(0), 0)
    learner.save_checkpoint(str(tmp_path), {"note": 7})
    learner.train_step(scored_groups(1), 0)
    expected = weights_of(learner)
    learner.close()
    resumed = make_learner(zero_stage=zero_stage)
    resumed.begin_phase("grpo", 10)
    assert resumed.load_checkpoint(str(tmp_path)) == {"note": 7}
    resumed.train_step(scored_groups(1), 0)
    assert_equal_weights(expected, weights_of(resumed))


def test_checkpoint_of_another_phase_is_refused(make_learner, tmp_path):
    learner = make_learner("sft")
    learner.save_checkpoint(str(tmp_path), {})
    learner.begin_phase("grpo", 1)
    with pytest.raises(LearnerError, match="in phase grpo: call begin_phase\\('sft'"):
        learner.load_checkpoint(str(tmp_path))


def test_missing_checkpoint_is_named(make_learner, tmp_path):
    with pytest.raises(LearnerError, match="no learner checkpoint"):
        make_learner().load_checkpoint(str(tmp_path))


@pytest.mark.parametrize("zero_stage", [0, 2, 3])
def test_new_phase_starts_with_a_fresh_optimiser(make_learner, zero_stage, tmp_path):
    learner = make_learner("sft", zero_stage=zero_stage)
    learner.sft_step(sft_rollouts(3))
    learner.save_hf(str(tmp_path / "sft"))
    learner.begin_phase("grpo", 5)
    learner.train_step(scored_groups(), 0)
    found = weights_of(learner)
    learner.close()
    fresh = make_learner("grpo", path=str(tmp_path / "sft"), zero_stage=zero_stage)
    fresh.train_step(scored_groups(), 0)
    assert_equal_weights(found, weights_of(fresh), atol=1e-6)


@pytest.mark.parametrize("zero_stage", [0, 3])
def test_kl_penalty_is_zero_at_the_reference_and_grows_away_from_it(make_learner, zero_stage):
    learner = make_learner(zero_stage=zero_stage, grpo={"beta": 0.1})
    learner.begin_phase("grpo", 3)
    first = learner.train_step(scored_groups(), 0).metrics["reference_kl"]
    second = learner.train_step(scored_groups(), 0).metrics["reference_kl"]
    assert first == pytest.approx(0.0, abs=1e-6)
    assert second > 1e-3


def test_reference_after_training_must_be_named(make_learner):
    learner = make_learner("sft", grpo={"beta": 0.1})
    learner.sft_step(sft_rollouts(2))
    with pytest.raises(LearnerError, match="give begin_phase that folder as reference_path"):
        learner.begin_phase("grpo", 3)


def test_capped_importance_weight_bounds_the_gradient(make_learner):
    # Behaviour far below the policy: the weight old / behaviour is about e^4, capped at 2.
    def rare(s):
        return {"logprobs": s.logprobs - 4} if s.source is Source.MODEL else {}

    group = changed(scored_group(0, [1.0, 0.0]), rare)
    norms = []
    for cap in (2.0, 1000.0):
        learner = make_learner(grpo={"importance_cap": cap})
        norms.append(learner.train_step([group], 0).metrics["grad_norm"])
        learner.close()
    assert norms[0] < 0.2 * norms[1]


def test_stale_rollout_never_reaches_the_weights(make_learner):
    learner = make_learner()
    before = weights_of(learner)
    with pytest.raises(StaleRolloutError):
        learner.train_step([scored_group(0, [1.0, 0.0], version=1)], version=3)
    assert_equal_weights(before, weights_of(learner))


def test_step_of_the_other_phase_is_refused(make_learner):
    with pytest.raises(LearnerError, match=r"in phase sft: call begin_phase\('grpo'"):
        make_learner("sft").train_step(scored_groups(), 0)


def test_learner_without_a_model_says_so():
    with pytest.raises(LearnerError, match="call setup first"):
        PolicyLearner(learner_config(), LearnerRole(), 0, 1).begin_phase("sft", 1)


def test_gradient_checkpointing_changes_nothing_but_memory(make_learner):
    found = []
    for on in (False, True):
        learner = make_learner("sft", gradient_checkpointing=on)
        found.append(learner.sft_step(sft_rollouts(3)).metrics["grad_norm"])
        learner.close()
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_rollout_without_model_tokens_counts_for_nothing(make_learner):
    group = scored_group(0, [1.0, 0.0])
    silent: Rollout = group.group.rollouts[1].model_copy(
        update={"segments": group.group.rollouts[1].segments[:1]}
    )
    half = group.model_copy(
        update={"group": group.group.model_copy(update={"rollouts": (group.group.rollouts[0], silent)})}
    )
    learner = make_learner()
    assert np.isfinite(learner.train_step([half], 0).metrics["loss"])
    assert len(learner.log_probs([silent])[0]) == 0


def test_warmup_sets_the_rate_of_each_step(make_learner):
    learner = make_learner(grpo={"lr": 1.0e-3, "schedule": {"kind": "linear", "warmup_steps": 1}})
    learner.begin_phase("grpo", 3)
    rates = [learner.train_step([scored_group(0, [1.0, 0.0])], 0).metrics["lr"] for _ in range(3)]
    assert rates == pytest.approx([5e-4, 1e-3, 5e-4])


def test_two_epochs_take_two_optimiser_steps(make_learner):
    learner = make_learner(grpo={"epochs": 2, "schedule": {"kind": "constant"}})
    learner.train_step(scored_groups(), 0)
    assert learner._step == 2


def test_bfloat16_compute_stays_near_float32_and_keeps_float32_weights(make_learner):
    found = []
    for compute in ("float32", "bfloat16"):
        learner = make_learner("sft", compute=compute)
        logps = np.concatenate(learner.log_probs(sft_rollouts(4)))
        found.append((logps, learner.sft_step(sft_rollouts(4)).metrics["grad_norm"], weights_of(learner)))
        learner.close()
    np.testing.assert_allclose(found[1][0], found[0][0], atol=0.1)
    assert found[1][1] == pytest.approx(found[0][1], rel=0.05)
    assert {t.dtype for t in found[1][2].values()} == {torch.float32}
