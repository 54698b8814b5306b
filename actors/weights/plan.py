"""Which bytes of which bucket hold which parameter: computed from names, dtypes and shapes alone.

Parameters keep the model's order and are never split; a bucket is closed when the next one would not fit, and
a parameter larger than a bucket gets one to itself. Tied parameters are published once, under the name that a
checkpoint has them by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from actors.records import TensorSpec

_ALIGNMENT = 64
_ITEM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "int64": 8}


@dataclass(frozen=True)
class BucketPlan:
    """Where every parameter goes: `BucketPlan(tensors=(...), bucket_bytes=(67108864, 1024))`."""

    tensors: tuple[TensorSpec, ...]
    """Every parameter, in the order of the buckets and of the places in them."""
    bucket_bytes: tuple[int, ...]
    """Length of each bucket."""

    def of_bucket(self, bucket: int) -> tuple[TensorSpec, ...]:
        """The parameters in one bucket."""
        return tuple(spec for spec in self.tensors if spec.bucket == bucket)


def bucket_plan(parameters: Sequence[tuple[str, str, tuple[int, ...]]], max_bytes: int) -> BucketPlan:
    """Lay parameters in buckets.

    Args:
        parameters: (name, dtype name, shape) in order, tied ones once.
        max_bytes: most bytes in a bucket of more than one parameter.
    """
    names = [name for name, _, _ in parameters]
    if len(set(names)) != len(names):
        raise ValueError(f"parameter names repeat: {sorted({n for n in names if names.count(n) > 1})}")
    if max_bytes < 1:
        raise ValueError(f"weights.bucket_bytes must be positive, got {max_bytes}")
    specs: list[TensorSpec] = []
    lengths: list[int] = []
    for name, dtype, shape in parameters:
        num_bytes = prod(shape) * _ITEM_BYTES[dtype]
        start = -(-lengths[-1] // _ALIGNMENT) * _ALIGNMENT if lengths else 0
        if not lengths or start + num_bytes > max_bytes:
            lengths.append(0)
            start = 0
        specs.append(
            TensorSpec(
                name=name,
                dtype=dtype,
                shape=shape,
                bucket=len(lengths) - 1,
                offset=start,
                num_bytes=num_bytes,
            )
        )
        lengths[-1] = start + num_bytes
    return BucketPlan(tuple(specs), tuple(lengths))
