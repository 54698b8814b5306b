"""Turns scored groups into a better policy, and publishes it. One process per rank.

Every rank is called with the same arguments: it takes its own share of the micro-batches and joins the others
in gathers and sums. Averages run over the whole batch whatever the ranks and micro-batches, so their number
changes nothing but time and memory. A step whose numbers are not finite is refused by all ranks and changes nothing.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from actors.engines.rendezvous import Rendezvous
from actors.errors import LearnerError
from actors.learning.batches import MicroBatch, micro_batches, packed_rows
from actors.learning.config import LearnerConfig, LearnerRole
from actors.learning.samples import Sample, grpo_samples, plain_samples, refuse_stale
from actors.learning.schedule import learning_rate
from actors.learning.totals import Totals
from actors.records import Rollout, ScoredGroup, SftRollout, StepReport, WeightManifest

if TYPE_CHECKING:
    from torch import Tensor

    from actors.engines.deepspeed_engine import DeepSpeedEngine
    from actors.weights.plan import BucketPlan

Phase = Literal["sft", "grpo"]
_KIB_PER_MIB = 1024


class PolicyLearner:
    """One rank of the learner.

    Example: `learner = PolicyLearner(config, LearnerRole(), rank=0, world_size=1)`, `learner.setup(*learner.address(),
    "models/smollm2", "grpo")`, then `report = learner.train_step(groups, version=0)` and
    `manifest, *buckets = learner.publish(report.version, 64 << 20)`.
    """

    def __init__(
        self,
        config: LearnerConfig,
        role: LearnerRole,
        rank: int,
        world_size: int,
        local: Callable[[str], str] = str,
    ) -> None:
        """Loads nothing yet.

        Args:
            config: how it learns.
            role: what the rest of the run asks of it.
            rank: number of this process.
            world_size: number of all of them.
            local: from a model's folder that the driver names to the one on this machine.
        """
        self._local = local
        self._config, self._role, self._rank, self._world_size = config, role, rank, world_size
        self._phase: Phase | None = None
        # Optimiser steps done, training steps to do.
        self._step, self._total_steps = 0, 1
        self._model_path = ""
        self._is_changed = False
        self._rendezvous = Rendezvous()
        self._open_engine: DeepSpeedEngine | None = None

    def address(self) -> tuple[str, int]:
        """This machine's address and a port that this process holds for rank 0: there all ranks meet."""
        return self._rendezvous.address()

    def setup(self, master_addr: str, master_port: int, model_path: str, phase: Phase) -> None:
        """Meet the other ranks, load the model, begin a phase; a model loaded before is freed first."""
        from actors.engines.deepspeed_engine import DeepSpeedEngine

        if self._open_engine is not None:
            self._open_engine.close()
        model_path = self._local(model_path)
        self._model_path, self._is_changed = model_path, False
        self._open_engine = DeepSpeedEngine(self._config, self._rank, self._world_size)
        self._open_engine.start(self._rendezvous, master_addr, master_port, model_path)
        self.begin_phase(phase, total_steps=1)

    def begin_phase(self, phase: Phase, total_steps: int, reference_path: str | None = None) -> None:
        """Start a phase with a fresh optimiser and its own learning rate.

        Args:
            phase: `sft` or `grpo`.
            total_steps: training steps to come, for the learning rate's course.
            reference_path: the model the KL penalty refers to; by default the one given to `setup`.
        """
        self._phase, self._step, self._total_steps = phase, 0, total_steps
        self._engine.reset_optimizer()
        if phase == "grpo" and self._config.grpo.beta > 0:
            if reference_path is None and self._is_changed:
                raise LearnerError(
                    "the policy has changed since setup, so the model given there is no reference for it: "
                    "call save_hf and give begin_phase that folder as reference_path"
                )
            path = self._model_path if reference_path is None else self._local(reference_path)
            self._engine.load_reference(path)

    def sft_step(self, rollouts: Sequence[SftRollout], version: int = 0) -> StepReport:
        """One supervised step on all these traces; the report's version is `version` + 1."""
        from actors.learning.losses import negative_log_likelihood

        self._require_phase("sft")
        started = time.perf_counter()
        samples = plain_samples(rollouts)
        totals = Totals()
        for batch in self._share(samples):
            logp_N, entropy_N = self._engine.forward(batch, 1.0)
            loss = negative_log_likelihood(logp_N, self._engine.tensor(batch.targets.weight_N))
            self._engine.backward(loss)
            totals.add(
                batch.num_tokens,
                whole={"loss": float(loss.detach())},
                per_token={"entropy": float(entropy_N.sum())},
            )
        metrics, refusal = self._stepped(totals)
        return self._report(version, metrics, samples, started, refusal=refusal)

    def train_step(self, groups: Sequence[ScoredGroup], version: int) -> StepReport:
        """One GRPO step (`grpo.epochs` updates of it) from version `version` to `version` + 1.

        Rollouts with impossible numbers are left out; a step that is not finite without them is refused whole.

        Raises:
            StaleRolloutError: a rollout's oldest token is more than `max_staleness` versions behind.
        """
        self._require_phase("grpo")
        started = time.perf_counter()
        grpo = self._config.grpo
        refuse_stale(groups, version=version, max_staleness=self._role.max_staleness)
        samples = grpo_samples(groups, grpo)
        num_refused = sum(len(group.group.rollouts) for group in groups) - len(samples)
        # A rollout without advantage has no gradient without a KL penalty: it only counts in the average.
        learning = [s for s in samples if not s.is_left_out and (s.advantage != 0.0 or grpo.beta > 0)]
        metrics: dict[str, float] = {}
        refusal: str | None = (
            f"all {num_refused} rollouts have rewards or log-probabilities that are not finite"
        )
        if samples or not num_refused:
            metrics, refusal = self._updated(learning)
        metrics["left_out_rollouts"] = float(sum(s.is_left_out for s in samples))
        metrics["skipped_rollouts"] = float(len(samples) - len(learning))
        metrics["advantage_abs"] = float(np.mean([abs(s.advantage) for s in samples])) if samples else 0.0
        return self._report(version, metrics, samples, started, refusal=refusal, num_refused=num_refused)

    def train_on(self, version: int, *groups: ScoredGroup) -> StepReport:
        """`train_step` with each group an argument of its own, so that each may be a reference."""
        return self.train_step(groups, version)

    def num_buckets(self, bucket_bytes: int) -> int:
        """How many buckets `publish` returns after the manifest."""
        return len(self._plan(bucket_bytes).bucket_bytes)

    def publish(self, version: int, bucket_bytes: int) -> tuple[WeightManifest | np.ndarray, ...]:
        """(manifest, bucket 0, bucket 1, ...) on rank 0, () on the others, which take part in the gathers.

        Raises:
            NotFiniteError: on all ranks, where a weight is not a finite number.
        """
        from actors.weights.buckets import checksum, manifest_of, packed

        self._engine.refuse_not_finite()
        plan = self._plan(bucket_bytes)
        buckets = []
        for index, num_bytes in enumerate(plan.bucket_bytes):
            specs = plan.of_bucket(index)
            with self._engine.gathered([spec.name for spec in specs]) as tensors:
                if self._rank == 0:
                    buckets.append(packed(specs, tensors, num_bytes))
        if self._rank != 0:
            return ()
        return (manifest_of(version, plan, [checksum(b) for b in buckets]), *buckets)

    def log_probs(
        self, rollouts: Sequence[Rollout | SftRollout], temperature: float = 1.0
    ) -> list[np.ndarray]:
        """Log-probabilities (float32) of each rollout's model tokens, end to end, all on every rank."""
        import torch

        samples = plain_samples(rollouts)
        result = [np.zeros(s.num_in_loss, np.float32) for s in samples]
        with torch.no_grad():
            for batch in self._batches(samples, num_ranks=1)[0]:
                logp_N = self._engine.forward(batch, temperature)[0].cpu().numpy()
                for index in np.unique(batch.targets.sample_N[batch.targets.sample_N >= 0]):
                    result[index] = logp_N[batch.targets.sample_N == index]
        return result

    def save_checkpoint(self, folder: str, state: dict[str, Any]) -> None:
        """Everything needed to go on: weights, optimiser, place in the phase, and the caller's `state`."""
        own = {"phase": self._phase, "step": self._step}
        self._engine.save_checkpoint(folder, {"state": {"learner": own, "caller": state}})

    def load_checkpoint(self, folder: str) -> dict[str, Any]:
        """Go on, in a phase that has begun, from what `save_checkpoint` wrote; the caller's `state` is returned."""
        state = self._engine.load_checkpoint(folder)
        self._require_phase(state["learner"]["phase"])
        self._step, self._is_changed = state["learner"]["step"], True
        caller: dict[str, Any] = state["caller"]
        return caller

    def save_hf(self, folder: str) -> None:
        """Write the policy as a folder that transformers and vLLM load."""
        self._engine.save_hf(folder)

    def memory_mib(self) -> float:
        """Most memory this process has held, in MiB."""
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB

    def close(self) -> None:
        """Free the model; `setup` may be called again."""
        if self._open_engine is not None:
            self._open_engine.close()
            self._open_engine = None
        self._rendezvous.close()

    def _updated(self, samples: Sequence[Sample]) -> tuple[dict[str, float], str | None]:
        """All updates of one training step; metrics of the last one that was taken, or why none was."""
        batches = list(self._share(samples))
        # The policy at the start of the step, as its first update sees it.
        proximal: list[Tensor] = []
        metrics: dict[str, float] = {}
        lr_step = self._step // self._config.grpo.epochs
        for epoch in range(self._config.grpo.epochs):
            totals = Totals()
            for index, batch in enumerate(batches):
                logp_N = self._policy_backward(batch, totals, proximal[index] if epoch else None)
                proximal += [] if epoch else [logp_N]
            found, refusal = self._stepped(totals)
            if refusal is not None:
                self._step = (lr_step + (epoch > 0)) * self._config.grpo.epochs
                # The updates before it stand: it is then a step of fewer updates.
                return ({**metrics, "refused_updates": 1.0}, None) if epoch else (found, refusal)
            metrics = found
        return metrics, None

    def _policy_backward(self, batch: MicroBatch, totals: Totals, proximal_N: "Tensor | None") -> "Tensor":
        """Add one micro-batch's gradient; its log-probabilities under the policy as it is now, without gradient."""
        from actors.learning.kl import kl_penalty
        from actors.learning.losses import policy_loss
        from actors.learning.policy_metrics import policy_metrics

        grpo, targets, temperature = self._config.grpo, batch.targets, self._role.temperature
        behaviour_N, adv_N, weight_N, sequence_N = map(
            self._engine.tensor,
            (targets.behaviour_N, targets.adv_N, targets.weight_N, targets.sample_N),
        )
        logp_N, entropy_N = self._engine.forward(batch, temperature)
        now_N = logp_N.detach()
        proximal_N = now_N if proximal_N is None else proximal_N
        loss = policy_loss(logp_N, behaviour_N, adv_N, weight_N, grpo, proximal_N, sequence_N)
        sums = {}
        if grpo.beta > 0:
            reference_N = self._engine.reference_log_probs(batch, temperature)
            penalty = kl_penalty(logp_N, reference_N, weight_N, grpo.kl_estimator)
            sums["reference_kl"] = float(penalty.detach())
            loss = loss + grpo.beta * penalty
        sums["loss"] = float(loss.detach())
        self._engine.backward(loss)
        per_token, largest = policy_metrics(now_N, behaviour_N, adv_N, grpo, proximal_N, sequence_N)
        per_token["entropy"] = float(entropy_N.sum())
        totals.add(batch.num_tokens, whole=sums, per_token=per_token, largest=largest)
        return now_N

    def _stepped(self, totals: Totals) -> tuple[dict[str, float], str | None]:
        """Take the optimiser step and average the metrics over ranks; or refuse it, on all ranks, and say why."""
        is_sft = self._phase == "sft"
        section = self._config.sft if is_sft else self._config.grpo
        schedule = section.schedule
        lr = learning_rate(
            # All updates of a training step have its rate.
            self._step if is_sft else self._step // self._config.grpo.epochs,
            section.lr,
            schedule.kind,
            warmup_steps=schedule.warmup_steps,
            total_steps=self._total_steps,
        )
        metrics = totals.reduced(self._engine.sum_over_ranks, self._engine.max_over_ranks)
        if all(map(math.isfinite, metrics.values())):
            metrics["grad_norm"] = self._engine.step(lr)
        else:
            self._engine.forget_gradient()
        broken = {name: value for name, value in metrics.items() if not math.isfinite(value)}
        metrics = {name: value for name, value in metrics.items() if name not in broken} | {"lr": lr}
        if broken:
            numbers = ", ".join(f"{name} {value}" for name, value in broken.items())
            return (
                metrics,
                f"{numbers} at optimiser step {self._step + 1} of {self._phase}, learning rate {lr:.3g}",
            )
        self._step += 1
        self._is_changed = True
        return metrics, None

    def _report(
        self,
        version: int,
        metrics: dict[str, float],
        samples: Sequence[Sample],
        started: float,
        *,
        refusal: str | None,
        num_refused: int = 0,
    ) -> StepReport:
        if self._role.gives_memory_back:
            self._engine.give_memory_back()
        seconds = time.perf_counter() - started
        tokens = float(sum(s.num_in_loss for s in samples))
        metrics |= {
            "num_rollouts": float(len(samples)),
            "num_tokens": tokens,
            "num_sequence_tokens": float(sum(len(s.prompt_P) + len(s.response_T) for s in samples)),
            "step_s": seconds,
            "memory_mib": self.memory_mib(),
        }
        if refusal is not None:
            return StepReport(
                version=version, metrics=metrics, num_refused=num_refused + len(samples), refusal=refusal
            )
        return StepReport(version=version + 1, metrics=metrics, num_refused=num_refused)

    def _share(self, samples: Sequence[Sample]) -> Iterator[MicroBatch]:
        yield from self._batches(samples, self._world_size)[self._rank]

    def _batches(self, samples: Sequence[Sample], num_ranks: int) -> list[list[MicroBatch]]:
        limit = self._config.micro_batch_tokens
        cost = self._engine.row_cost if self._config.share_prefix == "auto" else None
        rows = packed_rows(samples, share_prefix=self._engine.shares_prefix, max_tokens=limit, cost=cost)
        return micro_batches(rows, max_tokens=limit, num_ranks=num_ranks)

    def _plan(self, bucket_bytes: int) -> "BucketPlan":
        from actors.weights.plan import bucket_plan

        published = self._role.publish_dtype
        parameters = [(name, published or dtype, shape) for name, dtype, shape in self._engine.parameters()]
        return bucket_plan(parameters, bucket_bytes)

    @property
    def _engine(self) -> "DeepSpeedEngine":
        if self._open_engine is None:
            raise LearnerError("the learner has no model: call setup first")
        return self._open_engine

    def _require_phase(self, phase: Phase) -> None:
        if self._phase != phase:
            raise LearnerError(
                f"the learner is in phase {self._phase}: call begin_phase({phase!r}, ...) first"
            )
