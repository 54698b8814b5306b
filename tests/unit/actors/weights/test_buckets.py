import warnings

import numpy as np
import pytest
import torch

from actors.errors import WeightSyncError
from actors.weights.buckets import checksum, manifest_of, packed, unpacked, verify
from actors.weights.plan import bucket_plan

TENSORS = {
    "a": torch.arange(6.0).view(2, 3),
    "b": torch.tensor([1.5, -2.25], dtype=torch.bfloat16),
    "c": torch.arange(40.0),
}


def published(max_bytes=100):
    parameters = [(n, str(t.dtype).removeprefix("torch."), tuple(t.shape)) for n, t in TENSORS.items()]
    plan = bucket_plan(parameters, max_bytes)
    buckets = [
        packed(plan.of_bucket(i), [TENSORS[s.name] for s in plan.of_bucket(i)], size)
        for i, size in enumerate(plan.bucket_bytes)
    ]
    return manifest_of(7, plan, [checksum(b) for b in buckets]), buckets


def test_unpacking_gives_back_what_was_packed():
    manifest, buckets = published()
    verify(manifest, buckets)
    found = dict(unpacked(manifest, buckets))
    assert list(found) == list(TENSORS)
    for name, tensor in TENSORS.items():
        assert torch.equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype


def test_unpacked_parameters_are_views_even_of_read_only_buckets():
    manifest, buckets = published()
    for bucket in buckets:
        bucket.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = dict(unpacked(manifest, buckets))
    assert found["a"].data_ptr() == buckets[0].__array_interface__["data"][0]


def test_one_flipped_bit_names_the_version_and_the_bucket():
    manifest, buckets = published()
    damaged = buckets[1].copy()
    damaged[3] ^= 1
    with pytest.raises(WeightSyncError, match="bucket 1 of policy version 7"):
        verify(manifest, [buckets[0], damaged])


def test_exchanged_buckets_are_noticed():
    manifest, buckets = published()
    with pytest.raises(WeightSyncError, match="bucket 0"):
        verify(manifest, buckets[::-1])


def test_missing_bucket_is_noticed():
    manifest, buckets = published()
    with pytest.raises(WeightSyncError, match="has 2 buckets, 1 arrived"):
        verify(manifest, buckets[:1])


def test_same_weights_give_the_same_checksums():
    assert published()[0] == published()[0]


def test_parameter_of_another_shape_is_named():
    manifest, _ = published()
    with pytest.raises(WeightSyncError, match=r"a has shape \(3,\)"):
        packed(manifest.tensors[:1], [torch.zeros(3)], 24)


def test_cut_bucket_is_noticed():
    manifest, buckets = published()
    with pytest.raises(WeightSyncError, match="bucket 0"):
        verify(manifest, [np.ascontiguousarray(buckets[0][:-1]), buckets[1]])
