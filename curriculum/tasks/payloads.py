"""Exact JSON for checker payloads: what JSON would change (tuples, fractions, keys not text) is tagged.

Some scorers compare tuples or look up integer keys: plain JSON would turn a right answer into a wrong one.
"""

import json
from fractions import Fraction
from typing import Any

_TUPLE = "__tuple__"
_PAIRS = "__pairs__"
_FRACTION = "__fraction__"
_TAGS = (_TUPLE, _PAIRS, _FRACTION)


def encode_payload(payload: dict[str, Any]) -> str:
    """JSON text from which `decode_payload` restores an equal value; keys keep their order."""
    return json.dumps(_tagged(payload), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def decode_payload(text: str) -> dict[str, Any]:
    """The payload that `encode_payload` wrote.

    Raises:
        ValueError: If the text is not a JSON object.
    """
    value = _untagged(json.loads(text))
    if not isinstance(value, dict):
        raise ValueError(
            f"a payload must be a JSON object, got {type(value).__name__}: freeze the task set again"
        )
    return value


def _tagged(value: Any) -> Any:
    if isinstance(value, tuple):
        return {_TUPLE: [_tagged(v) for v in value]}
    if isinstance(value, list):
        return [_tagged(v) for v in value]
    if isinstance(value, dict):
        if all(isinstance(k, str) and k not in _TAGS for k in value):
            return {str(k): _tagged(v) for k, v in value.items()}
        return {_PAIRS: [[_tagged(k), _tagged(v)] for k, v in value.items()]}
    return {_FRACTION: str(value)} if isinstance(value, Fraction) else value


def _untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_untagged(v) for v in value]
    if isinstance(value, dict):
        if value.keys() == {_TUPLE}:
            return tuple(_untagged(v) for v in value[_TUPLE])
        if value.keys() == {_FRACTION}:
            return Fraction(value[_FRACTION])
        if value.keys() == {_PAIRS}:
            return {_untagged(k): _untagged(v) for k, v in value[_PAIRS]}
        return {k: _untagged(v) for k, v in value.items()}
    return value
