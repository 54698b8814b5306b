"""The filter, run by a small interpreter of the BPF instructions it uses."""

import errno
import re
import struct
from pathlib import Path

import pytest

from sandbox_service.worker import seccomp

ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = (0x00050000 | number for number in (errno.EPERM, errno.ENOSYS))
X86_64, I386 = 0xC000003E, 0x40000003
HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
STRICT = seccomp.program(threads_only=True, own_ipc=False, own_files=False, signals_only_to=77)
ROOMY = seccomp.program(threads_only=False, own_ipc=True, own_files=True, signals_only_to=None)


def verdict(program: bytes, number: int, *args: int, arch: int = X86_64) -> int:
    data = struct.pack("=IIQ6Q", number, arch, 0, *(list(args) + [0] * 6)[:6])
    instructions = list(struct.iter_unpack("=HBBI", program))
    position = accumulator = 0
    while True:
        code, if_true, if_false, k = instructions[position]
        position += 1
        if code == 0x06:
            return k
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, k)
        elif code == 0x54:
            accumulator &= k
        else:
            tests = {0x15: accumulator == k, 0x35: accumulator >= k, 0x45: bool(accumulator & k)}
            position += if_true if tests[code] else if_false


def test_ordinary_calls_are_allowed():
    for number in (0, 1, 9, 12, 39, 202, 231, 257):
        assert verdict(STRICT, number) == ALLOW


def test_every_call_on_the_lists_is_refused():
    for number in seccomp.DENIED.values():
        assert verdict(ROOMY, number) == EPERM
    for number in seccomp.ABSENT.values():
        assert verdict(ROOMY, number) == ENOSYS
    for number in {
        **seccomp.SHARED_IPC,
        **seccomp.NEW_PROCESSES,
        **seccomp.OTHER_SIGNALS,
        **seccomp.OWNERS,
    }.values():
        assert verdict(STRICT, number) == EPERM
        assert verdict(ROOMY, number) == ALLOW


def test_foreign_instruction_sets_kill():
    assert verdict(ROOMY, 20, arch=I386) == KILL
    assert verdict(ROOMY, 0x40000000 | 39) == KILL


@pytest.mark.parametrize(
    ("flags", "roomy", "strict"),
    [
        (17, ALLOW, EPERM),
        (0x10000 | 0x100, ALLOW, ALLOW),
        (0x10000000 | 17, EPERM, EPERM),
        (0x40000000 | 0x10000, EPERM, EPERM),
    ],
    ids=["process", "thread", "user_namespace", "thread_with_network_namespace"],
)
def test_clone_makes_threads_and_perhaps_processes_but_no_namespaces(flags, roomy, strict):
    assert verdict(ROOMY, 56, flags) == roomy
    assert verdict(STRICT, 56, flags) == strict


def test_only_a_pair_of_unix_stream_sockets_can_be_made():
    assert verdict(ROOMY, 53, 1, 1 | 0o2000000) == ALLOW
    assert verdict(ROOMY, 53, 1, 2) == EPERM
    assert verdict(ROOMY, 53, 2, 1) == EPERM


def test_signals_go_only_to_the_script_itself_where_nothing_else_holds_them():
    for number in (62, 234):
        assert verdict(STRICT, number, 77, 9) == ALLOW
        assert verdict(STRICT, number, 78, 9) == EPERM
        assert verdict(STRICT, number, 2**32 - 1, 9) == EPERM
        assert verdict(ROOMY, number, 78, 9) == ALLOW


def test_modes_and_times_of_files_are_left_alone_in_silence_where_files_of_others_are_in_reach():
    for number in seccomp.IGNORED.values():
        assert verdict(STRICT, number) == 0x00050000
        assert verdict(ROOMY, number) == ALLOW


def test_limits_and_processors_can_be_set_only_for_oneself():
    for number in (302, 203):
        assert verdict(ROOMY, number, 0) == ALLOW
        assert verdict(ROOMY, number, 77) == EPERM


def test_descriptors_cannot_be_made_to_send_signals():
    for command in (8, 10, 15):
        assert verdict(ROOMY, 72, 3, command) == EPERM
    assert verdict(ROOMY, 72, 3, 4) == ALLOW


def test_typing_into_a_terminal_and_clearing_the_death_signal_are_refused():
    assert verdict(ROOMY, 16, 0, 0x5412) == EPERM
    assert verdict(ROOMY, 16, 0, 0x5401) == ALLOW
    assert verdict(ROOMY, 157, 1, 0) == EPERM
    assert verdict(ROOMY, 157, 15, 0) == ALLOW


@pytest.mark.skipif(not HEADER.exists(), reason="the kernel's list of call numbers is not installed")
def test_the_numbers_are_those_of_the_kernel_headers():
    kernel = dict(re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text()))
    groups = (
        seccomp.DENIED,
        seccomp.ABSENT,
        seccomp.IGNORED,
        seccomp.OWNERS,
        seccomp.SHARED_IPC,
        seccomp.NEW_PROCESSES,
    )
    for group in (*groups, seccomp.SIGNALS_BY_PID, seccomp.OTHER_SIGNALS):
        for name, number in group.items():
            assert int(kernel.get(name, number)) == number, name
