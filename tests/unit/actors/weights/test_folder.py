"""A saved model and a published policy reach the engines in the same form."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from actors.errors import WeightSyncError
from actors.weights.buckets import unpacked, verify
from actors.weights.folder import folder_buckets


def test_folder_gives_every_tensor_bit_for_bit(tmp_path):
    tensors = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor([1.5, -2.5], dtype=torch.bfloat16)}
    save_file({"a": tensors["a"]}, tmp_path / "one.safetensors")
    save_file({"b": tensors["b"]}, tmp_path / "two.safetensors")
    manifest, buckets = folder_buckets(str(tmp_path), 3)
    verify(manifest, buckets)
    assert manifest.version == 3
    found = dict(unpacked(manifest, buckets))
    assert set(found) == {"a", "b"}
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_damaged_bucket_of_a_folder_is_noticed(tmp_path):
    save_file({"a": torch.ones(4)}, tmp_path / "one.safetensors")
    manifest, buckets = folder_buckets(str(tmp_path), 0)
    buckets[0] = np.array(buckets[0])
    buckets[0][0] ^= 1
    with pytest.raises(WeightSyncError, match="bucket 0 of policy version 0"):
        verify(manifest, buckets)


def test_folder_without_weights_is_refused_by_name(tmp_path):
    with pytest.raises(WeightSyncError, match=r"no \*.safetensors in"):
        folder_buckets(str(tmp_path), 0)


def test_cut_file_is_refused(tmp_path):
    save_file({"a": torch.ones(400)}, tmp_path / "one.safetensors")
    whole = (tmp_path / "one.safetensors").read_bytes()
    (tmp_path / "one.safetensors").write_bytes(whole[:200])
    with pytest.raises(WeightSyncError, match="cannot be read"):
        folder_buckets(str(tmp_path), 0)
