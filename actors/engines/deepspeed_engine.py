"""One rank of a DeepSpeed training engine: forward, backward, step, gather, save. No algorithm in here.

Invariants: every method but `close` is collective (all ranks call it in the same order). The learning rate is
given with each step, and gradients add up over any number of backward passes until it: the caller's weights
already average, so nothing here divides. Nothing that is not finite reaches the weights, a checkpoint or a reader.
"""

import contextlib
import ctypes
import gc
import math
import os
import shutil
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("DEEPSPEED_LOG_LEVEL", "error")
# Read when torch loads. Threads that spin at barriers cost a learner on shared cores three quarters of its speed.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import torch.distributed as dist
from torch import Tensor
from transformers import AutoModelForCausalLM
from transformers.utils import logging as transformers_logging

from actors.engines.rendezvous import Rendezvous, longest_wait
from actors.errors import LearnerError, NotFiniteError
from actors.learning.batches import MicroBatch, empty_micro_batch, visible_mask
from actors.learning.config import LearnerConfig
from actors.learning.logprobs import PolicyModel
from actors.learning.row_cost import RowCost, row_cost, sees_all_before

if not torch.cuda.is_available():
    os.environ.setdefault("DS_ACCELERATOR", "cpu")
import deepspeed

_TAG = "learner"
_TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "vocab.*",
    "merges.txt",
    "chat_template*",
    "*.model",
)
# Parameters smaller than this stay whole under ZeRO-3: gathering norms and biases costs more than it saves.
_WHOLE_BELOW = 10_000


def _give_back_free_memory() -> None:
    # Micro-batches of ever new shapes leave holes in the C library's heap: without this the process grows by
    # gigabytes over a run.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


class DeepSpeedEngine:
    """A policy model under DeepSpeed.

    Example: `engine = DeepSpeedEngine(config, rank=0, world_size=1); engine.start(Rendezvous(), "127.0.0.1",
    29500, path)`.
    """

    def __init__(self, config: LearnerConfig, rank: int, world_size: int) -> None:
        self._config, self._rank, self._world_size = config, rank, world_size
        self._on_gpu = torch.cuda.is_available()
        self._device = torch.device("cuda", 0) if self._on_gpu else torch.device("cpu")
        bfloat16 = config.dtype == "bfloat16" or (config.dtype == "auto" and self._on_gpu)
        self._dtype = torch.bfloat16 if bfloat16 else torch.float32
        self._stage = _zero_stage(config, world_size, self._dtype)
        self._engine: Any = None
        self._reference: Any = None
        self._grad_norm = 0.0

    def start(self, rendezvous: Rendezvous, master_addr: str, master_port: int, model_path: str) -> None:
        """Join the process group and load the model with a fresh optimiser."""
        transformers_logging.disable_progress_bar()
        # DeepSpeed 0.19 calls names that torch 2.13 deprecates, once per gather.
        warnings.filterwarnings("ignore", category=FutureWarning, module="torch.distributed.c10d_logger")
        torch.manual_seed(self._config.seed)
        if self._config.num_threads:
            torch.set_num_threads(self._config.num_threads)
        self._join(rendezvous, master_addr, master_port, longest_wait(model_path))
        self._model_path = Path(model_path)
        model = self._loaded(model_path)
        if self._config.gradient_checkpointing:
            model.language_model.gradient_checkpointing_enable({"use_reentrant": False})
        # At rate 0 until the first step. Fused: one pass over the parameters and no temporary copies.
        optimizer = torch.optim.AdamW(
            model.parameters(),
            lr=0.0,
            betas=self._config.betas,
            weight_decay=self._config.weight_decay,
            fused=True,
        )
        if self._stage == 0:
            # DeepSpeed clips without ZeRO too, but throws the norm away.
            optimizer.register_step_pre_hook(self._clip)
        self._engine, *_ = deepspeed.initialize(
            model=model, optimizer=optimizer, config=self._deepspeed_config(), dist_init_required=False
        )

    @property
    def shares_prefix(self) -> bool:
        """Whether siblings may share a row, by the config and by the model."""
        choice = self._config.share_prefix
        is_possible = sees_all_before(self._engine.module.language_model)
        if choice is True and not is_possible:
            raise LearnerError(
                f"learner.share_prefix=true, but {type(self._engine.module.language_model).__name__} has layers with a "
                "sliding window or a running state, which other responses in the row would change: set it to auto"
            )
        return is_possible and choice is not False

    @property
    def row_cost(self) -> RowCost:
        """What decides whether siblings share a row."""
        return row_cost(self._engine.module.language_model)

    def forward(self, batch: MicroBatch, temperature: float) -> tuple[Tensor, Tensor]:
        """Log-probabilities and entropies of the micro-batch's tokens, with gradient."""
        log_probs: tuple[Tensor, Tensor] = self._engine(*self._inputs(batch), temperature)
        return log_probs

    @torch.no_grad()
    def reference_log_probs(self, batch: MicroBatch, temperature: float) -> Tensor:
        """Log-probabilities of the same tokens under the reference model."""
        if self._reference is None:
            raise LearnerError("there is no reference model: call load_reference when grpo.beta > 0")
        log_probs: Tensor = self._reference(*self._inputs(batch), temperature)[0]
        return log_probs

    def tensor(self, array: Any) -> Tensor:
        """A numpy array on this rank's device."""
        return torch.from_numpy(array).to(self._device)

    def backward(self, loss: Tensor) -> None:
        """Add this loss's gradient; the sum over ranks is what `step` sees."""
        # DeepSpeed averages over ranks.
        self._engine.backward(loss * self._world_size)

    def step(self, lr: float) -> float:
        """Apply the summed gradient; its norm before clipping is returned. One that is not finite is not applied.

        The norm is over all ranks, so all of them apply the gradient or none does.
        """
        for group in self._base_optimizer.param_groups:
            group["lr"] = lr
        self._engine.step()
        if not self._on_gpu:
            self.give_memory_back()
        if self._stage:
            # DeepSpeed passes over a step with such a norm, and says so nowhere else.
            is_applied = self._engine.was_step_applied()
            self._grad_norm = float(self._engine.get_global_grad_norm()) if is_applied else math.inf
        return self._grad_norm

    def give_memory_back(self) -> None:
        """Let others have what no tensor holds; the next step asks for it again."""
        if self._on_gpu:
            gc.collect()
            torch.cuda.empty_cache()
        else:
            _give_back_free_memory()

    def forget_gradient(self) -> None:
        """Throw away what `backward` has added up since the last step."""
        if self._stage == 0:
            self._engine.zero_grad()
            return
        # Its parts lie in several of DeepSpeed's buffers, which it clears itself where the gradient is not finite.
        self.backward(self.forward(empty_micro_batch(), 1.0)[0].sum() * math.nan)
        self._engine.step()

    def refuse_not_finite(self, *, with_optimizer: bool = False) -> None:
        """Raise `NotFiniteError`, on all ranks alike, unless every weight (and moment) is a finite number."""
        tensors = {name: getattr(p, "ds_tensor", p) for name, p in self._named_parameters()}
        if with_optimizer:
            for index, moments in enumerate(self._base_optimizer.state.values()):
                tensors |= {f"{kind} of group {index}": value for kind, value in moments.items()}
        broken = [name for name, value in tensors.items() if torch.is_tensor(value) and not _is_finite(value)]
        # Under ZeRO-3 ranks hold different parts, below it the same whole.
        total = int(self.max_over_ranks(float(len(broken))))
        if total:
            names = ", ".join(broken[:3]) or "of other ranks"
            raise NotFiniteError(
                f"{total} of the policy's tensors hold values that are not finite ({names}): "
                "nothing was published or saved; start again from the last checkpoint with a lower learning rate "
                "(learner.grpo.lr, learner.sft.lr)"
            )

    def reset_optimizer(self) -> None:
        """Forget the moments and the step count, as a new optimiser would."""
        for state in self._base_optimizer.state.values():
            for value in state.values():
                if torch.is_tensor(value):
                    value.zero_()

    def load_reference(self, path: str) -> None:
        """Load the frozen model that the KL penalty refers to; under ZeRO-3 it is shared among ranks too."""
        model = self._loaded(path).requires_grad_(False).eval()
        if self._stage == 3:
            model, *_ = deepspeed.initialize(
                model=model, config=self._deepspeed_config(), dist_init_required=False
            )
        self._reference = model

    def parameters(self) -> list[tuple[str, str, tuple[int, ...]]]:
        """(checkpoint name, dtype name, full shape) in model order, tied parameters once."""
        return [
            (name, str(p.dtype).removeprefix("torch."), tuple(getattr(p, "ds_shape", p.shape)))
            for name, p in self._named_parameters()
        ]

    @contextmanager
    def gathered(self, names: Iterable[str]) -> Iterator[list[Tensor]]:
        """The named parameters, whole on every rank while inside."""
        by_name = dict(self._named_parameters())
        params = [by_name[name] for name in names]
        with deepspeed.zero.GatheredParameters(params, enabled=self._stage == 3, modifier_rank=None):
            yield [p.detach() for p in params]

    def save_checkpoint(self, folder: str, state: dict[str, Any]) -> None:
        """Weights, optimiser and `state`; the folder must be reachable from all ranks."""
        self.refuse_not_finite(with_optimizer=True)
        self._engine.save_checkpoint(folder, tag=_TAG, client_state=state)

    def load_checkpoint(self, folder: str) -> dict[str, Any]:
        """Restore what `save_checkpoint` wrote; `state` is returned."""
        if not (Path(folder) / _TAG).is_dir():
            raise LearnerError(f"no learner checkpoint in {folder}: give a folder that save_checkpoint wrote")
        _, loaded = self._engine.load_checkpoint(folder, tag=_TAG)
        state: dict[str, Any] = loaded["state"]
        return state

    def save_hf(self, folder: str) -> None:
        """A folder that transformers and vLLM load: weights, config and the tokenizer's files."""
        self.refuse_not_finite()
        weights = {}
        for name, _, _ in self.parameters():
            with self.gathered([name]) as (tensor,):
                if self._rank == 0:
                    weights[name] = tensor.to("cpu", copy=self._stage == 3 or self._on_gpu)
        if self._rank == 0:
            model = self._engine.module.language_model
            model.save_pretrained(folder, state_dict=weights)
            for pattern in _TOKENIZER_FILES:
                for file in self._model_path.glob(pattern):
                    shutil.copy(file, folder)
        dist.barrier()

    def sum_over_ranks(self, values: list[float]) -> list[float]:
        """Each value summed over the ranks."""
        total = torch.tensor(values, dtype=torch.float64, device=self._device)
        dist.all_reduce(total)
        return total.tolist()

    def max_over_ranks(self, value: float) -> float:
        """The largest of the ranks' values."""
        largest = torch.tensor([value], dtype=torch.float64, device=self._device)
        dist.all_reduce(largest, op=dist.ReduceOp.MAX)
        return float(largest)

    def close(self) -> None:
        """Free the model. The process group stays: DeepSpeed keeps hold of its parts for good."""
        if self._engine is not None:
            self._engine.destroy()
        self._engine = self._reference = None
        gc.collect()

    def _join(self, rendezvous: Rendezvous, master_addr: str, master_port: int, limit: timedelta) -> None:
        if dist.is_initialized():
            place = (dist.get_rank(), dist.get_world_size())
            if place != (self._rank, self._world_size):
                raise LearnerError(
                    f"this process is rank {place[0]} of {place[1]} and cannot become rank {self._rank} "
                    f"of {self._world_size}: start a new one"
                )
            return
        # Where Ray gives an actor one GPU, CUDA_VISIBLE_DEVICES makes it number 0.
        os.environ.update(
            MASTER_ADDR=master_addr,
            MASTER_PORT=str(master_port),
            RANK=str(self._rank),
            WORLD_SIZE=str(self._world_size),
            LOCAL_RANK="0",
        )
        # Else the CPU accelerator compiles a shared-memory all-reduce for a minute, that only inference uses,
        # and leaves 69 MB per rank in /dev/shm.
        deepspeed.ops.__compatible_ops__ = {"deepspeed_shm_comm": False}
        backend = {"auto": "nccl" if self._on_gpu else "gloo"}.get(self._config.backend, self._config.backend)
        dist.init_process_group(
            backend,
            store=rendezvous.store(master_addr, master_port, self._rank, self._world_size, limit),
            rank=self._rank,
            world_size=self._world_size,
            timeout=limit,
        )
        deepspeed.init_distributed(backend, auto_mpi_discovery=False, verbose=False, timeout=limit)

    def _loaded(self, path: str) -> PolicyModel:
        if self._stage == 3:
            from transformers.integrations.deepspeed import HfDeepSpeedConfig

            # While this object lives, from_pretrained hands out each weight in parts as it reads it.
            sharding = HfDeepSpeedConfig(self._deepspeed_config())
            model = AutoModelForCausalLM.from_pretrained(path, dtype=self._dtype, attn_implementation="sdpa")
            del sharding
            _restore_frequencies(model)
        else:
            model = AutoModelForCausalLM.from_pretrained(path, dtype=self._dtype, attn_implementation="sdpa")
            torch.nn.Module.to(model, self._device)
        return PolicyModel(model, self._config.chunk_tokens, self._compute_dtype())

    def _compute_dtype(self) -> torch.dtype:
        choice = self._config.compute
        if choice == "auto":
            # bfloat16 on a CPU without matrix instructions is slower than float32, not faster.
            choice = "bfloat16" if not self._on_gpu and torch.cpu._is_amx_tile_supported() else "float32"
        return torch.bfloat16 if choice == "bfloat16" else torch.float32

    def _deepspeed_config(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "train_micro_batch_size_per_gpu": 1,
            "gradient_accumulation_steps": 1,
            # step() is the boundary, however many backward passes came before.
            "managed_gradient_accumulation": False,
            "gradient_clipping": self._config.max_grad_norm if self._stage else 0.0,
            "zero_allow_untested_optimizer": True,
            "zero_force_ds_cpu_optimizer": False,
            "zero_optimization": {
                "stage": self._stage,
                "reduce_bucket_size": 50_000_000,
                "allgather_bucket_size": 50_000_000,
                # Below stage 2 it asserts that DeepSpeed manages the accumulation.
                "overlap_comm": self._on_gpu and self._stage >= 2,
            },
        }
        if self._stage == 3:
            config["zero_optimization"]["stage3_param_persistence_threshold"] = _WHOLE_BELOW
        if self._dtype == torch.bfloat16:
            config["bf16"] = {"enabled": True, "check_grad_overflow": True}
            config["data_types"] = {"grad_accum_dtype": "fp32"}
        return config

    def _inputs(self, batch: MicroBatch) -> tuple[Tensor | None, ...]:
        mask = None if batch.blocks_BT is None else self.tensor(visible_mask(batch.blocks_BT))
        ids, positions = self.tensor(batch.input_ids_BT), self.tensor(batch.positions_BT)
        return ids, positions, mask, self.tensor(batch.source_N), self.tensor(batch.targets.token_N)

    def _named_parameters(self) -> list[tuple[str, Tensor]]:
        return list(self._engine.module.language_model.named_parameters())

    @property
    def _base_optimizer(self) -> torch.optim.Optimizer:
        optimizer: torch.optim.Optimizer = self._engine.basic_optimizer
        return optimizer

    def _clip(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        params = [p for group in optimizer.param_groups for p in group["params"]]
        self._grad_norm = float(torch.nn.utils.clip_grad_norm_(params, self._config.max_grad_norm))
        if not math.isfinite(self._grad_norm):
            # AdamW passes over parameters without a gradient.
            optimizer.zero_grad(set_to_none=True)


def _is_finite(tensor: Tensor) -> bool:
    # One number per tensor and no copy of it: a sum of finite float32 numbers is finite unless they are near the limit.
    return bool(torch.isfinite(tensor.sum(dtype=torch.float32)))


def _restore_frequencies(model: torch.nn.Module) -> None:
    """Rotary frequencies in float32 again: ZeRO-3's loading makes every new float tensor bfloat16, and with it these.

    Rounded they are off by 0.4 %, by whole turns after some thousand tokens: another model than the engine serves.
    """
    for module in model.modules():
        if not any(name.endswith("inv_freq") for name, _ in module.named_buffers(recurse=False)):
            continue
        exact = type(module)(module.config)
        for name, value in exact.named_buffers(recurse=False):
            setattr(module, name, value.to(getattr(module, name).device))


def _zero_stage(config: LearnerConfig, world_size: int, dtype: torch.dtype) -> int:
    if config.zero_stage != "auto":
        return config.zero_stage
    return 0 if world_size == 1 and dtype == torch.float32 else 2
