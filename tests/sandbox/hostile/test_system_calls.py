"""Calls to the kernel that a script has no business with, one by one, made past every library."""

import errno
import platform

import pytest

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers here are those of x86_64"),
]

NEW_USER, NEW_NETWORK, NEW_MOUNTS, CHILD = 0x10000000, 0x40000000, 0x00020000, 17
# Number and arguments. Chosen so that even a kernel that let them through would do no harm.
REFUSED = {
    "ptrace": (101, 0, 0, 0, 0), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "process_vm_writev": (311, 1, 0, 0, 0, 0, 0), "pidfd_getfd": (438, 0, 0, 0), "kcmp": (312, 1, 1, 0, 0, 0),
    "process_madvise": (440, 0, 0, 0, 4, 0), "move_pages": (279, 1, 0, 0, 0, 0, 0), "migrate_pages": (256, 1, 0, 0, 0),
    "mount": (165, 0, 0, 0, 0, 0), "umount2": (166, 0, 0), "pivot_root": (155, 0, 0), "chroot": (161, 0),
    "unshare_user": (272, NEW_USER), "unshare_network": (272, NEW_NETWORK), "unshare_nothing": (272, 0),
    "setns": (308, 0, 0), "open_tree": (428, -100, 0, 0), "move_mount": (429, 0, 0, 0, 0, 0), "fsopen": (430, 0, 0),
    "fsconfig": (431, 0, 0, 0, 0, 0), "fsmount": (432, 0, 0, 0), "fspick": (433, -100, 0, 0),
    "mount_setattr": (442, -100, 0, 0, 0, 0), "statmount": (457, 0, 0, 0, 0), "listmount": (458, 0, 0, 0, 0),
    "mknod": (133, 0, 0, 0), "mknodat": (259, -100, 0, 0, 0), "name_to_handle_at": (303, -100, 0, 0, 0, 0),
    "open_by_handle_at": (304, -100, 0, 0), "fanotify_init": (300, 0, 0), "inotify_init1": (294, 0),
    "inotify_add_watch": (254, 0, 0, 0), "quotactl": (179, 0, 0, 0, 0), "quotactl_fd": (443, 0, 0, 0, 0),
    "bpf": (321, 0, 0, 0), "perf_event_open": (298, 0, 0, -1, -1, 0), "userfaultfd": (323, 0),
    "keyctl": (250, 0, -3, 0),
    "add_key": (248, 0, 0, 0, 0, 0), "request_key": (249, 0, 0, 0, 0), "vmsplice": (278, 0, 0, 0, 0),
    "personality": (135, 0), "modify_ldt": (154, 0, 0, 0), "iopl": (172, 3), "ioperm": (173, 0, 1, 1),
    "kexec_load": (246, 0, 0, 0, 0), "kexec_file_load": (320, 0, 0, 0, 0, 0), "init_module": (175, 0, 0, 0),
    "finit_module": (313, 0, 0, 0), "delete_module": (176, 0, 0), "reboot": (169, 0, 0, 0, 0), "swapon": (167, 0, 0),
    "swapoff": (168, 0), "acct": (163, 1), "syslog": (103, 0, 0, 0), "vhangup": (153,), "sethostname": (170, 0, 0),
    "setdomainname": (171, 0, 0), "settimeofday": (164, 0, 0), "clock_settime": (227, 0, 0),
    "clock_adjtime": (305, 0, 0), "adjtimex": (159, 0), "shmget": (29, 0, 4096, 0o1600), "shmat": (30, 0, 0, 0),
    "semget": (64, 0, 1, 0o1600), "msgget": (68, 0, 0o1600), "msgsnd": (69, 0, 0, 0, 0), "mq_open": (240, 0, 0, 0, 0),
    "mq_unlink": (241, 0), "io_setup": (206, 1, 0), "seccomp": (317, 0, 0, 0), "landlock": (444, 0, 0, 1),
    "setuid_root": (105, 0), "setgid_root": (106, 0), "setresuid": (117, 0, 0, 0), "setgroups": (116, 0, 0),
    "capset": (126, 0, 0), "mlockall": (151, 1), "timer_create": (222, 0, 0, 0), "setpriority": (141, 0, 0, 5),
    "sched_setscheduler": (144, 0, 0, 0), "mincore": (27, 0, 0, 0), "cachestat": (451, 0, 0, 0, 0),
    "set_mempolicy": (238, 0, 0, 0), "sync": (162,), "lsm_get_self_attr": (459, 0, 0, 0, 0),
    "setsockopt": (54, 0, 1, 26),
    "clone_into_a_user_namespace": (56, NEW_USER | CHILD, 0, 0, 0, 0),
    "clone_into_a_network_namespace": (56, NEW_NETWORK | CHILD, 0, 0, 0, 0),
    "clone_into_a_mount_namespace": (56, NEW_MOUNTS | CHILD, 0, 0, 0, 0),
    "prctl_death_signal": (157, 1, 0), "prctl_not_dumpable": (157, 4, 0), "prctl_subreaper": (157, 36, 1),
    "prctl_filter": (157, 22, 2, 0), "prctl_dispatch": (157, 59, 0, 0, 0, 0),
    "ioctl_types_into_a_terminal": (16, 0, 0x5412, 0),
    "ioctl_owner": (16, 1, 0x8901, 0), "fcntl_owner": (72, 1, 8, 1), "fcntl_lease": (72, 0, 1024, 0),
    "fcntl_notify": (72, 0, 1026, 1), "mmap_shared_without_a_file": (9, 0, 4096, 3, 0x21, -1, 0),
    "close_range_unshare": (436, 100, 101, 2),
}  # fmt: skip
ABSENT = {
    "clone3": (435, 0, 0), "io_uring_setup": (425, 1, 0), "io_uring_enter": (426, 0, 0, 0, 0, 0, 0),
    "io_uring_register": (427, 0, 0, 0, 0), "memfd_create": (319, 0, 0), "memfd_secret": (447, 0),
    "a_call_of_a_future_kernel": (480, 0), "no_call_at_all": (5000, 0),
}  # fmt: skip


def calling(words: tuple[int, ...]) -> str:
    return (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"print(libc.syscall(*map(ctypes.c_long, {words})), ctypes.get_errno())"
    )


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED.keys())
async def test_this_call_is_refused(run, words):
    assert (await run(calling(words))).stdout == f"-1 {errno.EPERM}\n"


@pytest.mark.parametrize("words", ABSENT.values(), ids=ABSENT.keys())
async def test_this_call_is_answered_as_by_a_kernel_without_it(run, words):
    assert (await run(calling(words))).stdout == f"-1 {errno.ENOSYS}\n"


@pytest.mark.parametrize("number", [0x40000000, 0x40000027, 0x40000208], ids=hex)
async def test_calls_of_x32_kill_the_script(run, number):
    result = await run(calling((number, 0, 0, 0)))
    assert (result.termination, result.message) == ("killed", "killed by SIGSYS")


async def test_calls_of_32_bits_kill_the_script(run):
    code = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")  # mov eax, 20 (getpid); int 0x80; ret
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
"""
    result = await run(code)
    # Not every kernel has this entry at all.
    assert result.message in ("killed by SIGSYS", "killed by SIGSEGV"), result.stdout


@pytest.mark.parametrize("name", ["AS", "CORE", "CPU", "FSIZE", "MEMLOCK", "MSGQUEUE", "NOFILE"])
async def test_this_limit_cannot_be_raised(run, name):
    code = f"""
import resource
soft, hard = resource.getrlimit(resource.RLIMIT_{name})
assert hard != resource.RLIM_INFINITY
resource.setrlimit(resource.RLIMIT_{name}, (hard, hard + 1))
"""
    result = await run(code)
    assert (result.termination, "not allowed to raise" in result.stderr) == ("error", True)


@pytest.mark.parametrize(
    "change",
    [
        "resource.prlimit(parent, resource.RLIMIT_NOFILE, (0, 0))",
        "resource.prlimit(parent, resource.RLIMIT_NOFILE)",
        "os.sched_setaffinity(parent, {0})",
        "os.setpriority(os.PRIO_PROCESS, parent, 19)",
        "os.sched_setscheduler(parent, os.SCHED_BATCH, os.sched_param(0))",
    ],
    ids=["limit", "read_limit", "processors", "priority", "scheduler"],
)
async def test_this_of_the_parent_is_out_of_reach(run, change):
    result = await run(f"import os, resource\nparent = os.getppid()\n{change}")
    assert (result.termination, "PermissionError" in result.stderr) == ("error", True)


@pytest.mark.parametrize("user", [0, 1, 60001, 65534])
async def test_no_other_user_can_be_become(run, user):
    assert "PermissionError" in (await run(f"import os\nos.setuid({user})")).stderr


async def test_a_script_has_no_capability(run, has_namespaces):
    code = "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('Cap')][:3])"
    result = await run(code)
    # Without a proc file system of its own a script is shown none at all.
    assert result.stdout == f"{['0' * 16] * 3}\n" or (
        not has_namespaces and "PermissionError" in result.stderr
    )
