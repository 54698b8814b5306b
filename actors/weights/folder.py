"""A saved model as a published policy version, so that engines load both in the same way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from actors.errors import WeightSyncError
from actors.records import WeightManifest
from actors.weights.buckets import Bucket, manifest_of, packed
from actors.weights.plan import BucketPlan, bucket_plan

_BUCKET_BYTES = 128 << 20
_DTYPES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16", "I64": "int64"}


def folder_policy(folder: str, version: int) -> tuple[WeightManifest, Iterator[Bucket]]:
    """Manifest of the model in `folder`, and its buckets, each read when it is asked for.

    The manifest has no checksums: these bytes have not been on the way.

    Raises:
        WeightSyncError: there is no readable safetensors file, at once or when a bucket is read.
    """
    files = sorted(Path(folder).glob("*.safetensors"))
    if not files:
        raise WeightSyncError(f"no *.safetensors in {folder}: is it a saved model?")
    parameters, home = [], {}
    for file in files:
        with _opened(file) as content:
            for name in content.keys():  # noqa: SIM118 - not a dict
                part = content.get_slice(name)
                parameters.append((name, _DTYPES[part.get_dtype()], tuple(part.get_shape())))
                home[name] = file
    plan = bucket_plan(parameters, _BUCKET_BYTES)
    return manifest_of(version, plan, ()), _read(plan, home)


def _read(plan: BucketPlan, home: dict[str, Path]) -> Iterator[Bucket]:
    for index, num_bytes in enumerate(plan.bucket_bytes):
        specs = plan.of_bucket(index)
        tensors = []
        for spec in specs:
            with _opened(home[spec.name]) as content:
                tensors.append(content.get_tensor(spec.name))
        yield packed(specs, tensors, num_bytes)


def _opened(file: Path) -> Any:
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(file, framework="pt")
    except (OSError, SafetensorError) as error:
        raise WeightSyncError(
            f"{file.parent} cannot be read ({error}): bring it back from a copy, or delete it and it is made again"
        ) from error
