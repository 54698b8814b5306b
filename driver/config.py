"""One run, as data: every folder's own settings composed, and the rules that hold across them.

Importing this loads neither ray nor torch. Unknown keys are refused with the nearest right name.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from actors.endpoints.config import EndpointConfig
from actors.engines.config import EngineConfig
from actors.episodes.config import RolloutConfig
from actors.frozen import Settings
from actors.learning.config import LearnerConfig, LearnerRole
from actors.rewards.config import RewardConfig, RewardRole
from curriculum.config import CurriculumConfig
from curriculum.tasks.config import TaskSetConfig
from driver.budget import BudgetConfig
from driver.phases.traces.config import SynthesisConfig
from sandbox_service.config import SandboxConfig

_ENDPOINT = "endpoint:"


class PotentialConfig(Settings):
    """How improvement potential 4p(1-p) is measured on the SFT model."""

    samples: int = Field(default=20, ge=2)
    """Rollouts for each task and agent, from which the success rate p is estimated."""
    settled_width: float = Field(default=0.0, ge=0, lt=1)
    """Stop sampling a task before `samples` once a 90 % interval of p is no wider than this; looked at after each
    quarter. 0 takes all samples of all tasks."""
    agents: tuple[str, ...] = Field(default=("code_agent",), min_length=1)
    """Ways of answering; the first must be `rollout.agent`, the one that RL uses. Counts are kept apart."""
    counts: Literal["own", "pooled"] = "own"
    """Whose success rate orders the tasks: `own`, that of the agent that RL uses; `pooled`, all agents' together (the
    paper), which calls a task promising that one agent always solves and another never does."""
    temperatures: tuple[Annotated[float, Field(ge=0)], ...] = Field(default=(1.0,), min_length=1)
    """Sampling temperatures of these rollouts, handed out in turn; 0 would make all of a task's the same."""


class TrainingConfig(Settings):
    """The GRPO loop around the learner."""

    groups_per_step: int = Field(default=16, ge=1)
    """Groups that one optimiser step learns from."""
    max_staleness: int = Field(default=1, ge=0)
    """Policy versions that a rollout may be behind: 0 waits for every update, 1 generates the next step's rollouts
    while the learner computes."""
    refill: bool = True
    """Replace groups whose rollouts are all right or all wrong: they teach nothing."""
    max_refill_factor: float = Field(default=3.0, ge=1)
    """At most this many times `groups_per_step` groups are generated for one step; then it takes what is there."""
    checkpoint_every: int = Field(default=10, ge=1)
    """Steps from one checkpoint to the next; a run that is killed repeats at most so many."""
    keep_checkpoints: int = Field(default=2, ge=1)
    """How many of the newest checkpoints are kept; older ones are deleted."""
    bucket_mib: int = Field(default=128, ge=1)
    """Size in MiB of one weight bucket in the object store: weights are published in pieces of this size."""


class EvaluationConfig(Settings):
    """Accuracy on items that were not trained on, for each of the policies."""

    temperature: float = Field(default=0.6, ge=0)
    """Sampling temperature while policies are evaluated; the paper's is 0.6."""
    policies: tuple[Literal["base", "sft", "grpo"], ...] = ("base", "sft", "grpo")
    """Policies to evaluate: the model as given, after SFT, and after GRPO."""
    agents: tuple[str, ...] = Field(default=("code_agent",), min_length=1)
    """Agents that each policy answers with; the first must be `rollout.agent`."""
    samples: int = Field(default=1, ge=1)
    """Rollouts of each policy and agent for each task; accuracy is the mean over them."""
    items: int | None = Field(default=None, ge=1)
    """Most tasks of each family that are asked, the first ones; null asks all."""
    alone: bool = False
    """Evaluate the model as given and do nothing else: no learner, no phase that trains."""

    @model_validator(mode="after")
    def _alone_there_is_one_policy(self) -> "EvaluationConfig":
        if self.alone and self.policies != ("base",):
            raise ValueError(
                f"with alone=true nothing is trained, but policies={list(self.policies)}: set policies=[base]"
            )
        return self


class PlacementConfig(Settings):
    """Which actors run, how many of each, and what each reserves of the cluster."""

    rollout_workers: int = Field(default=1, ge=1)
    """Rollout workers, each with a generation engine of its own."""
    gpus_per_rollout_worker: float = Field(default=0, ge=0)
    """GPUs that one rollout worker reserves; 0 runs its engine on the CPU; 0.5 leaves half a GPU to the learner."""
    gpus_per_learner_rank: float = Field(default=0, ge=0, le=1)
    """GPUs that one learner rank reserves; 0 runs it on the CPU; 0.5 leaves half a GPU to a rollout worker."""
    sandbox_executors: int = Field(default=1, ge=1)
    """Sandbox actors at the start, one per node that runs scripts; there are never fewer."""
    max_sandbox_executors: int | None = Field(default=None, ge=1)
    """Most sandbox actors; between this and `sandbox_executors` their number follows the backlog. null keeps it
    at `sandbox_executors`."""
    sandbox_scale_up_backlog: float = Field(default=2.0, gt=0)
    """Scripts that wait per sandbox worker above which more sandbox actors are asked for."""
    sandbox_idle_s: float = Field(default=60.0, gt=0)
    """Seconds without a script after which a sandbox actor above the minimum is ended."""
    sandbox_cpus: int = Field(default=1, ge=0)
    """CPUs that one sandbox actor reserves."""
    use_sandbox_resource: bool = False
    """Place sandbox actors by the custom resource `sandbox`, as in cluster.yaml."""
    object_store_gib: float | None = Field(default=None, gt=0.1)
    """Memory of the object store where the run starts a cluster of its own; null is Ray's choice, a third of all."""
    min_memory_gib: float = Field(default=8.0, gt=0)
    """Memory that must be free on each machine that a learner rank or a rollout worker may come to."""
    nodes_s: float = Field(default=900.0, ge=0)
    """In a cluster that others started: longest wait, in seconds, for nodes that still boot."""

    @model_validator(mode="after")
    def _sandbox_bounds_are_in_order(self) -> "PlacementConfig":
        if self.most_sandbox_executors < self.sandbox_executors:
            raise ValueError(
                f"max_sandbox_executors={self.max_sandbox_executors} is below sandbox_executors="
                f"{self.sandbox_executors}: raise the first or lower the second"
            )
        return self

    @model_validator(mode="after")
    def _shares_of_gpus_can_be_given(self) -> "PlacementConfig":
        gpus = self.gpus_per_rollout_worker
        if gpus > 1 and gpus != int(gpus):
            raise ValueError(
                f"gpus_per_rollout_worker={gpus:g}: a share of a GPU is below 1, and more than one GPU are whole ones"
            )
        return self

    @property
    def shares_gpu(self) -> bool:
        """Whether a rollout worker and a learner rank may come to lie on one GPU."""
        return 0 < self.gpus_per_rollout_worker < 1 and 0 < self.gpus_per_learner_rank < 1

    @property
    def most_sandbox_executors(self) -> int:
        """`max_sandbox_executors`, or what null means."""
        return self.max_sandbox_executors or self.sandbox_executors


class RecoveryConfig(Settings):
    """What is borne, for how long and how often, before a fault of ours ends the run."""

    attempts: int = Field(default=3, ge=1)
    """How often a script, a group, a score or a load of weights is tried in all, where each failure is ours. Then a
    script ends as `infrastructure`, a group is dropped and counted, and what cannot be left out ends the run."""
    replacements_per_hour: int = Field(default=6, ge=0)
    """Actors of one role (rollout workers, scorer, curriculum) that are started anew within one hour. With none left
    the run goes on with those that live, and ends when none does."""
    lost_groups: int = Field(default=3, ge=0)
    """Lost groups (fewer than two rollouts that did not fail on our side) that are always borne: in a row while
    training, all together while a phase measures. One more ends the run, if `lost_share` is passed too."""
    lost_share: float = Field(default=0.1, ge=0, le=1)
    """Share of a step's groups, or of all groups of a phase that measures, that may be lost."""
    refused_steps: int = Field(default=3, ge=1)
    """Optimiser steps in a row that the learner refused, for numbers that are not finite, at which the run ends."""
    start_s: float = Field(default=1800.0, gt=0)
    """Longest that an actor may take to start, waiting for its node included, in seconds."""
    load_s: float = Field(default=600.0, gt=0)
    """Longest that a rollout worker may take to load a policy, in seconds."""
    token_s: float = Field(default=1.0, gt=0)
    """Longest that one token of one rollout takes on average, in seconds. The deadline of a group is
    `rollout.max_rollout_tokens` at this pace, all its scripts at their limit, and `script_wait_s`."""
    script_wait_s: float = Field(default=1800.0, gt=0)
    """Seconds without a result from any sandbox executor after which waiting scripts are given up; a new machine may
    take ten minutes."""
    learner_s: float = Field(default=3600.0, gt=0)
    """Longest that one step, one publication or one checkpoint of the learner may take, in seconds."""
    call_s: float = Field(default=120.0, gt=0)
    """Longest that a short call (tasks for a step, an outcome, the time around a check) may take, in seconds."""


class RunConfig(Settings):
    """A whole run: SFT, improvement potential, staged GRPO, evaluation, report."""

    name: str = Field(default="run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Tag of the run in the dashboard and in the metrics."""
    method: Literal["modern", "paper"] = "modern"
    """Choices beneath the config's own: `modern`, what later evidence favours, or `paper`, faithful to it
    (`driver/configs/methods/`; docs/paper.md has both beside each other)."""
    folder: Path = Path("runs/run")
    """Where everything the run makes is kept."""
    model: str = "HuggingFaceTB/SmolLM2-135M-Instruct"
    """A folder, a model that an installed package carries, or a hub name; `endpoint:NAME` is a model at `endpoint`,
    which can be evaluated alone."""
    tasks: TaskSetConfig = TaskSetConfig()
    """Which families of tasks to train and evaluate on, and how many tasks of each."""
    synthesis: SynthesisConfig = SynthesisConfig()
    """Where the traces for SFT come from."""
    potential: PotentialConfig = PotentialConfig()
    """How improvement potential is measured."""
    curriculum: CurriculumConfig = CurriculumConfig()
    """Which tasks GRPO trains on next: stages or another policy, and how tasks are sampled."""
    rollout: RolloutConfig = RolloutConfig()
    """How a rollout is held: instructions, limits, sampling."""
    endpoint: EndpointConfig = EndpointConfig()
    """A server that is asked for answers to evaluate, or as a teacher for SFT."""
    engine: EngineConfig = EngineConfig()
    """The engine that generates the model's turns."""
    sandbox: SandboxConfig = SandboxConfig()
    """The sandbox that runs the model's scripts."""
    reward: RewardConfig = RewardConfig()
    """What a rollout is paid for."""
    learner: LearnerConfig = LearnerConfig()
    """The learner: precision, ranks, SFT and GRPO updates."""
    training: TrainingConfig = TrainingConfig()
    """The GRPO loop around the learner: groups, staleness, checkpoints."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """Accuracy of the policies on tasks that were not trained on."""
    budget: BudgetConfig = BudgetConfig()
    """What the phases are planned to take, in tokens and minutes."""
    recovery: RecoveryConfig = RecoveryConfig()
    """How many faults of our own side are borne before the run ends."""
    placement: PlacementConfig = PlacementConfig()
    """Actors, and the CPUs, GPUs and memory they reserve."""

    @model_validator(mode="after")
    def _rules_across_sections(self) -> "RunConfig":
        if self.engine.max_model_len < self.rollout.max_rollout_tokens:
            raise ValueError(
                f"engine.max_model_len={self.engine.max_model_len} is below rollout.max_rollout_tokens="
                f"{self.rollout.max_rollout_tokens}: raise the first or lower the second"
            )
        for key, agents in (
            ("potential.agents", self.potential.agents),
            ("evaluation.agents", self.evaluation.agents),
        ):
            if agents[0] != self.rollout.agent:
                raise ValueError(
                    f"{key} begins with {agents[0]!r} but rollout.agent is {self.rollout.agent!r}: put the agent that "
                    "RL uses first"
                )
            if len(set(agents)) < len(agents):
                raise ValueError(f"{key}={list(agents)} names an agent twice: name each once")
        return self

    @model_validator(mode="after")
    def _overlong_rollouts_are_treated_in_one_way(self) -> "RunConfig":
        choice, window = self.learner.grpo.overlong, self.reward.overlong_window
        if choice != "soft":
            if window is not None:
                raise ValueError(
                    f"reward.overlong_window={window}, but learner.grpo.overlong={choice} has no penalty that would "
                    "grow: set learner.grpo.overlong to soft or leave reward.overlong_window out"
                )
            return self
        if window is None:
            raise ValueError(
                "learner.grpo.overlong=soft does not say how many tokens before a limit the penalty begins: set "
                "reward.overlong_window"
            )
        if self.reward.shaping == "none":
            raise ValueError(
                "learner.grpo.overlong=soft is a shaping term, but reward.shaping=none adds no shaping anywhere: set "
                "reward.shaping to mixed_groups or always (and reward.format and reward.turn_penalty to 0 for it alone)"
            )
        if window >= self.rollout.max_turn_tokens:
            raise ValueError(
                f"reward.overlong_window={window} is not below rollout.max_turn_tokens="
                f"{self.rollout.max_turn_tokens}, so every turn would be penalised: lower the first or raise the second"
            )
        return self

    @model_validator(mode="after")
    def _only_who_shares_a_gpu_sleeps(self) -> "RunConfig":
        if self.engine.sleeps and not self.placement.shares_gpu:
            raise ValueError(
                "engine.sleeps=true gives memory to a learner on the same GPU, but with gpus_per_rollout_worker="
                f"{self.placement.gpus_per_rollout_worker:g} and gpus_per_learner_rank="
                f"{self.placement.gpus_per_learner_rank:g} none is shared: set both below 1, or leave it false"
            )
        return self

    @model_validator(mode="after")
    def _endpoints_are_asked_where_they_can_be(self) -> "RunConfig":
        if self.endpoint_model is not None and not self.evaluation.alone:
            raise ValueError(
                f"model={self.model} gives text and no tokens, so it cannot be trained: evaluate it alone "
                f"(`python -m driver evaluate {self.model} --out FOLDER`), or name it as synthesis.teacher"
            )
        asked = self.endpoint_model or self.synthesis.teacher
        if asked is not None and self.endpoint.base_url is None:
            raise ValueError(
                f"{asked} is to be asked, but endpoint.base_url is null: set it, such as http://localhost:8000/v1"
            )
        return self

    @model_validator(mode="after")
    def _nothing_is_capped_in_silence(self) -> "RunConfig":
        rollout, sandbox = self.rollout, self.sandbox
        caps = {
            "rollout.execution_timeout_s": (
                rollout.execution_timeout_s,
                "sandbox.timeout_s",
                sandbox.timeout_s,
            ),
            "rollout.execution_memory_mib": (
                rollout.execution_memory_mib,
                "sandbox.memory_mib",
                sandbox.memory_mib,
            ),
            "rollout.max_observation_chars": (
                rollout.max_observation_chars,
                "sandbox.output_bytes",
                sandbox.output_bytes,
            ),
            "rollout.max_turn_tokens": (
                rollout.max_turn_tokens,
                "rollout.max_rollout_tokens",
                rollout.max_rollout_tokens,
            ),
            "sandbox.output_bytes": (
                sandbox.output_bytes,
                "sandbox.output_kill_bytes",
                sandbox.output_kill_bytes,
            ),
            "sandbox.file_mib": (sandbox.file_mib, "sandbox.scratch_mib", sandbox.scratch_mib),
        }
        for asked, (value, bound, limit) in caps.items():
            if value > limit:
                raise ValueError(
                    f"{asked}={value:g} is above {bound}={limit:g} and would never be reached: lower the first or "
                    "raise the second"
                )
        return self

    @property
    def endpoint_model(self) -> str | None:
        """Name at the endpoint of the model to evaluate; None where the model is one of ours."""
        return self.model.removeprefix(_ENDPOINT) if self.model.startswith(_ENDPOINT) else None

    @property
    def num_steps(self) -> int:
        """GRPO steps over all stages."""
        return sum(self.curriculum.steps_per_stage)

    @property
    def reward_role(self) -> RewardRole:
        """What the other sections ask of the scorer."""
        return RewardRole(
            penalises_overlong=self.learner.grpo.overlong == "soft",
            max_turn_tokens=self.rollout.max_turn_tokens,
            max_rollout_tokens=self.rollout.max_rollout_tokens,
        )

    @property
    def learner_role(self) -> LearnerRole:
        """What the other sections ask of the learner."""
        return LearnerRole(
            temperature=self.rollout.temperature,
            max_staleness=self.training.max_staleness,
            publish_dtype=self.engine.dtype,
            gives_memory_back=self.engine.sleeps,
        )
