"""Our losses and advantages beside TRL's own, on the same rollouts and log-probabilities.

TRL's trainer is made without a model, data or engine: its own code turns rollouts, rewards and log-probabilities that
it is handed into a batch (`_generate_and_score_completions`) and that into a loss (`_compute_loss`). Left out where
TRL is not installed, which no lock of ours has: `pip install --no-deps --target FOLDER trl datasets multiprocess
xxhash`, and run with `PYTHONPATH=FOLDER`. Written against TRL 1.16.0.
"""

from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from actors.learning.config import GrpoConfig
from actors.learning.kl import kl_penalty
from actors.learning.losses import policy_loss
from actors.learning.samples import grpo_samples
from actors.records import EndReason, Source
from actors.rewards.rules import overlong_term
from tests.unit.actors.learner_cases import scored_group
from tests.unit.actors.rollout_cases import fixed, model_segment, rollout

REASON = "TRL is not there: pip install --no-deps --target FOLDER trl datasets multiprocess xxhash; PYTHONPATH=FOLDER"
trl_grpo = pytest.importorskip("trl.trainer.grpo_trainer", reason=REASON, exc_type=ImportError)

# Both compute in float64, but for the n / (n - 1) of a variance, which TRL rounds to float32: up to 3e-8 of each term,
# and of more where two terms of 1e-2 nearly cancel.
TOLERANCE = {"rtol": 1e-7, "atol": 1e-9}
GROUP_SIZE = 4
END, PADDING = 298, 299
REWARDS = ([1.0, 0.0, 0.0, 0.1], [1.1, 1.0, 0.0, 1.1], [0.0, 0.0, 0.1, 0.0])


class Trainer(trl_grpo.GRPOTrainer):
    """TRL's trainer over what it is handed: nothing is generated, and log-probabilities are looked up by model."""

    def __init__(self, groups, logps, **choices):
        samples = grpo_samples(groups, GrpoConfig(requires_mixed_outcome=False))
        self.samples, self.rewards = samples, [s.reward for g in groups for s in g.scores]
        self.old, self.ref_model = (
            SimpleNamespace(training=True, is_gradient_checkpointing=False) for _ in range(2)
        )
        self.new, self.model = SimpleNamespace(), self.old
        self.logps = {
            id(self.old): logps["old"],
            id(self.new): logps["new"],
            id(self.ref_model): logps["reference"],
        }
        self.accelerator = SimpleNamespace(
            device="cpu",
            num_processes=1,
            process_index=0,
            gather=lambda x: x,
            reduce=lambda x, reduction: x,
        )
        self.args = SimpleNamespace(
            steps_per_generation=1,
            gradient_accumulation_steps=1,
            gradient_checkpointing_kwargs=None,
            per_device_train_batch_size=len(samples),
            delta=None,
            use_bias_correction_kl=False,
        )
        self._tokenizer = SimpleNamespace(pad_token_id=PADDING)
        self.eos_token_ids = [END]
        self._metrics = {"train": defaultdict(list)}
        self._logs = defaultdict(list) | {"rewards": defaultdict(list), "extra": defaultdict(list)}
        self._pending_extra_logs, self._pending_metrics = {}, {}
        self.reward_func_names, self.reward_weights = ["reward"], torch.ones(1, dtype=torch.float64)
        self.tools = self.environments = self.environment_factories = self.pad_to_multiple_of = None
        self.num_generations, self.num_iterations = GROUP_SIZE, 1
        self.current_gradient_accumulation_steps = 1
        self.multi_objective_aggregation = "sum_then_normalize"
        self.use_vllm = self.vllm_importance_sampling_correction = True
        self.vllm_importance_sampling_clip_min, self.vllm_importance_sampling_clip_max = None, 2.0
        self.off_policy_mask_threshold, self.top_entropy_quantile = None, 1.0
        self._entropy_bonus_enabled = self.aux_loss_enabled = self.log_multimodal = False
        for name, value in {**DEFAULTS, **choices}.items():
            setattr(self, name, value)

    def _generate(self, prompts):
        samples = self.samples
        responses = [s.response_T.tolist() for s in samples]
        masks = [s.in_loss_T.astype(int).tolist() for s in samples]
        sampled = [s.behaviour_T.tolist() for s in samples]
        return [s.prompt_P.tolist() for s in samples], responses, masks, prompts, sampled, {}, None, None

    def _calculate_rewards(self, *args):
        return torch.tensor(self.rewards, dtype=torch.float64)[:, None]

    def _get_per_token_logps_and_entropies(self, model, *args, **kwargs):
        logp_BT = self.logps[id(model)]
        return logp_BT, torch.zeros_like(logp_BT), None

    def loss(self):
        batch = self._generate_and_score_completions([{"prompt": "q"} for _ in self.samples])
        return self._compute_loss(self.new, batch)


DEFAULTS = {
    # Of the trainer above, where a case names no other.
    "beta": 0.0,
    "loss_type": "dapo",
    "scale_rewards": "none",
    "importance_sampling_level": "token",
    "vllm_importance_sampling_mode": "token_truncate",
    "epsilon_low": 0.2,
    "epsilon_high": 0.28,
    "max_completion_length": 50,
    "mask_truncated_completions": False,
}


def case(seed):
    """Three groups of four, two of them of unlike rewards, and log-probabilities of their tokens under three models."""
    groups = [scored_group(i, rewards, seed=seed) for i, rewards in enumerate(REWARDS)]
    samples = grpo_samples(groups, GrpoConfig())
    size = (len(samples), max(len(s.response_T) for s in samples))
    generator = torch.Generator().manual_seed(seed)

    def noise(scale):
        return torch.randn(size, generator=generator, dtype=torch.float64) * scale

    behaviour_BT = torch.zeros(size, dtype=torch.float64)
    for row_T, sample in zip(behaviour_BT, samples, strict=True):
        row_T[: len(sample.response_T)] = torch.from_numpy(sample.behaviour_T)
    # Off by so much that clip and cap act on many tokens, and not on all.
    old_BT = behaviour_BT + noise(0.3)
    new_BT = (old_BT + noise(0.3)).requires_grad_()
    return groups, {"old": old_BT, "new": new_BT, "reference": old_BT + noise(0.5)}


def our_loss(groups, logps, grpo):
    samples = grpo_samples(groups, grpo)

    def of(array_BT):
        parts = [
            row_T[: len(s.response_T)][torch.from_numpy(s.in_loss_T)]
            for row_T, s in zip(array_BT, samples, strict=True)
        ]
        return torch.cat(parts)

    counts = torch.tensor([s.num_in_loss for s in samples])
    behaviour_T = torch.from_numpy(np.concatenate([s.behaviour_T[s.in_loss_T] for s in samples])).double()
    adv_T = torch.tensor([s.advantage for s in samples], dtype=torch.float64).repeat_interleave(counts)
    weight_T = torch.tensor([s.weight for s in samples], dtype=torch.float64).repeat_interleave(counts)
    sequence_T = torch.tensor([s.index for s in samples]).repeat_interleave(counts)
    new_T = of(logps["new"])
    loss = policy_loss(new_T, behaviour_T, adv_T, weight_T, grpo, of(logps["old"]), sequence_T)
    if grpo.beta:
        loss = loss + grpo.beta * kl_penalty(new_T, of(logps["reference"]), weight_T, grpo.kl_estimator)
    return loss


def assert_alike(groups, logps, ours, theirs):
    our = our_loss(groups, logps, GrpoConfig(requires_mixed_outcome=False, std_floor=1e-4, **ours))
    their = Trainer(groups, logps, **theirs).loss()
    our_grad_BT, their_grad_BT = (torch.autograd.grad(loss, logps["new"])[0] for loss in (our, their))
    assert our_grad_BT.abs().max() > 1e-4
    torch.testing.assert_close(our, their, **TOLERANCE)
    torch.testing.assert_close(our_grad_BT, their_grad_BT, **TOLERANCE)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"aggregation": "sequence_mean"}, {"loss_type": "grpo"}),
        ({"aggregation": "constant", "constant_tokens": 50}, {"loss_type": "dr_grpo"}),
        # TRL's upper bound is that of the weight, ours its distance from 1.
        ({"loss": "cispo", "clip_high": 0.5}, {"loss_type": "cispo", "epsilon_high": 1.5}),
        (
            {"loss": "gspo", "aggregation": "sequence_mean", "clip_low": 0.05, "clip_high": 0.05},
            {
                "loss_type": "grpo",
                "importance_sampling_level": "sequence",
                "epsilon_low": 0.05,
                "epsilon_high": 0.05,
            },
        ),
        ({"loss": "gspo"}, {"importance_sampling_level": "sequence"}),
        ({"advantage": "std"}, {"scale_rewards": "group"}),
        ({"advantage": "batch"}, {"scale_rewards": "batch"}),
        ({"importance_level": "sequence"}, {"vllm_importance_sampling_mode": "sequence_truncate"}),
        ({"importance_cap": 1.1}, {"vllm_importance_sampling_clip_max": 1.1}),
        ({"beta": 0.1}, {"beta": 0.1}),
        (
            {
                "loss": "gspo",
                "advantage": "batch",
                "aggregation": "sequence_mean",
                "importance_level": "sequence",
                "beta": 0.1,
            },
            {
                "loss_type": "grpo",
                "importance_sampling_level": "sequence",
                "scale_rewards": "batch",
                "vllm_importance_sampling_mode": "sequence_truncate",
                "beta": 0.1,
            },
        ),
    ],
    ids=lambda choices: "-".join(map(str, choices.values())) or "defaults",
)
def test_loss_and_gradient_are_those_of_trl(ours, theirs, seed):
    assert_alike(*case(seed), ours, theirs)


@pytest.mark.parametrize("seed", range(5))
def test_without_rollouts_that_a_limit_cut_off_loss_and_gradient_are_those_of_trl(seed):
    groups, logps = case(seed)
    ended = [ended_as(group, cut=(i + seed) % GROUP_SIZE) for i, group in enumerate(groups)]
    assert_alike(ended, logps, {"overlong": "mask"}, {"mask_truncated_completions": True})


def ended_as(group, cut):
    """The group with one rollout cut off at its limit; the others end with the token that closes a turn."""
    rollouts = list(group.group.rollouts)
    for i, held in enumerate(rollouts):
        last = held.segments[-1]
        ids = last.token_ids.copy()
        ids[-1] = 1 if i == cut else END
        rollouts[i] = held.model_copy(
            update={
                "segments": (*held.segments[:-1], last.model_copy(update={"token_ids": ids})),
                "end_reason": EndReason.ROLLOUT_TOKENS if i == cut else EndReason.ANSWER,
            }
        )
    return group.model_copy(update={"group": group.group.model_copy(update={"rollouts": tuple(rollouts)})})


@given(length=st.integers(1, 120), window=st.integers(1, 99))
def test_the_penalty_of_one_turn_for_its_length_is_that_of_trl(length, window):
    from trl.rewards import get_soft_overlong_punishment

    one_turn = rollout([]).model_copy(
        update={
            "segments": (fixed(Source.PROMPT), model_segment("So <<<6>>>", length)),
            "end_reason": EndReason.ANSWER,
        }
    )
    ours = overlong_term(one_turn, 1.0, window=window, max_turn_tokens=100, max_rollout_tokens=10_000)
    assert [ours] == pytest.approx(get_soft_overlong_punishment(100, window)([[1] * length]))
