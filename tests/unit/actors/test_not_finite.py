"""Numbers that are not finite: where they come from, they stop; nothing of them is learned, published or saved."""

import math

import numpy as np
import pytest
import torch

from actors.errors import NotFiniteError
from actors.records import ScoredGroup, Source
from tests.unit.actors.learner_cases import (
    scored_group,
    scored_groups,
    sft_rollouts,
    weights_of,
)

STAGES = [{"zero_stage": 0}, {"zero_stage": 1}, {"zero_stage": 2}, {"zero_stage": 3}]
STAGES += [{"zero_stage": stage, "dtype": "bfloat16"} for stage in (1, 2, 3)]


def with_one_token(group: ScoredGroup, logprob: float, rollout: int = 0) -> ScoredGroup:
    """The group with this behaviour log-probability at the first model token of one rollout."""
    rollouts = list(group.group.rollouts)
    segments = list(rollouts[rollout].segments)
    place = next(i for i, s in enumerate(segments) if s.source is Source.MODEL)
    logprobs = segments[place].logprobs.copy()
    logprobs[0] = logprob
    segments[place] = segments[place].model_copy(update={"logprobs": logprobs})
    rollouts[rollout] = rollouts[rollout].model_copy(update={"segments": tuple(segments)})
    return group.model_copy(update={"group": group.group.model_copy(update={"rollouts": tuple(rollouts)})})


def with_rewards(group: ScoredGroup, reward: float) -> ScoredGroup:
    first = group.scores[0].model_copy(update={"reward": reward})
    return group.model_copy(update={"scores": (first, *group.scores[1:])})


def broken(learner, value=math.nan):
    """Put a number that is not finite into the model, as bad memory or an overflow would."""
    parameter = learner._engine._named_parameters()[3][1]
    with torch.no_grad():
        getattr(parameter, "ds_tensor", parameter).view(-1)[0] = value
    return learner


def assert_all_finite(learner, report):
    assert all(math.isfinite(value) for value in report.metrics.values()), report.metrics
    assert all(torch.isfinite(tensor).all() for tensor in weights_of(learner).values())


@pytest.mark.parametrize("logprob", [-100.0, -9999.0, -math.inf, math.inf, math.nan, 3.0])
@pytest.mark.parametrize("cap", [2.0, None])
def test_a_rollout_with_an_impossible_log_probability_is_left_out_and_counted(make_learner, logprob, cap):
    groups = scored_groups()
    bad = [with_one_token(groups[0], logprob), *groups[1:]]
    learner = make_learner(grpo={"importance_cap": cap, "beta": 0.01})
    learner.begin_phase("grpo", 3)
    report = learner.train_step(bad, 0)
    assert (report.version, report.num_refused, report.refusal) == (1, 1, None)
    assert report.metrics["num_rollouts"] == 3 + 4 + 2 + 3 - 1
    assert report.metrics["grad_norm"] > 0
    assert_all_finite(learner, report)


@pytest.mark.parametrize("reward", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("advantage", ["mean", "std", "batch", "leave_one_out"])
def test_a_group_with_a_reward_that_is_not_finite_is_left_out_and_counted(make_learner, reward, advantage):
    groups = scored_groups()
    learner = make_learner(grpo={"advantage": advantage})
    report = learner.train_step([with_rewards(groups[0], reward), *groups[1:]], 0)
    assert (report.version, report.num_refused, report.refusal) == (1, 3, None)
    assert_all_finite(learner, report)


def test_a_step_without_one_sound_rollout_is_refused(make_learner):
    learner = make_learner()
    before = weights_of(learner)
    report = learner.train_step([with_rewards(scored_group(0, [1.0, 0.0]), math.nan)], 1)
    assert (report.version, report.num_refused) == (1, 2)
    assert report.refusal == "all 2 rollouts have rewards or log-probabilities that are not finite"
    assert all(torch.equal(before[name], tensor) for name, tensor in weights_of(learner).items())


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_a_gradient_that_is_not_finite_is_refused_and_leaves_no_trace(make_learner, stage):
    # One learner meets a bad gradient between two good steps, one only the good ones: they end alike.
    ends = []
    for meets_it in (False, True):
        learner = make_learner(**stage)
        learner.begin_phase("grpo", 5)
        learner.train_step(scored_groups(0), 0)
        if meets_it:
            handle = learner._engine._named_parameters()[3][1].register_hook(lambda g: g * math.nan)
            report = learner.train_step(scored_groups(1), 1)
            handle.remove()
            assert (report.version, report.num_refused) == (1, 12)
            assert report.refusal is not None
            assert "grad_norm" in report.refusal
            assert "optimiser step 2 of grpo" in report.refusal
            assert all(map(math.isfinite, report.metrics.values()))
        assert learner.train_step(scored_groups(2), 1).version == 2
        ends.append(weights_of(learner))
        learner.close()
    for name, tensor in ends[0].items():
        torch.testing.assert_close(ends[1][name], tensor, atol=0, rtol=0, msg=name)


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_a_loss_that_is_not_finite_is_refused_and_leaves_no_trace(make_learner, stage):
    ends = []
    for meets_it in (False, True):
        learner = make_learner(**stage, grpo={"beta": 0.01})
        learner.begin_phase("grpo", 5)
        if meets_it:
            parameter = next(iter(learner._engine._reference.parameters()))
            parameter = getattr(parameter, "ds_tensor", parameter)
            sound = parameter.detach().clone()
            parameter.data.fill_(math.nan)
            report = learner.train_step(scored_groups(1), 0)
            parameter.data.copy_(sound)
            assert (report.version, report.num_refused) == (0, 12)
            assert "reference_kl nan, loss nan at optimiser step 1 of grpo" in (report.refusal or "")
        assert learner.train_step(scored_groups(2), 0).version == 1
        ends.append(weights_of(learner))
        learner.close()
    for name, tensor in ends[0].items():
        torch.testing.assert_close(ends[1][name], tensor, atol=0, rtol=0, msg=name)


@pytest.mark.parametrize(
    ("stage", "value"), [*((s, math.nan) for s in STAGES), (STAGES[0], math.inf)], ids=str
)
def test_a_policy_that_is_not_finite_takes_no_step_and_is_neither_published_nor_saved(
    make_learner, stage, value, tmp_path
):
    learner = broken(make_learner(**stage), value)
    report = learner.train_step(scored_groups(), 0)
    assert (report.version, report.num_refused) == (0, 12)
    assert report.refusal is not None
    assert all(map(math.isfinite, report.metrics.values()))
    with pytest.raises(NotFiniteError, match=r"1 of the policy's tensors.*nothing was published or saved"):
        learner.publish(1, 60_000)
    with pytest.raises(NotFiniteError):
        learner.save_hf(str(tmp_path / "hf"))
    with pytest.raises(NotFiniteError):
        learner.save_checkpoint(str(tmp_path / "checkpoint"), {})
    assert list(tmp_path.iterdir()) == []


def test_an_optimiser_that_is_not_finite_is_not_saved(make_learner, tmp_path):
    learner = make_learner()
    learner.train_step(scored_groups(), 0)
    next(iter(learner._engine._base_optimizer.state.values()))["exp_avg"][0] = math.nan
    with pytest.raises(NotFiniteError, match="exp_avg"):
        learner.save_checkpoint(str(tmp_path), {})


@pytest.mark.parametrize("stage", STAGES[:4], ids=str)
def test_a_supervised_step_that_is_not_finite_is_refused(make_learner, stage):
    report = broken(make_learner("sft", **stage)).sft_step(sft_rollouts(3), 2)
    assert (report.version, report.num_refused) == (2, 3)
    assert "optimiser step 1 of sft" in (report.refusal or "")


def test_updates_before_a_refused_one_stand(make_learner):
    learner = make_learner(grpo={"epochs": 3})
    learner.begin_phase("grpo", 5)
    calls = []

    def spoil_the_second_update(grad):
        calls.append(1)
        return grad * (math.nan if len(calls) == 2 else 1.0)

    parameter = learner._engine._named_parameters()[3][1]
    learner._config = learner._config.model_copy(update={"micro_batch_tokens": 4096})
    handle = parameter.register_hook(spoil_the_second_update)
    report = learner.train_step(scored_groups(), 0)
    handle.remove()
    assert (report.version, report.num_refused, report.metrics["refused_updates"]) == (1, 0, 1.0)
    assert learner._step == 3
    assert_all_finite(learner, report)


def test_a_token_a_hundred_nats_below_the_reference_leaves_the_step_finite(make_learner):
    learner = make_learner(grpo={"beta": 0.1})
    learner.begin_phase("grpo", 3)
    with torch.no_grad():
        # A reference so sure of itself that most of what was sampled is impossible under it, or far likelier.
        for parameter in learner._engine._reference.parameters():
            parameter.mul_(30.0)
    report = learner.train_step(scored_groups(), 0)
    assert report.refusal is None
    assert report.metrics["reference_kl"] > 10
    assert_all_finite(learner, report)


def test_sound_numbers_are_not_touched(make_learner):
    learner = make_learner()
    report = learner.train_step(scored_groups(), 0)
    assert (report.num_refused, report.refusal) == (0, None)
    assert np.isfinite(report.metrics["mismatch_max"])
