"""What several updates on one batch, an old sampler and another kernel do to a step."""

import pytest

from actors.records import Source
from tests.unit.actors.learner_cases import changed, on_policy, scored_group


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
