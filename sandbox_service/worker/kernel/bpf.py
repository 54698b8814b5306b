"""Writes programs for the kernel's classic BPF machine, as seccomp runs them: no library, only what filters need.

A body is a run of instructions that ends in a return; it may overwrite the accumulator.
"""

import struct

ALLOW, KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _RETURN, _AND, _JUMP = 0x20, 0x06, 0x54, 0x05
EQUAL, AT_LEAST, ANY_BIT = 0x15, 0x35, 0x45
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16
_FARTHEST_TEST = 255
_INSTRUCTION_BYTES = 8


def _instruction(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, k)


def answer(action: int) -> bytes:
    """The instruction that ends the program with `action`."""
    return _instruction(_RETURN, action)


def error(number: int) -> bytes:
    """End with this errno; with 0 the call is answered as done, and never done."""
    return answer(_ERRNO | number)


def load_number() -> bytes:
    """Take the call's number into the accumulator."""
    return _instruction(_LOAD, _OFFSET_NUMBER)


def load_architecture() -> bytes:
    """Take the instruction set of the call into the accumulator."""
    return _instruction(_LOAD, _OFFSET_ARCHITECTURE)


def load_argument(index: int, mask: int | None = None) -> bytes:
    """Take the low half of an argument into the accumulator, and only the bits of `mask`."""
    load = _instruction(_LOAD, _OFFSET_ARGUMENTS + 8 * index)
    return load if mask is None else load + _instruction(_AND, mask)


def when(test: int, value: int, body: bytes) -> bytes:
    """Go through `body` if the test holds."""
    return _instruction(test, value, 0, len(body) // _INSTRUCTION_BYTES) + body


def unless(test: int, value: int, body: bytes) -> bytes:
    """Go through `body` if the test does not hold."""
    length = len(body) // _INSTRUCTION_BYTES
    if length <= _FARTHEST_TEST:
        return _instruction(test, value, length, 0) + body
    return _instruction(test, value, 0, 1) + _instruction(_JUMP, length) + body


def search(bodies: dict[int, bytes], *, default: bytes, last: int, beyond: bytes) -> bytes:
    """Find the accumulator's body by halving: `default` up to `last` where none is given, `beyond` above it.

    Besides being fast at each call, this makes putting the filter in force cheap: for its cache the kernel then
    runs the program once for every number there is.
    """
    starts: list[tuple[int, bytes]] = []
    for number in range(last + 1):
        body = bodies.get(number, default)
        if not starts or starts[-1][1] != body:
            starts.append((number, body))
    return _halved([*starts, (last + 1, beyond)])


def _halved(starts: list[tuple[int, bytes]]) -> bytes:
    if len(starts) == 1:
        return starts[0][1]
    middle = len(starts) // 2
    return unless(AT_LEAST, starts[middle][0], _halved(starts[:middle])) + _halved(starts[middle:])
