"""What the learner needs to know. Importing this loads neither torch nor deepspeed."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from actors.frozen import Settings

Momentum = Annotated[float, Field(ge=0, lt=1)]


class ScheduleConfig(Settings):
    """How the learning rate moves from its peak: `ScheduleConfig(kind="cosine", warmup_steps=10)`."""

    kind: Literal["constant", "linear", "cosine"] = "constant"
    """`constant` stays at the peak; the others fall to zero at the last training step."""
    warmup_steps: int = Field(default=0, ge=0)
    """Training steps in which the rate first rises from zero to its peak, in a straight line."""


class SftConfig(Settings):
    """Supervised fine-tuning on multi-turn traces."""

    epochs: int = Field(default=3, ge=1)
    """Passes over the traces."""
    batch_size: int = Field(default=32, ge=1)
    """Traces in one optimiser step, over all ranks."""
    lr: float = Field(default=1e-5, gt=0)
    """Learning rate of SFT at its peak."""
    schedule: ScheduleConfig = ScheduleConfig(kind="cosine", warmup_steps=10)
    """How the rate moves over the steps of SFT."""


class GrpoConfig(Settings):
    """Group-relative policy optimisation. The defaults are the `modern` preset."""

    lr: float = Field(default=1e-6, gt=0)
    """Learning rate of GRPO at its peak."""
    schedule: ScheduleConfig = ScheduleConfig()
    """How the rate moves over the steps of GRPO, all stages together."""
    advantage: Literal["mean", "std", "batch", "leave_one_out", "maxrl"] = "mean"
    """`mean` r - mean; `std` that over (std of the group + floor); `batch` that over (std of all rewards of the step +
    floor) (Lite PPO); `leave_one_out` r - mean of the siblings; `maxrl` r - mean, over the share of right siblings,
    which gives hard tasks more weight (MaxRL)."""
    std_floor: float = Field(default=1e-6, ge=0)
    """Added to the standard deviation; read by `std` and `batch` only."""
    requires_mixed_outcome: bool = True
    """Groups that are all correct or all wrong get zero advantage, whatever their shaping says."""
    loss: Literal["ppo", "cispo", "gspo"] = "ppo"
    """`ppo`: a token whose ratio is beyond the clip gets no gradient. `cispo`: every token keeps its gradient, weighted
    by its ratio, at most 1 + clip_high (MiniMax-M1; ScaleRL took a clip_high of 3 to 7). `gspo`: all tokens of a
    rollout have the geometric mean of their ratios and are clipped together (GSPO, with `sequence_mean`, a clip_low of
    3e-4 and a clip_high of 4e-4)."""
    clip_low: float = Field(default=0.2, gt=0, lt=1)
    """The ratio is clipped at 1 - clip_low; `cispo` does not read it."""
    clip_high: float = Field(default=0.28, gt=0)
    """The ratio is clipped at 1 + clip_high."""
    beta: float = Field(default=0.0, ge=0)
    """Weight of the KL penalty to the reference model; 0 keeps no reference model."""
    kl_estimator: Literal["k1", "k2", "k3"] = "k3"
    """How that penalty is estimated from what was sampled: `k1` logp - reference, as a cost in the reward; `k2` half
    its square, with the same gradient; `k3` as in GRPO, never negative, but with the gradient of KL(reference ||
    policy)."""
    aggregation: Literal["token_mean", "sequence_mean", "constant"] = "token_mean"
    """Every token counts the same, or every rollout does (the paper's 1/|y|), or every token counts 1 / constant_tokens
    of a rollout, however long the rollouts of the step are (Dr.GRPO)."""
    constant_tokens: int = Field(default=1024, ge=1)
    """Read by `constant` only: model tokens of a rollout that weighs as much as one does under the others."""
    denominator: Literal["all", "learning"] = "all"
    """Which rollouts the average is over. `all`: every rollout of the step, so that groups that are all right or all
    wrong make the others weigh less (GRPO, Search-R1). `learning`: only rollouts with an advantage, whose tokens weigh
    the same however many such groups there are (ScaleRL; DAPO reaches it by sampling until each group is mixed)."""
    importance_cap: float | None = Field(default=2.0, gt=0)
    """The ratio is taken to the policy at the start of the step, and each token is weighted by the probability under
    that policy over the probability when sampled, at most this (truncated importance sampling). null: the ratio is
    taken to the policy that sampled, unbounded for tokens of negative advantage (the paper)."""
    importance_level: Literal["token", "sequence"] = "token"
    """What that weight is of: each `token` by itself, or the whole rollout (`sequence`), whose weight is the product of
    its tokens' before the cap: without bias, and of little use where rollouts are long or far off."""
    overlong: Literal["keep", "mask", "soft"] = "keep"
    """Rollouts that a token limit cut off. `keep`: scored and learned from like any other. `mask`: left out of the
    loss, but not of their group's baseline (DAPO's overlong filtering). `soft`: longer and longer rollouts lose more
    and more reward over the last `reward.overlong_window` tokens before a limit (DAPO's soft overlong punishment)."""
    void_turns: Literal["keep", "mask"] = "keep"
    """Rollouts with a turn that has neither a complete script nor an answer; `mask` leaves them out of the loss, but
    not of their group's baseline (SimpleTIR)."""
    epochs: int = Field(default=1, ge=1)
    """Optimiser steps on one batch of groups, all at the learning rate of that training step."""

    @model_validator(mode="after")
    def _choices_are_read(self) -> Self:
        if self.importance_level == "sequence" and self.importance_cap is None:
            raise ValueError(
                "learner.grpo.importance_level=sequence, but with learner.grpo.importance_cap=null nothing is "
                "weighted: set importance_cap to a number (2) or importance_level to token"
            )
        if self.kl_estimator != "k3" and self.beta == 0:
            raise ValueError(
                f"learner.grpo.kl_estimator={self.kl_estimator}, but with learner.grpo.beta=0 there is no KL penalty: "
                "set beta above 0 or leave kl_estimator out"
            )
        return self


class LearnerConfig(Settings):
    """The policy learner: `LearnerConfig(dtype="bfloat16", num_ranks=2)`."""

    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """`auto` is bfloat16 on a GPU (with float32 master weights) and float32 on the CPU."""
    compute: Literal["auto", "float32", "bfloat16"] = "auto"
    """Precision of the model's body over float32 weights; the head's product is always float32. `auto` is bfloat16 on
    a CPU that has matrix instructions for it (AMX: twice as fast), else float32."""
    num_ranks: int = Field(default=1, ge=1)
    """Learner processes, one GPU each where there are GPUs."""
    num_threads: int = Field(default=0, ge=0)
    """CPU threads of a rank; 0 leaves torch's own choice."""
    backend: Literal["auto", "gloo", "nccl"] = "auto"
    """`auto` is nccl on a GPU and gloo on the CPU."""
    zero_stage: Literal["auto", 0, 1, 2, 3] = "auto"
    """DeepSpeed ZeRO: 1 shares optimiser state, 2 gradients too, 3 weights too. `auto` is 0 for one float32
    rank, which saves a second copy of the weights, and 2 otherwise."""
    micro_batch_tokens: int = Field(default=4096, ge=2)
    """Most tokens, padding included, in one forward pass; a longer rollout goes alone."""
    chunk_tokens: int = Field(default=512, ge=1)
    """Tokens whose logits over the vocabulary exist at one time."""
    share_prefix: Literal["auto", True, False] = "auto"
    """Siblings of a group go through the model in one row that holds their prompt once. `auto` shares where that is
    cheaper: short answers after a long prompt; long ones in one row cost more attention than the prompt saves. Never
    for models with sliding windows."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, about a third more computing."""
    betas: tuple[Momentum, Momentum] = (0.9, 0.95)
    """Decay of AdamW's running means of the gradient and of its square, per optimiser step."""
    weight_decay: float = Field(default=0.0, ge=0)
    """AdamW's decoupled decay: each optimiser step takes lr * weight_decay of every weight off it."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """The gradient of an optimiser step, over all parameters together, is scaled down to this norm."""
    seed: int = 0
    """Seed of everything random in the learner: dropout, where the model has any, and the order of SFT traces."""
    sft: SftConfig = SftConfig()
    """The first phase: supervised fine-tuning."""
    grpo: GrpoConfig = GrpoConfig()
    """The second phase: GRPO."""

    @model_validator(mode="after")
    def _stage_fits_dtype(self) -> Self:
        if self.zero_stage == 0 and self.dtype == "bfloat16":
            raise ValueError(
                "learner.zero_stage=0 with learner.dtype=bfloat16 would add up gradients in bfloat16: "
                "set zero_stage to 1, 2 or 3, or to auto"
            )
        return self


class LearnerRole(Settings):
    """What the rest of a run asks of the learner, no setting of its own: `LearnerRole(temperature=0.8)`."""

    temperature: float = Field(default=1.0, gt=0)
    """Log-probabilities are those of softmax(logits / temperature): the temperature that rollouts are sampled at."""
    max_staleness: int = Field(default=1, ge=0)
    """Most policy versions that a rollout's oldest token may be behind the policy that learns from it."""
    gives_memory_back: bool = False
    """Keep no memory of a GPU between two steps but for weights and optimiser: an engine takes it again."""
    publish_dtype: Literal["float32", "bfloat16", "float16"] | None = None
    """Precision of published weights: the engine's, since what it would round away need not be sent. None is the
    learner's own."""
