"""The filter, run by a small interpreter of the BPF instructions it uses, on the tables of both processors."""

import errno
import itertools
import re
import struct
from pathlib import Path

import pytest

from sandbox_service.worker.kernel import seccomp, syscall_numbers

ALLOW, KILL, DONE = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = (DONE | number for number in (errno.EPERM, errno.ENOSYS))
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FOREIGN = {"x86_64": 0x40000003, "aarch64": 0x40000028}
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
MACHINES = pytest.mark.parametrize("machine", list(ARCHITECTURES))
SELF = 77
PROGRAMS = {
    (machine, strict): seccomp.program(
        threads_only=strict,
        own_files=not strict,
        own_network=False,
        signals_only_to=SELF if strict else None,
        machine=machine,
    )
    for machine in ARCHITECTURES
    for strict in (True, False)
}
NETWORKED = {
    machine: seccomp.program(
        threads_only=False, own_files=True, own_network=True, signals_only_to=None, machine=machine
    )
    for machine in ARCHITECTURES
}
# Every group of names with its verdict in the strict program and in the roomy one.
GROUPS = (
    (syscall_numbers.ALLOWED, ALLOW, ALLOW),
    (syscall_numbers.ABSENT, ENOSYS, ENOSYS),
    (syscall_numbers.MODES_AND_TIMES, DONE, ALLOW),
    (syscall_numbers.OWNERS_AND_ATTRIBUTES, EPERM, ALLOW),
    (syscall_numbers.NEW_PROCESSES, EPERM, ALLOW),
    (syscall_numbers.OTHER_SIGNALS, EPERM, ALLOW),
    (syscall_numbers.SENDING_DESCRIPTORS, EPERM, ALLOW),
    (syscall_numbers.OWN_NETWORK, EPERM, EPERM),
    (syscall_numbers.SENDING_MANY, EPERM, EPERM),
)
REFUSED = """
socket connect accept bind listen ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp mount umount2
pivot_root chroot unshare setns open_tree fsopen fsmount mknodat open_by_handle_at bpf perf_event_open userfaultfd
keyctl add_key request_key kexec_load init_module finit_module delete_module reboot swapon acct settimeofday
clock_settime clock_adjtime personality quotactl syslog setuid setresuid setgroups capset shmget semget msgget
mq_open inotify_init1 inotify_add_watch fanotify_init seccomp landlock_create_ruleset setsockopt io_setup
timer_create mlock mincore cachestat sync setpriority sched_setscheduler process_madvise vhangup
"""
TABLES = (*(group for group, _, _ in GROUPS), syscall_numbers.SIGNALS_BY_PID, syscall_numbers.BY_ARGUMENT)


def verdict(program: bytes, number: int, *args: int, arch: int) -> int:
    return verdict_and_steps(program, number, *args, arch=arch)[0]


def verdict_and_steps(program: bytes, number: int, *args: int, arch: int) -> tuple[int, int]:
    words = [*args, *[0] * 6][:6]
    data = struct.pack("=IIQ6Q", number, arch, 0, *words)
    instructions = list(struct.iter_unpack("=HBBI", program))
    position = accumulator = 0
    for steps in itertools.count(1):
        code, if_true, if_false, k = instructions[position]
        position += 1
        if code == 0x06:
            return k, steps
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, k)
        elif code == 0x54:
            accumulator &= k
        elif code == 0x05:
            position += k
        else:
            tests = {0x15: accumulator == k, 0x35: accumulator >= k, 0x45: bool(accumulator & k)}
            position += if_true if tests[code] else if_false
    raise AssertionError


def by_name(machine: str, name: str, *args: int, strict: bool = False, program: bytes | None = None) -> int:
    numbers = {key: number for table in TABLES for key, number in syscall_numbers.on(machine, table).items()}
    return verdict(program or PROGRAMS[machine, strict], numbers[name], *args, arch=ARCHITECTURES[machine])


def kernel_numbers(machine: str) -> dict[str, int]:
    text = HEADERS[machine].read_text()
    numbers = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+)\s+(\d+)", text)}
    # On 64 bits these carry the plain name, and stat by folder the new one.
    wide = re.findall(r"#define __NR3264_(\w+)\s+(\d+)", text)
    return numbers | {{"fstatat": "newfstatat"}.get(name, name): int(number) for name, number in wide}


@MACHINES
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "roomy"])
def test_every_number_there_is_gets_the_verdict_of_its_group_and_all_others_are_refused(machine, strict):
    expected = dict.fromkeys(range(syscall_numbers.LAST_KNOWN + 1), EPERM)
    expected |= dict.fromkeys((470, 471, 600, 0x3FFFFFFF), ENOSYS)
    for group, in_strict, in_roomy in GROUPS:
        for number in syscall_numbers.on(machine, group).values():
            expected[number] = in_strict if strict else in_roomy
    for table in (syscall_numbers.SIGNALS_BY_PID, syscall_numbers.BY_ARGUMENT):
        for number in syscall_numbers.on(machine, table).values():
            del expected[number]
    program = PROGRAMS[machine, strict]
    found = {number: verdict(program, number, arch=ARCHITECTURES[machine]) for number in expected}
    assert found == expected


@MACHINES
def test_no_call_stands_in_two_groups(machine):
    numbers = [number for table in TABLES for number in syscall_numbers.on(machine, table).values()]
    assert len(numbers) == len(set(numbers))


@MACHINES
def test_any_call_is_judged_in_few_steps(machine):
    program, arch = PROGRAMS[machine, True], ARCHITECTURES[machine]
    steps = {number: verdict_and_steps(program, number, arch=arch)[1] for number in range(500)}
    by_argument = syscall_numbers.on(machine, syscall_numbers.BY_ARGUMENT).values()
    assert max(count for number, count in steps.items() if number not in by_argument) <= 16
    assert max(steps.values()) <= 30


@pytest.mark.parametrize(
    "name",
    REFUSED.split(),
)
@MACHINES
def test_the_filter_refuses(machine, name):
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's list of call numbers is not installed")
    numbers = {"cachestat": 451, **kernel_numbers(machine)}
    assert verdict(PROGRAMS[machine, False], numbers[name], arch=ARCHITECTURES[machine]) == EPERM


@MACHINES
def test_foreign_instruction_sets_kill(machine):
    assert verdict(PROGRAMS[machine, False], 20, arch=FOREIGN[machine]) == KILL
    other = next(arch for name, arch in ARCHITECTURES.items() if name != machine)
    assert verdict(PROGRAMS[machine, False], 0, arch=other) == KILL


@pytest.mark.parametrize("number", [0x40000000, 0x40000000 | 39, 0xFFFFFFFF])
def test_the_x32_calls_of_x86_64_kill(number):
    assert verdict(PROGRAMS["x86_64", False], number, arch=ARCHITECTURES["x86_64"]) == KILL


def test_another_processor_has_no_filter():
    with pytest.raises(OSError, match="no filter is written for riscv64, only for x86_64 and aarch64"):
        seccomp.program(
            threads_only=True, own_files=False, own_network=False, signals_only_to=None, machine="riscv64"
        )


@MACHINES
@pytest.mark.parametrize(
    ("flags", "roomy", "strict"),
    [
        (17, ALLOW, EPERM),
        (0x10000 | 0x400 | 0x100, ALLOW, ALLOW),
        (0x10000 | 0x100, ALLOW, EPERM),
        (0x400 | 0x100 | 17, ALLOW, EPERM),
        (0x10000000 | 17, EPERM, EPERM),
        (0x40000000 | 0x10000, EPERM, EPERM),
        (0x00000080 | 17, EPERM, EPERM),
    ],
    ids=[
        "process",
        "thread",
        "thread_with_own_descriptors",
        "process_with_shared_ones",
        "user_namespace",
        "thread_with_network_namespace",
        "time_namespace",
    ],
)
def test_clone_makes_threads_and_perhaps_processes_but_no_namespaces(machine, flags, roomy, strict):
    assert by_name(machine, "clone", flags) == roomy
    assert by_name(machine, "clone", flags, strict=True) == strict


@MACHINES
@pytest.mark.parametrize(
    ("family", "kind", "expected"),
    [(1, 1, ALLOW), (1, 1 | 0o2000000, ALLOW), (1, 2, EPERM), (1, 5, EPERM), (2, 1, EPERM), (16, 1, EPERM)],
)
def test_only_a_pair_of_unix_stream_sockets_can_be_made(machine, family, kind, expected):
    assert by_name(machine, "socketpair", family, kind) == expected


@MACHINES
@pytest.mark.parametrize(
    ("family", "kind", "protocol", "expected"),
    [
        *((family, kind, 0, ALLOW) for family in (1, 2, 10) for kind in (1, 2, 1 | 0o2004000)),
        (2, 1, 6, ALLOW),
        (2, 2, 17, ALLOW),
        *((family, 3, 0, EPERM) for family in (2, 10, 16, 17)),
        *((family, 1, 0, EPERM) for family in (0, 3, 9, 16, 29, 38, 40)),
        (1, 5, 0, EPERM),
        (2, 2, 1, EPERM),
        (2, 1, 132, EPERM),
        (2, 1, 262, EPERM),
    ],
)
def test_in_a_network_of_its_own_a_script_has_plain_sockets_and_no_other(
    machine, family, kind, protocol, expected
):
    assert by_name(machine, "socket", family, kind, protocol, program=NETWORKED[machine]) == expected
    assert by_name(machine, "socket", family, kind, protocol) == EPERM


@MACHINES
@pytest.mark.parametrize(
    ("level", "option", "expected"),
    [
        *((1, option, ALLOW) for option in (2, 9, 15, 20)),
        *((6, option, ALLOW) for option in (1, 4)),
        (41, 26, ALLOW),
        # Filters, reuse by a program, a congestion control, a protocol above TCP, a key, a firewall's table.
        *((1, option, EPERM) for option in (26, 27, 50, 51, 52)),
        *((6, option, EPERM) for option in (13, 31, 14)),
        *((0, option, EPERM) for option in (64, 96)),
        (17, 1, EPERM),
        (270, 1, EPERM),
    ],
)
def test_of_a_socket_only_plain_options_can_be_set(machine, level, option, expected):
    assert by_name(machine, "setsockopt", 3, level, option, program=NETWORKED[machine]) == expected
    assert by_name(machine, "setsockopt", 3, level, option) == EPERM


@MACHINES
@pytest.mark.parametrize("name", ["bind", "listen", "connect", "accept", "accept4", "recvmmsg", "sendmmsg"])
def test_calls_of_sockets_are_there_in_a_network_of_its_own_alone(machine, name):
    assert by_name(machine, name, program=NETWORKED[machine]) == ALLOW
    assert by_name(machine, name) == EPERM


@MACHINES
@pytest.mark.parametrize(("kind", "expected"), [(1, ALLOW), (2, ALLOW), (5, EPERM), (3, EPERM)])
def test_pairs_of_sockets_may_send_datagrams_in_a_network_of_its_own(machine, kind, expected):
    assert by_name(machine, "socketpair", 1, kind, program=NETWORKED[machine]) == expected
    assert by_name(machine, "socketpair", 2, kind, program=NETWORKED[machine]) == EPERM


@MACHINES
@pytest.mark.parametrize("name", ["kill", "tgkill"])
@pytest.mark.parametrize(("target", "strict"), [(SELF, ALLOW), (78, EPERM), (2**32 - 1, EPERM), (0, EPERM)])
def test_signals_go_only_to_the_script_itself_where_nothing_else_holds_them(machine, name, target, strict):
    assert by_name(machine, name, target, 9, strict=True) == strict
    assert by_name(machine, name, target, 9) == ALLOW


@MACHINES
@pytest.mark.parametrize("name", ["prlimit64", "sched_setaffinity"])
def test_limits_and_processors_can_be_set_only_for_oneself(machine, name):
    assert by_name(machine, name, 0) == ALLOW
    assert by_name(machine, name, SELF) == EPERM


@MACHINES
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        *((command, ALLOW) for command in (0, 1, 2, 3, 4, 6, 7, 37, 1030, 1031)),
        *((command, EPERM) for command in (8, 10, 15, 1024, 1026, 1033)),
    ],
)
def test_descriptors_send_no_signals_and_take_no_leases(machine, command, expected):
    assert by_name(machine, "fcntl", 3, command) == expected


@MACHINES
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (0x22, ALLOW),
        (0x01, ALLOW),
        (0x02, ALLOW),
        (0x20022, ALLOW),
        (0x21, EPERM),
        (0x23, EPERM),
        (0x40021, EPERM),
    ],
)
def test_memory_is_shared_only_through_files_because_nothing_counts_it_else(machine, flags, expected):
    assert by_name(machine, "mmap", 0, 4096, 3, flags) == expected


@MACHINES
def test_a_thread_keeps_the_descriptors_of_its_process(machine):
    assert by_name(machine, "close_range", 3, 2**32 - 1, 0) == ALLOW
    assert by_name(machine, "close_range", 3, 2**32 - 1, 4) == ALLOW
    assert by_name(machine, "close_range", 3, 2**32 - 1, 2) == EPERM


@MACHINES
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        *((number, ALLOW) for number in (0x5401, 0x5413, 0x541B, 0x5421, 0x5451)),
        *((number, EPERM) for number in (0x5412, 0x541C, 0x8901, 0x8902, 0x5402, 0x40049409, 0xB701)),
    ],
)
def test_a_descriptor_answers_questions_and_takes_no_other_orders(machine, question, expected):
    assert by_name(machine, "ioctl", 0, question) == expected


@MACHINES
@pytest.mark.parametrize(
    ("option", "expected"),
    [
        *((option, ALLOW) for option in (3, 15, 16, 38, 39)),
        *((option, EPERM) for option in (1, 4, 8, 22, 24, 35, 36, 47, 59)),
    ],
)
def test_a_script_names_itself_but_changes_nothing_that_holds_it(machine, option, expected):
    assert by_name(machine, "prctl", option) == expected


@MACHINES
def test_the_numbers_are_those_of_the_kernel_headers(machine):
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's list of call numbers is not installed")
    kernel = kernel_numbers(machine)
    for table in TABLES:
        here = syscall_numbers.on(machine, table)
        assert here == {name: kernel.get(name, number) for name, number in here.items()}
        assert not {name for name in table if name not in here} & set(kernel)
