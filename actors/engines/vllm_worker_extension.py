"""Runs inside vLLM's own worker process: loads a published policy version, one bucket after the other.

vLLM's workers are no Ray workers and cannot read the object store; the rollout actor, which can, leaves each bucket in
a file in shared memory and names it here. The order of calls is that of vLLM's own weight transfer: begin, any number
of buckets, finish.
"""

import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from vllm.config import set_current_vllm_config
from vllm.model_executor.model_loader.reload import finalize_layerwise_reload, initialize_layerwise_reload

Place = tuple[str, str, tuple[int, ...], int, int]
"""Checkpoint name, torch dtype name, shape, first byte in the bucket, and bytes of one parameter."""


class WeightLoading:
    """Mixed into vLLM's worker class by `worker_extension_cls`."""

    # vLLM's worker has these.
    model_runner: Any
    model_config: Any
    vllm_config: Any
    device: torch.device

    _is_loading = False

    def begin_policy(self) -> None:
        """Make ready for the buckets of a policy; one that was broken off before is forgotten."""
        if self._is_loading:
            # Layers of which a part came keep it until now, and would count it as part of this policy.
            self._finalize()
        self._is_loading = True
        with set_current_vllm_config(self.vllm_config), torch.device(self.device):
            # A plain load_weights fails once the engine runs: the weights were repacked after loading.
            initialize_layerwise_reload(self.model_runner.get_model())

    def take_bucket(self, path: str, places: list[Place]) -> int:
        """Load the parameters in one bucket; how many there were.

        Args:
            path: the bucket's file, which may go once this returns.
            places: where in it each parameter lies.
        """
        # Private, since torch has no tensor that must not be written to; a page is copied only if it is. What a layer
        # keeps until its other parts come keeps the memory, though the file's name goes.
        bucket = np.memmap(path, dtype=np.uint8, mode="c")

        def loaded() -> Iterator[tuple[str, torch.Tensor]]:
            for name, dtype, shape, offset, num_bytes in places:
                raw = torch.from_numpy(bucket[offset : offset + num_bytes])
                yield name, raw.view(getattr(torch, dtype)).view(shape)

        with set_current_vllm_config(self.vllm_config), torch.device(self.device):
            self.model_runner.get_model().load_weights(loaded())
        if self.device.type != "cpu":
            torch.accelerator.synchronize()
        return len(places)

    def finish_policy(self) -> None:
        """After the last bucket: from now on the model is the policy."""
        self._finalize()
        self._is_loading = False
        if self.device.type == "cpu":
            self._repack_lm_head(self.model_runner.get_model())
            ctypes.CDLL(None).malloc_trim(0)
        else:
            torch.accelerator.synchronize()

    def _finalize(self) -> None:
        with set_current_vllm_config(self.vllm_config), torch.device(self.device):
            finalize_layerwise_reload(self.model_runner.get_model(), self.model_config)

    def _repack_lm_head(self, model: Any) -> None:
        # With tied embeddings the CPU's repacked copy inside lm_head is not refreshed by the reload:
        # log-probabilities would be off, silently.
        from vllm.model_executor.layers.utils import dispatch_cpu_unquantized_gemm

        dispatch_cpu_unquantized_gemm(model.lm_head, remove_weight=False)
