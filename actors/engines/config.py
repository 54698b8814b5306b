"""Settings of the generation engine."""

from typing import Literal

from pydantic import Field

from actors.frozen import Settings


class EngineConfig(Settings):
    """How vLLM is started on one rollout worker."""

    dtype: Literal["float32", "bfloat16", "float16"] = "bfloat16"
    """Precision of the engine's weights and activations."""
    max_model_len: int = Field(default=8192, ge=128)
    """Longest sequence, prompt and all turns together, in tokens."""
    max_num_seqs: int = Field(default=256, ge=1)
    """Most sequences that one engine generates at once."""
    tensor_parallel_size: int = Field(default=1, ge=1)
    """GPUs that share one engine."""
    gpu_memory_utilization: float = Field(default=0.85, gt=0, le=1)
    """Share of each GPU's memory for the engine; ignored on the CPU."""
    sleeps: bool = False
    """Give the engine's GPU memory back while the learner computes, where both share a GPU: its weights wait in main
    memory, its cache is dropped. Nothing is generated meanwhile."""
    cpu_kv_cache_gib: int = Field(default=1, ge=1)
    """Memory for the KV cache on the CPU, in GiB; ignored on GPUs."""
    cpu_threads: str = "auto"
    """Cores for the engine's compute threads on the CPU, such as `0-1`; ignored on GPUs."""
    enforce_eager: bool = False
    """Skip compilation: a faster start, slower generation."""
    seed: int = 0
    """Seed of the engine's sampling."""
