"""Programs that look for files of the host, or try to leave something there."""

import asyncio
from pathlib import Path

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRETS = (
    ".ssh/id_rsa",
    ".netrc",
    ".aws/credentials",
    ".git-credentials",
    ".cache/huggingface/token",
    ".env",
)
SYSTEM_FILES = (
    "/etc/shadow", "/etc/hostname", "/etc/resolv.conf", "/etc/machine-id", "/etc/sudoers", "/etc/fstab",
    "/root/.bashrc", "/proc/1/environ", "/proc/kcore", "/proc/kallsyms", "/proc/cmdline", "/proc/modules",
    "/proc/keys", "/proc/timer_list", "/proc/interrupts",
    "/proc/config.gz", "/proc/vmallocinfo", "/proc/pressure", "/proc/bus", "/proc/kmsg", "/proc/sysrq-trigger",
    "/proc/1/root/etc/shadow", "/proc/self/root/etc/shadow", "/proc/self/cwd/../../../../../../etc/shadow",
    "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/tty", "/dev/ptmx", "/dev/fuse", "/dev/kvm", "/dev/net/tun",
    "/sys/kernel/uevent_helper", "/sys/class/net", "/sys/fs/cgroup", "/run", "/var/run/docker.sock", "/var/log",
    "/home", "/boot", "/opt", "/srv", "/mnt", "/tmp/../var", "/var/run/secrets/kubernetes.io/serviceaccount/token",
)  # fmt: skip
# Ways to the file at PATH, each without another's luck.
WAYS_IN = {
    "open": "print(open(PATH).read())",
    "symlink": "os.symlink(PATH, 'l')\nprint(open('l').read())",
    "symlink_to_the_folder": """
os.symlink(os.path.dirname(PATH), "l")
print(open("l/" + os.path.basename(PATH)).read())
""",
    "hard_link": "os.link(PATH, 'l')\nprint(open('l').read())",
    "rename": "os.rename(PATH, 'l')\nprint(open('l').read())",
    "copy": "import shutil\nshutil.copy(PATH, 'l')\nprint(open('l').read())",
    "dots": "print(open('../' * 40 + PATH.lstrip('/')).read())",
    "folder_descriptor": """
folder = os.open(os.path.dirname(PATH), os.O_PATH)
print(os.read(os.open(os.path.basename(PATH), os.O_RDONLY, dir_fd=folder), 99))
""",
    "path_descriptor": "print(open(f'/proc/self/fd/{os.open(PATH, os.O_PATH)}').read())",
    "root_of_oneself": "print(open('/proc/self/root' + PATH).read())",
    "root_of_the_parent": "print(open(f'/proc/{os.getppid()}/root' + PATH).read())",
    "changed_folder": "os.chdir(os.path.dirname(PATH))\nprint(open(os.path.basename(PATH)).read())",
    "list_of_names": "print('canary' if os.listdir(os.path.dirname(PATH)) else '')",
    "mapping": "import mmap\nprint(mmap.mmap(os.open(PATH, os.O_RDONLY), 0, prot=1)[:])",
    "sendfile": "os.sendfile(1, os.open(PATH, os.O_RDONLY), 0, 99)",
    "linecache": "import linecache\nprint(linecache.getline(PATH, 1) or 1 / 0)",
    "module": "sys.path.insert(0, os.path.dirname(PATH))\n__import__(os.path.basename(PATH))",
    "c_library": "import ctypes\nctypes.CDLL(PATH)\nprint('canary')",
    "sqlite": "import sqlite3\nsqlite3.connect(PATH).execute('select * from sqlite_master')",
    "numpy": "import numpy\nprint(numpy.fromfile(PATH, 'u1'))",
    "program": "os.execv(PATH, [PATH])",
    "truncation": "os.truncate(PATH, 0)",
    "append": "open(PATH, 'a').write('x')",
    "removal": "os.unlink(PATH)",
}
OUTSIDE = (
    "/", "/usr", "/usr/lib", "/etc", "/var/tmp", "/dev", "/dev/mqueue", "/proc", "/proc/self", "/sys", "/root", "/home",
    "/scratch", "/run", "/opt", "../..",
)  # fmt: skip


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    path = tmp_path / "canary.txt"
    path.write_text("canary")
    # Rights of the file system must not be what keeps a script out.
    path.chmod(0o777)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    return path


@pytest.mark.parametrize("way", WAYS_IN.values(), ids=WAYS_IN.keys())
async def test_a_file_of_the_host_cannot_be_reached_by(run, canary, way):
    result = await run(f"import os, sys\nPATH = {str(canary)!r}\n{way}")
    assert (result.termination, result.stdout) == ("error", "")
    assert canary.read_text() == "canary"
    assert sorted(path.name for path in canary.parent.iterdir()) == ["canary.txt"]


@pytest.mark.parametrize("name", SECRETS)
async def test_this_secret_in_a_home_folder_cannot_be_read(run, tmp_path, monkeypatch, name):
    secret = tmp_path / name
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text("canary")
    monkeypatch.setenv("HOME", str(tmp_path))
    homes = ["~", str(tmp_path), "/root", "/home/user"]
    code = f"""
import os
for home in {homes}:
    try:
        print(open(os.path.join(os.path.expanduser(home), {name!r})).read())
    except OSError:
        pass
"""
    result = await run(code)
    assert (result.termination, result.stdout) == ("ok", "")


@pytest.mark.parametrize("path", SYSTEM_FILES)
async def test_this_of_the_system_cannot_be_read(run, path):
    code = f"import os\np = {path!r}\nprint(os.listdir(p) if os.path.isdir(p) else open(p, 'rb').read(9))"
    result = await run(code)
    assert (result.termination, result.stdout) == ("error", "")


async def test_the_names_of_hosts_are_the_script_s_own_or_none(run, has_namespaces):
    result = await run("print(open('/etc/hosts').read())")
    own = "127.0.0.1 localhost sandbox\n::1 localhost ip6-localhost\n\n"
    assert result.stdout == (own if has_namespaces else "")


@pytest.mark.parametrize("folder", OUTSIDE)
async def test_nothing_can_be_made_in(run, folder):
    result = await run(f"open({folder!r} + '/sandbox-was-here', 'w')")
    assert (result.termination, "Error" in result.stderr) == ("error", True)


@pytest.mark.parametrize(
    "path",
    ["os.__file__", "sys.executable", "numpy.__file__", "ctypes.__file__", "os.path.dirname(os.__file__)"],
)
async def test_this_of_the_interpreter_cannot_be_changed(run, path):
    code = f"import ctypes, numpy, os, sys\npath = {path}\nopen(path + '/x' if os.path.isdir(path) else path, 'a')"
    result = await run(code)
    assert (result.termination, "Error" in result.stderr) == ("error", True)


@pytest.mark.parametrize(
    "change", ["os.chmod(p, 0)", "os.utime(p, (1, 1))", "os.chown(p, 1, 1)", "os.setxattr(p, 'user.x', b'x')"]
)
async def test_a_file_of_the_host_keeps_what_is_known_of_it(run, canary, change):
    before = canary.stat()
    await run(f"import os\np = {str(canary)!r}\n{change}")
    assert canary.stat() == before


async def test_device_nodes_cannot_be_made(run):
    result = await run("import os\nos.mknod('disk', 0o60666, os.makedev(8, 0))")
    assert "PermissionError" in result.stderr


async def test_no_program_gives_new_privileges(run):
    asks = "import ctypes\nprint(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))"
    assert (await run(asks)).stdout == "1\n"


async def test_the_scratch_of_another_worker_is_not_visible(run, pool, has_namespaces):
    waits = "import time\nopen('owned-by-a', 'w').write('canary')\ntime.sleep(0.4)"
    looks = f"""
import glob
print([path for root in ({pool.config.scratch_root!r}, "/scratch", "/tmp", "..")
       for path in glob.glob(root + "/**/owned-by-a", recursive=True)])
"""
    first, second = await asyncio.gather(run(waits), run(looks))
    assert (first.termination, second.stdout) == ("ok", "[]\n")


async def test_what_a_run_left_in_its_folder_is_gone_for_the_next(run, pool):
    for _ in range(pool.config.num_workers):
        await run(
            "import os\nfor name in ('left', '../left', '../tmp/left'):\n    open(name, 'w').write('canary')"
        )
    for _ in range(pool.config.num_workers):
        assert (
            await run("import os\nprint(sorted(os.listdir('..')), os.listdir('.'), os.listdir('../tmp'))")
        ).stdout == ("['tmp', 'work'] [] []\n")


async def test_shared_memory_by_name_does_not_reach_the_next_script(run, has_namespaces):
    shared = "from multiprocessing import shared_memory\n"
    made = await run(f"{shared}shared_memory.SharedMemory('left', create=True, size=99)\nprint('made')")
    # Where there is no folder for it, it cannot be made at all.
    assert made.stdout == ("made\n" if has_namespaces else ""), made.stderr
    assert (await run(f"{shared}shared_memory.SharedMemory('left')\nprint('found')")).stdout == ""
