"""Runs inside vLLM's own worker process: loads a published policy version from shared memory.

vLLM's workers are no Ray workers and cannot read the object store; the rollout actor, which can, leaves the
buckets in a file in shared memory and names it here.
"""

import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from vllm.model_executor.model_loader.reload import finalize_layerwise_reload, initialize_layerwise_reload


class WeightLoading:
    """Mixed into vLLM's worker class by `worker_extension_cls`."""

    # vLLM's worker has these.
    model_runner: Any
    model_config: Any
    device: torch.device

    def load_policy(self, path: str, tensors: list[tuple[str, str, tuple[int, ...], int, int]]) -> int:
        """Load every parameter from the file at `path`.

        Args:
            path: the file with all tensors one after another.
            tensors: (checkpoint name, torch dtype name, shape, offset, bytes) of each.

        Returns:
            How many parameters were handed to the model.
        """
        model = self.model_runner.get_model()
        buffer = np.memmap(path, dtype=np.uint8, mode="r")

        def loaded() -> Iterator[tuple[str, torch.Tensor]]:
            for name, dtype, shape, offset, num_bytes in tensors:
                # A copy: the memory map is read-only and goes away with the file.
                raw = torch.from_numpy(np.array(buffer[offset : offset + num_bytes]))
                yield name, raw.view(getattr(torch, dtype)).view(shape)

        with torch.device(self.device):
            # A plain load_weights fails once the engine runs: the weights were repacked after loading.
            initialize_layerwise_reload(model)
            model.load_weights(loaded())
            finalize_layerwise_reload(model, self.model_config)
        if self.device.type == "cpu":
            self._repack_lm_head(model)
            ctypes.CDLL(None).malloc_trim(0)
        return len(tensors)

    def _repack_lm_head(self, model: Any) -> None:
        # With tied embeddings the CPU's repacked copy inside lm_head is not refreshed by the reload:
        # log-probabilities would be off, silently.
        from vllm.model_executor.layers.utils import dispatch_cpu_unquantized_gemm

        dispatch_cpu_unquantized_gemm(model.lm_head, remove_weight=False)
