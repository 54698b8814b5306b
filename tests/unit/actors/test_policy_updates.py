"""What several updates on one batch, an old sampler and another kernel do to a step."""

import numpy as np
import pytest
import torch

from actors.records import EndReason, Source
from tests.unit.actors.learner_cases import changed, on_policy, scored_group, weights_of


@pytest.mark.parametrize("kind", ["linear", "cosine"])
@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_the_rate_at_a_step_is_the_same_with_any_number_of_epochs(make_learner, kind, epochs):
    learner = make_learner(
        grpo={"lr": 1.0e-3, "epochs": epochs, "schedule": {"kind": kind, "warmup_steps": 1}}
    )
    learner.begin_phase("grpo", 5)
    rates = [learner.train_step([scored_group(0, [1.0, 0.0])], 0).metrics["lr"] for _ in range(5)]
    # After one step of rise, x = 0, 1/4, 1/2, 3/4.
    falls = {"linear": [1, 0.75, 0.5, 0.25], "cosine": [1, 0.853553, 0.5, 0.146447]}[kind]
    assert rates == pytest.approx([5e-4, *(1e-3 * x for x in falls)], rel=1e-5)


def test_the_ratio_of_a_second_update_is_to_the_policy_before_the_first(make_learner):
    # The sampler is far off, by 1 nat at every token; what is clipped does not know of it.
    def off(s):
        return {"logprobs": s.logprobs - 1.0} if s.source is Source.MODEL else {}

    learner = make_learner(grpo={"lr": 1e-5, "epochs": 1})
    group = changed(on_policy(learner, scored_group(0, [1.0, 0.0])), off)
    first = learner.train_step([group], 0).metrics
    learner.close()
    learner = make_learner(grpo={"lr": 1e-5, "epochs": 2})
    second = learner.train_step([group], 0).metrics
    assert (first["ratio_mean"], first["ratio_max"], first["clip_fraction"]) == (1.0, 1.0, 0.0)
    assert second["ratio_mean"] == pytest.approx(1.0, abs=1e-2)
    assert second["ratio_mean"] != 1.0
    for metrics in (first, second):
        assert metrics["mismatch_mean"] == pytest.approx(1.0, abs=1e-4)
        assert metrics["mismatch_max"] == pytest.approx(1.0, abs=1e-4)
        # e^1 is beyond 2, for every token.
        assert metrics["mismatch_beyond_cap"] == 1.0


def test_one_token_nine_nats_off_leaves_the_direction_of_the_step(make_learner):
    # In a rollout of negative advantage: without the cap its ratio of e^9 = 8,103 would be the whole step.
    learner = make_learner()
    clean = on_policy(learner, scored_group(0, [1.0, 0.0, 0.0]))
    rollouts = list(clean.group.rollouts)
    segments = list(rollouts[1].segments)
    logprobs = segments[1].logprobs.copy()
    logprobs[0] -= 9.0
    segments[1] = segments[1].model_copy(update={"logprobs": logprobs})
    rollouts[1] = rollouts[1].model_copy(update={"segments": tuple(segments)})
    off = clean.model_copy(update={"group": clean.group.model_copy(update={"rollouts": tuple(rollouts)})})
    learner.close()
    norms = {}
    for cap in (2.0, None):
        for name, group in (("clean", clean), ("off", off)):
            learner = make_learner(grpo={"importance_cap": cap})
            norms[cap, name] = learner.train_step([group], 0).metrics["grad_norm"]
            learner.close()
    assert norms[2.0, "off"] < 1.5 * norms[2.0, "clean"]
    assert norms[None, "off"] > 100 * norms[None, "clean"]
    assert norms[2.0, "clean"] == pytest.approx(norms[None, "clean"], rel=1e-4)


def test_cispo_takes_the_first_update_of_ppo_and_a_larger_second_one(make_learner):
    # At a rate that carries the first update beyond the clip, PPO gives up tokens and CISPO keeps their gradient.
    norms = {}
    for loss in ("ppo", "cispo"):
        for epochs in (1, 2):
            learner = make_learner(grpo={"loss": loss, "epochs": epochs, "lr": 1e-2})
            group = on_policy(learner, scored_group(0, [1.0, 0.0, 0.0]))
            metrics = learner.train_step([group], 0).metrics
            norms[loss, epochs] = metrics["grad_norm"]
            learner.close()
        assert metrics["clip_fraction"] > 0.1
    assert norms["cispo", 1] == pytest.approx(norms["ppo", 1], rel=1e-5)
    assert norms["cispo", 2] > norms["ppo", 2]


def test_maxrl_gives_a_hard_task_the_louder_step(make_learner):
    # One of four right: advantages 3, -1, -1, -1 for `maxrl`, a quarter of that for `mean`.
    norms = {}
    for kind in ("mean", "maxrl"):
        learner = make_learner(grpo={"advantage": kind})
        group = on_policy(learner, scored_group(0, [1.0, 0.0, 0.0, 0.0]))
        norms[kind] = learner.train_step([group], 0).metrics["grad_norm"]
        learner.close()
    assert norms["maxrl"] == pytest.approx(4 * norms["mean"], rel=1e-4)


def test_gspo_takes_the_first_update_of_ppo_and_then_clips_rollouts_whole(make_learner):
    norms, seen = {}, {}
    for loss in ("ppo", "gspo"):
        for epochs in (1, 2):
            learner = make_learner(grpo={"loss": loss, "epochs": epochs, "lr": 1e-2, "clip_high": 0.2})
            group = on_policy(learner, scored_group(0, [1.0, 0.0, 0.0]))
            metrics = learner.train_step([group], 0).metrics
            norms[loss, epochs], seen[loss] = metrics["grad_norm"], metrics
            num_tokens = [r.num_generated_tokens for r in group.group.rollouts]
            learner.close()
    assert norms["gspo", 1] == pytest.approx(norms["ppo", 1], rel=1e-5)
    assert norms["gspo", 2] != pytest.approx(norms["ppo", 2], rel=0.05)
    # A geometric mean lies between its factors.
    assert 1.0 < seen["gspo"]["ratio_max"] < seen["ppo"]["ratio_max"]
    clipped = seen["gspo"]["clip_fraction"] * sum(num_tokens)
    wholes = {
        a * num_tokens[0] + b * num_tokens[1] + c * num_tokens[2]
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
    }
    assert any(clipped == pytest.approx(whole, abs=1e-6) for whole in wholes)


def test_a_rollout_whose_tokens_are_each_a_little_off_is_cut_by_sequence_and_not_by_token(make_learner):
    # 0.3 nats a token: e^0.3 = 1.35 is below the cap of 2, and no rollout has fewer than four tokens: e^1.2 = 3.3.
    def off(s):
        return {"logprobs": s.logprobs - 0.3} if s.source is Source.MODEL else {}

    seen = {}
    for level in ("token", "sequence"):
        learner = make_learner(grpo={"importance_level": level})
        group = changed(on_policy(learner, scored_group(0, [1.0, 0.0])), off)
        seen[level] = learner.train_step([group], 0).metrics
        num_most = max(r.num_generated_tokens for r in group.group.rollouts)
        learner.close()
    assert (seen["token"]["mismatch_beyond_cap"], seen["sequence"]["mismatch_beyond_cap"]) == (0.0, 1.0)
    assert seen["token"]["mismatch_weight"] == pytest.approx(1.34986, rel=1e-3)
    assert seen["sequence"]["mismatch_weight"] == pytest.approx(2.0)
    assert seen["token"]["mismatch_rollout_max"] == pytest.approx(0.3 * num_most, rel=1e-3)
    # All tokens of the step are weighted alike: 1.35 times, and 2 times.
    assert seen["sequence"]["grad_norm"] / seen["token"]["grad_norm"] == pytest.approx(2 / 1.34986, rel=1e-3)


def test_the_penalty_is_by_the_estimator_that_the_config_names(make_learner):
    seen = {}
    for estimator in ("k1", "k2", "k3"):
        learner = make_learner(grpo={"beta": 0.1, "kl_estimator": estimator, "lr": 1e-3})
        learner.begin_phase("grpo", 3)
        group = on_policy(learner, scored_group(0, [1.0, 0.0, 0.0]))
        learner.train_step([group], 0)
        seen[estimator] = learner.train_step([group], 0).metrics
        learner.close()
    # One step away from the reference, from the same first step: three values, and k1 and k2 of one gradient.
    assert len({round(m["reference_kl"], 9) for m in seen.values()}) == 3
    assert seen["k1"]["grad_norm"] == pytest.approx(seen["k2"]["grad_norm"], rel=1e-5)
    assert seen["k1"]["grad_norm"] != pytest.approx(seen["k3"]["grad_norm"], rel=1e-5)


@pytest.mark.parametrize("choice", [{"overlong": "mask"}, {"overlong": "mask", "beta": 0.1}], ids=str)
def test_a_rollout_that_is_left_out_changes_nothing_but_the_baseline(make_learner, choice):
    # The step is the same whatever its tokens are, and is taken; nobody counts it as broken.
    found = []
    for shift in (0.0, -1.0):
        learner = make_learner(grpo=choice)
        learner.begin_phase("grpo", 3)
        group = on_policy(learner, scored_group(0, [1.0, 0.0, 0.0]))
        first, cut, last = group.group.rollouts
        segments = tuple(
            s.model_copy(update={"logprobs": s.logprobs + np.float32(shift)}) for s in cut.segments
        )
        cut = cut.model_copy(update={"end_reason": EndReason.ROLLOUT_TOKENS, "segments": segments})
        held = group.group.model_copy(update={"rollouts": (first, cut, last)})
        report = learner.train_step([group.model_copy(update={"group": held})], 0)
        assert (report.num_refused, report.refusal) == (0, None)
        assert report.metrics["left_out_rollouts"] == 1.0
        assert report.metrics["num_tokens"] == first.num_generated_tokens + last.num_generated_tokens
        found.append(report.metrics["grad_norm"])
        learner.close()
    assert found[0] == found[1] > 0


def test_a_step_of_which_every_rollout_is_left_out_changes_nothing(make_learner):
    learner = make_learner(grpo={"void_turns": "mask"})
    before = weights_of(learner)
    # Their turns have no text, and so neither a script nor an answer.
    report = learner.train_step([scored_group(0, [1.0, 0.0])], 0)
    assert (report.num_refused, report.refusal) == (0, None)
    assert (report.metrics["left_out_rollouts"], report.metrics["grad_norm"]) == (2.0, 0.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in weights_of(learner).items())
