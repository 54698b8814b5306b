"""A saved model and a published policy reach the engines in the same form."""

import pytest
import torch
from safetensors.torch import save_file

from actors.errors import WeightSyncError
from actors.weights.buckets import unpacked
from actors.weights.folder import folder_policy


def test_folder_gives_every_tensor_bit_for_bit(tmp_path):
    tensors = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor([1.5, -2.5], dtype=torch.bfloat16)}
    save_file({"a": tensors["a"]}, tmp_path / "one.safetensors")
    save_file({"b": tensors["b"]}, tmp_path / "two.safetensors")
    manifest, buckets = folder_policy(str(tmp_path), 3)
    assert manifest.version == 3
    found = dict(unpacked(manifest, list(buckets)))
    assert set(found) == {"a", "b"}
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_a_bucket_is_read_when_it_is_asked_for_and_not_before(tmp_path):
    # Of 100 MiB each: two do not fit into one bucket.
    sizes = {"a": 25 << 20, "b": 25 << 20}
    for name, size in sizes.items():
        save_file({name: torch.zeros(size)}, tmp_path / f"{name}.safetensors")
    manifest, buckets = folder_policy(str(tmp_path), 0)
    assert [spec.bucket for spec in manifest.tensors] == [0, 1]
    assert len(next(buckets)) == 100 << 20
    (tmp_path / "b.safetensors").unlink()
    with pytest.raises(WeightSyncError, match="cannot be read"):
        next(buckets)


def test_folder_without_weights_is_refused_by_name(tmp_path):
    with pytest.raises(WeightSyncError, match=r"no \*.safetensors in"):
        folder_policy(str(tmp_path), 0)


def test_cut_file_is_refused(tmp_path):
    save_file({"a": torch.ones(400)}, tmp_path / "one.safetensors")
    whole = (tmp_path / "one.safetensors").read_bytes()
    (tmp_path / "one.safetensors").write_bytes(whole[:200])
    with pytest.raises(WeightSyncError, match="cannot be read"):
        folder_policy(str(tmp_path), 0)
