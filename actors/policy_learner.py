"""Turns scored groups into a better policy, and publishes it. One process per rank.

Every rank is called with the same arguments: it takes its own share of the micro-batches and joins the others
in gathers and sums. Averages run over the whole batch whatever the ranks and micro-batches, so their number
changes nothing but time and memory.
"""

import socket
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from actors.errors import LearnerError
from actors.learning.batches import MicroBatch, micro_batches, packed_rows
from actors.learning.config import LearnerConfig
from actors.learning.samples import Sample, grpo_samples, plain_samples, refuse_stale
from actors.learning.schedule import learning_rate
from actors.learning.totals import Totals
from actors.records import Rollout, ScoredGroup, SftRollout, StepReport, WeightManifest

if TYPE_CHECKING:
    from actors.engines.deepspeed_engine import DeepSpeedEngine
    from actors.weights.plan import BucketPlan

Phase = Literal["sft", "grpo"]
_KIB_PER_MIB = 1024


class PolicyLearner:
    """One rank of the learner.

    Example: `learner = PolicyLearner(config, rank=0, world_size=1)`, `learner.setup(*learner.address(),
    config.model_path, "grpo")`, then `report = learner.train_step(groups, version=0)` and
    `manifest, *buckets = learner.publish(report.version, 64 << 20)`.
    """

    def __init__(self, config: LearnerConfig, rank: int, world_size: int) -> None:
        self._config, self._rank, self._world_size = config, rank, world_size
        self._phase: Phase | None = None
        self._step, self._total_steps = 0, 1
        self._model_path = config.model_path
        self._is_changed = False
        self._open_engine: DeepSpeedEngine | None = None

    def address(self) -> tuple[str, int]:
        """This machine's address and a free port: rank 0's are where all ranks meet."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                # Sends nothing: only asks which address the route to elsewhere starts from.
                probe.connect(("8.8.8.8", 80))
                host = probe.getsockname()[0]
            except OSError:
                host = "127.0.0.1"
        with socket.socket() as free:
            free.bind(("", 0))
            return host, free.getsockname()[1]

    def setup(self, master_addr: str, master_port: int, model_path: str, phase: Phase) -> None:
        """Meet the other ranks, load the model, begin a phase; a model loaded before is freed first."""
        from actors.engines.deepspeed_engine import DeepSpeedEngine

        self.close()
        self._model_path, self._is_changed = model_path, False
        self._open_engine = DeepSpeedEngine(self._config, self._rank, self._world_size)
        self._open_engine.start(master_addr, master_port, model_path)
        self.begin_phase(phase, total_steps=1)

    def begin_phase(self, phase: Phase, total_steps: int, reference_path: str | None = None) -> None:
        """Start a phase with a fresh optimiser and its own learning rate.

        Args:
            phase: `sft` or `grpo`.
            total_steps: optimiser steps to come, for the learning rate's course.
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
            self._engine.load_reference(reference_path or self._model_path)

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
        metrics = self._stepped(totals)
        return self._report(version, metrics, samples, started)

    def train_step(self, groups: Sequence[ScoredGroup], version: int) -> StepReport:
        """One GRPO step (`grpo.epochs` of them) from version `version` to `version` + 1.

        Raises:
            StaleRolloutError: a rollout's oldest token is more than `grpo.max_staleness` versions behind.
        """
        self._require_phase("grpo")
        started = time.perf_counter()
        grpo = self._config.grpo
        refuse_stale(groups, version=version, max_staleness=grpo.max_staleness)
        samples = grpo_samples(groups, grpo)
        # A rollout without advantage has no gradient without a KL penalty: it only counts in the average.
        learning = [s for s in samples if s.advantage != 0.0 or grpo.beta > 0]
        metrics: dict[str, float] = {}
        for _ in range(grpo.epochs):
            totals = Totals()
            for batch in self._share(learning):
                self._policy_backward(batch, totals)
            metrics = self._stepped(totals)
        metrics["skipped_rollouts"] = float(len(samples) - len(learning))
        metrics["advantage_abs"] = float(np.mean([abs(s.advantage) for s in samples])) if samples else 0.0
        return self._report(version, metrics, samples, started)

    def train_on(self, version: int, *groups: ScoredGroup) -> StepReport:
        """`train_step` with each group an argument of its own, so that each may be a reference."""
        return self.train_step(groups, version)

    def num_buckets(self, bucket_bytes: int) -> int:
        """How many buckets `publish` returns after the manifest."""
        return len(self._plan(bucket_bytes).bucket_bytes)

    def publish(self, version: int, bucket_bytes: int) -> tuple[WeightManifest | np.ndarray, ...]:
        """(manifest, bucket 0, bucket 1, ...) on rank 0, () on the others, which take part in the gathers."""
        from actors.weights.buckets import checksum, manifest_of, packed

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

    def _policy_backward(self, batch: MicroBatch, totals: Totals) -> None:
        from actors.learning.losses import clipped_policy_loss, kl_penalty, policy_metric_sums

        grpo, targets = self._config.grpo, batch.targets
        clip = {"clip_low": grpo.clip_low, "clip_high": grpo.clip_high}
        behaviour_N, adv_N, weight_N = map(
            self._engine.tensor, (targets.behaviour_N, targets.adv_N, targets.weight_N)
        )
        logp_N, entropy_N = self._engine.forward(batch, grpo.temperature)
        loss = clipped_policy_loss(
            logp_N, behaviour_N, adv_N, weight_N, **clip, importance_cap=grpo.importance_cap
        )
        sums = {}
        if grpo.beta > 0:
            penalty = kl_penalty(logp_N, self._engine.reference_log_probs(batch, grpo.temperature), weight_N)
            sums["reference_kl"] = float(penalty.detach())
            loss = loss + grpo.beta * penalty
        sums["loss"] = float(loss.detach())
        self._engine.backward(loss)
        per_token = policy_metric_sums(logp_N, behaviour_N, adv_N, **clip)
        ratio_max = float((logp_N.detach() - behaviour_N).max().exp())
        per_token["entropy"] = float(entropy_N.sum())
        totals.add(batch.num_tokens, whole=sums, per_token=per_token, ratio_max=ratio_max)

    def _stepped(self, totals: Totals) -> dict[str, float]:
        """Take the optimiser step and average the metrics over ranks."""
        section = self._config.sft if self._phase == "sft" else self._config.grpo
        schedule = section.schedule
        lr = learning_rate(
            self._step,
            section.lr,
            schedule.kind,
            warmup_steps=schedule.warmup_steps,
            total_steps=self._total_steps,
        )
        grad_norm = self._engine.step(lr)
        self._step += 1
        self._is_changed = True
        means = totals.reduced(self._engine.sum_over_ranks, self._engine.max_over_ranks)
        return {**means, "grad_norm": grad_norm, "lr": lr}

    def _report(
        self, version: int, metrics: dict[str, float], samples: Sequence[Sample], started: float
    ) -> StepReport:
        seconds = time.perf_counter() - started
        tokens = float(sum(s.num_in_loss for s in samples))
        metrics |= {
            "num_rollouts": float(len(samples)),
            "num_tokens": tokens,
            "num_sequence_tokens": float(sum(len(s.prompt_P) + len(s.response_T) for s in samples)),
            "step_s": seconds,
            "memory_mib": self.memory_mib(),
        }
        return StepReport(version=version + 1, metrics=metrics)

    def _share(self, samples: Sequence[Sample]) -> Iterator[MicroBatch]:
        yield from self._batches(samples, self._world_size)[self._rank]

    def _batches(self, samples: Sequence[Sample], num_ranks: int) -> list[list[MicroBatch]]:
        limit = self._config.micro_batch_tokens
        rows = packed_rows(samples, share_prefix=self._config.share_prefix, max_tokens=limit)
        return micro_batches(rows, max_tokens=limit, num_ranks=num_ranks)

    def _plan(self, bucket_bytes: int) -> "BucketPlan":
        from actors.weights.plan import bucket_plan

        published = self._config.publish_dtype
        parameters = [
            (name, dtype if published == "auto" else published, shape)
            for name, dtype, shape in self._engine.parameters()
        ]
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
