"""Parameters to byte buckets and back, with a checksum per bucket.

A bucket is a plain uint8 array, so that Ray's object store hands it over without a copy, whatever the dtype
(numpy has no bfloat16). `unpacked` gives views into the bucket: the receiver must not write into them.
"""

import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from actors.errors import WeightSyncError
from actors.records import TensorSpec, WeightManifest
from actors.weights.plan import BucketPlan

if TYPE_CHECKING:
    import torch

Bucket = NDArray[np.uint8]


def packed(specs: Iterable[TensorSpec], tensors: "Iterable[torch.Tensor]", num_bytes: int) -> Bucket:
    """One bucket from its parameters, converted to the published dtype on the way."""
    # Zeros, not empty: the gaps between parameters are under the checksum too.
    bucket = np.zeros(num_bytes, dtype=np.uint8)
    for spec, tensor in zip(specs, tensors, strict=True):
        if tuple(tensor.shape) != spec.shape:
            raise WeightSyncError(
                f"{spec.name} has shape {tuple(tensor.shape)} but was planned as {spec.shape}"
            )
        _view(bucket, spec).copy_(tensor.detach())
    return bucket


def checksum(bucket: Bucket) -> str:
    """CRC-32 with the length: notices a damaged, cut or exchanged bucket."""
    return f"{zlib.crc32(bucket.data):08x}-{bucket.nbytes}"


def manifest_of(version: int, plan: BucketPlan, checksums: Sequence[str]) -> WeightManifest:
    """The manifest that goes with the buckets of a plan."""
    return WeightManifest(version=version, tensors=plan.tensors, checksums=tuple(checksums))


def verify(manifest: WeightManifest, buckets: Sequence[Bucket]) -> None:
    """Raise `WeightSyncError` unless these are the buckets that the manifest describes."""
    if len(buckets) != len(manifest.checksums):
        raise WeightSyncError(
            f"policy version {manifest.version} has {len(manifest.checksums)} buckets, "
            f"{len(buckets)} arrived: fetch the version again"
        )
    for index, (bucket, expected) in enumerate(zip(buckets, manifest.checksums, strict=True)):
        found = checksum(bucket)
        if found != expected:
            raise WeightSyncError(
                f"bucket {index} of policy version {manifest.version} has checksum {found}, "
                f"expected {expected}: fetch the version again"
            )


def unpacked(manifest: WeightManifest, buckets: Sequence[Bucket]) -> "Iterator[tuple[str, torch.Tensor]]":
    """(name, parameter) in published order, as views into the buckets that must not be written to."""
    for spec in manifest.tensors:
        yield spec.name, _view(buckets[spec.bucket], spec)


def _view(bucket: Bucket, spec: TensorSpec) -> "torch.Tensor":
    # Here, because whoever only verifies need not wait for torch.
    import torch

    raw = bucket[spec.offset : spec.offset + spec.num_bytes]
    with warnings.catch_warnings():
        # Arrays from the object store are read-only, which torch cannot express.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(raw).view(getattr(torch, spec.dtype)).view(spec.shape)
