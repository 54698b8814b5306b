"""Generation with vLLM: tokens in, tokens out, with behaviour log-probabilities and the policy version of each token.

Invariant: a token's `versions` entry names the weights that sampled it, even when an update fell inside its turn.
"""

import contextlib
import itertools
import os
from collections.abc import Awaitable, Iterable, Iterator
from typing import Any

import numpy as np

from actors.callables import Finish, Generation, SamplingSpec
from actors.engines.config import EngineConfig
from actors.engines.engine import ServedModel, generation_eos_ids
from actors.engines.shared_buckets import shared_buckets
from actors.errors import EngineError, WeightSyncError
from actors.records import WeightManifest
from actors.weights.buckets import Bucket

_EXTENSION = "actors.engines.vllm_worker_extension.WeightLoading"
_SHUTDOWN_S = 10.0
"""Without time to end by themselves the engine's processes are killed and leave shared memory behind."""


class VllmEngine:
    """One vLLM engine in its own processes, owned by the process that makes this object."""

    def __init__(self, config: EngineConfig, model_path: str, version: int = 0) -> None:
        _set_environment(config)
        from vllm import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        args = AsyncEngineArgs(**engine_arguments(config, model_path))
        try:
            self._engine = AsyncLLM.from_engine_args(args)
        except Exception as error:
            raise EngineError(
                f"vLLM did not start with {model_path} ({type(error).__name__}: {error}): "
                "see the engine's log lines above; engine.cpu_kv_cache_gib, engine.max_model_len and "
                "engine.gpu_memory_utilization decide its memory"
            ) from error
        from vllm.platforms import current_platform

        # A seeded request whose prompt is prefilled in two parts ends vLLM 0.32's CPU worker ("CPU Generator does
        # not use offset"), and with it the engine.
        self._takes_seeds = not current_platform.is_cpu()
        self._sleeps = config.sleeps
        self._version = version
        self._ids = itertools.count()

    @property
    def version(self) -> int:
        """Policy version of the weights in use."""
        return self._version

    @property
    def is_dead(self) -> bool:
        """Whether its processes are gone for good."""
        return bool(self._engine.errored)

    async def generate(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Generation:
        """Sample one turn after `prompt_token_ids`.

        Raises:
            EngineError: the engine died or refused the request.
        """
        from vllm import SamplingParams, TokensPrompt
        from vllm.sampling_params import RequestOutputKind

        params = SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            stop=list(sampling.stop),
            stop_token_ids=list(sampling.stop_token_ids),
            include_stop_str_in_output=True,
            logprobs=0,
            seed=sampling.seed if self._takes_seeds else None,
            skip_special_tokens=True,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        final = None
        born = self._version
        try:
            prompt = TokensPrompt(prompt_token_ids=prompt_token_ids)
            async for output in self._engine.generate(prompt, params, request_id=f"turn-{next(self._ids)}"):
                final = output
            if final is None or not final.outputs or not final.outputs[0].token_ids:
                raise EngineError("vLLM returned no token for a request")
            return generation_of(final.outputs[0], born)
        except EngineError:
            raise
        except Exception as error:
            raise EngineError(f"vLLM failed while generating ({type(error).__name__}: {error})") from error

    async def load(self, manifest: WeightManifest, buckets: Iterable[Bucket]) -> None:
        """Serve the policy version in `manifest`; turns in flight go on under the new weights.

        Raises:
            WeightSyncError: the workers did not load all of it; the old version must not be used either.
        """
        try:
            await self._stream(manifest, buckets)
            await self._engine.update_weight_version(str(manifest.version))
            self._version = manifest.version
            await self._engine.resume_generation()
        except WeightSyncError:
            raise
        except Exception as error:
            raise WeightSyncError(
                f"vLLM did not load policy version {manifest.version} ({type(error).__name__}: {error})"
            ) from error

    async def sleep(self) -> None:
        """Move the weights to main memory and drop the cache; turns wait, and are prefilled anew when it wakes.

        Raises:
            EngineError: `engine.sleeps` is false, or vLLM failed.
        """
        if not self._sleeps:
            raise EngineError("the engine was not started to sleep: set engine.sleeps=true")
        await self._turned(self._engine.sleep(level=1, mode="keep"))

    async def wake(self) -> None:
        """Bring the weights back, with an empty cache, and go on with the turns that waited.

        Raises:
            EngineError: there is no room for them, or vLLM failed.
        """
        await self._turned(self._engine.wake_up())

    async def _turned(self, call: Awaitable[Any]) -> None:
        try:
            await call
        except Exception as error:
            raise EngineError(
                f"vLLM did not fall asleep or wake ({type(error).__name__}: {error}): does the learner leave it "
                "engine.gpu_memory_utilization of the GPU?"
            ) from error

    async def _stream(self, manifest: WeightManifest, buckets: Iterable[Bucket]) -> None:
        """Hand the buckets to vLLM's workers; generation stands still from the first one that is there to the last."""
        places = bucket_places(manifest)
        num_loaded, is_begun = 0, False
        async with contextlib.aclosing(shared_buckets(buckets, manifest.version)) as paths:
            async for path in paths:
                if not is_begun:
                    await self._engine.pause_generation(mode="keep")
                    await self._engine.collective_rpc("begin_policy")
                    is_begun = True
                here = next(places, [])
                counts = await self._engine.collective_rpc("take_bucket", args=(str(path), here))
                if any(count != len(here) for count in counts):
                    raise WeightSyncError(f"workers loaded {counts} of {len(here)} tensors of a bucket")
                num_loaded += len(here)
        if num_loaded != len(manifest.tensors):
            raise WeightSyncError(
                f"the buckets of policy version {manifest.version} held {num_loaded} of {len(manifest.tensors)} tensors"
            )
        await self._engine.collective_rpc("finish_policy")

    def close(self) -> None:
        """End the engine's processes. Must run before the owning actor is killed, or they outlive it."""
        self._engine.shutdown(timeout=_SHUTDOWN_S)


def engine_arguments(config: EngineConfig, model_path: str) -> dict[str, Any]:
    """What vLLM is started with: fields of its `AsyncEngineArgs`."""
    return {
        "model": model_path,
        "dtype": config.dtype,
        "max_model_len": config.max_model_len,
        "max_num_seqs": config.max_num_seqs,
        "tensor_parallel_size": config.tensor_parallel_size,
        "gpu_memory_utilization": config.gpu_memory_utilization,
        "enforce_eager": config.enforce_eager,
        "seed": config.seed,
        "enable_prefix_caching": True,
        # The learner recomputes log-probabilities of the distribution that was sampled from, so the
        # engine must report those, not the ones before temperature.
        "logprobs_mode": "processed_logprobs",
        "hf_overrides": as_the_learner_computes,
        "worker_extension_cls": _EXTENSION,
        "enable_sleep_mode": config.sleeps,
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
    }


def as_the_learner_computes(config: Any) -> Any:
    """The model's Hugging Face config with what vLLM would otherwise compute in another way than the learner does.

    A function of this module, since a dict of overrides cannot take a key away, and vLLM's processes import it by name.
    """
    # The head's product in float32: a bfloat16 logit of 50 is known to a quarter only.
    config.head_dtype = "float32"
    # Qwen2.5-*-1M asks for dual-chunk attention, which vLLM 0.32 has no kernel for; up to 32,768 tokens it is the same
    # as plain attention, which the learner has.
    if hasattr(config, "dual_chunk_attention_config"):
        del config.dual_chunk_attention_config
    return config


def bucket_places(manifest: WeightManifest) -> Iterator[list[tuple[str, str, tuple[int, ...], int, int]]]:
    """Of each bucket in turn, what `WeightLoading.take_bucket` must know of its parameters."""
    for _, specs in itertools.groupby(manifest.tensors, key=lambda spec: spec.bucket):
        yield [(spec.name, spec.dtype, spec.shape, spec.offset, spec.num_bytes) for spec in specs]


def served_by_vllm(config: EngineConfig, model_path: str) -> ServedModel:
    """Start vLLM with the model in `model_path`, in processes that the calling process owns.

    Raises:
        EngineError: vLLM did not start.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_path)
    return ServedModel(VllmEngine(config, model_path), tokenizer, generation_eos_ids(model_path))


def generation_of(output: Any, born: int) -> Generation:
    """What one of vLLM's `CompletionOutput` says.

    Args:
        output: its tokens, log-probabilities, text and the two reasons for which it ended.
        born: the policy version in use when the request was made.

    Raises:
        EngineError: it ended for a reason that this project never asks for.
    """
    if output.finish_reason not in set(Finish):
        raise EngineError(
            f"vLLM ended a turn for a reason unknown here: finish_reason={output.finish_reason!r}, "
            f"stop_reason={output.stop_reason!r}"
        )
    token_ids = np.asarray(output.token_ids, dtype=np.int32)
    logprobs = np.asarray(
        [step[int(token)].logprob for token, step in zip(token_ids, output.logprobs or (), strict=True)],
        dtype=np.float32,
    )
    versions = np.full(len(token_ids), born, dtype=np.int32)
    for span in output.weight_versions or ():
        if span.version != "default":
            versions[span.start : span.end] = int(span.version)
    return Generation(
        token_ids=token_ids,
        logprobs=logprobs,
        versions=versions,
        text=output.text,
        finish=Finish(output.finish_reason),
        # A token's number, or None for the tokenizer's own end token, where no text stopped it.
        stop_text=output.stop_reason if isinstance(output.stop_reason, str) else None,
    )


def _set_environment(config: EngineConfig) -> None:
    # Read by vLLM when its own processes start.
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(config.cpu_kv_cache_gib))
    if config.cpu_threads != "auto":
        os.environ["VLLM_CPU_OMP_THREADS_BIND"] = config.cpu_threads
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
