import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.payloads import decode_payload, encode_payload

_leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.fractions()
_keys = st.text(max_size=5) | st.integers() | st.tuples(st.integers(), st.integers())
_values = st.recursive(
    _leaves,
    lambda v: st.lists(v, max_size=3) | st.tuples(v, v) | st.dictionaries(_keys, v, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), _values, max_size=4))
def test_payload_survives_json_with_tuples_and_keys_that_are_not_text(payload: dict) -> None:
    restored = decode_payload(encode_payload(payload))
    assert restored == payload
    assert repr(restored) == repr(payload)  # 1 == True and (1,) != [1] are not enough


def test_marker_used_as_a_key_survives() -> None:
    payload = {"a": {"__tuple__": [1]}, "__pairs__": 2}
    assert decode_payload(encode_payload(payload)) == payload


def test_payload_that_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON object"):
        decode_payload("[1]")
