"""A saved model as a published policy version, so that engines load both in the same way."""

from pathlib import Path

import numpy as np

from actors.errors import WeightSyncError
from actors.records import WeightManifest
from actors.weights.buckets import checksum, manifest_of, packed
from actors.weights.plan import bucket_plan


def folder_buckets(folder: str, version: int) -> tuple[WeightManifest, list[np.ndarray]]:
    """Manifest and buckets, one per safetensors file, of the model in `folder`.

    Raises:
        WeightSyncError: there is no readable safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    files = sorted(Path(folder).glob("*.safetensors"))
    if not files:
        raise WeightSyncError(f"no *.safetensors in {folder}: is it a saved model?")
    tensors = []
    try:
        for file in files:
            with safe_open(file, framework="pt") as opened:
                tensors += [(name, opened.get_tensor(name)) for name in opened.keys()]  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise WeightSyncError(
            f"{folder} cannot be read ({error}): bring it back from a copy, or delete it and it is made again"
        ) from error
    plan = bucket_plan(
        [(name, str(t.dtype).removeprefix("torch."), tuple(t.shape)) for name, t in tensors],
        max_bytes=1 << 30,
    )
    by_name = dict(tensors)
    buckets = [
        packed(specs, [by_name[s.name] for s in specs], num_bytes)
        for specs, num_bytes in ((plan.of_bucket(i), n) for i, n in enumerate(plan.bucket_bytes))
    ]
    return manifest_of(version, plan, [checksum(b) for b in buckets]), buckets
