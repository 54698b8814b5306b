"""Programs that read or write outside their scratch folder, and what becomes of the folder."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


CHANGES = {"chmod": "0o777", "utime": "(1, 1)", "chown": "1, 1", "setxattr": "'user.x', b'x'"}


def file_status(path: Path) -> tuple[int, float, int]:
    status = path.stat()
    return status.st_mode, status.st_mtime, status.st_uid


def names_below_lanes(scratch_root: str) -> set[str]:
    return {path.name for path in Path(scratch_root).glob("*/*/**/*")}


async def test_a_script_can_work_in_its_folder(run):
    code = """
import os, sqlite3, tempfile
os.makedirs("a/b")
open("a/b/c.txt", "w").write("text")
os.rename("a/b/c.txt", "a/d.txt")
print(open("a/d.txt").read(), os.listdir("."))
with tempfile.NamedTemporaryFile("w+") as file:
    file.write("x")
open(os.path.expanduser("~/home.txt"), "w").write("x")
sqlite3.connect("db.sqlite").execute("create table t (x)")
open("module_of_mine.py", "w").write("answer = 42")
import module_of_mine
print(module_of_mine.answer)
"""
    result = await run(code)
    assert result.stdout == "text ['a']\n42\n", result.stderr


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "/etc/shadow", "/root/.bashrc", __file__, "/var/log", "/home"]
)
async def test_files_of_the_host_cannot_be_read(run, path):
    code = f"import os\np = {path!r}\nprint(os.listdir(p) if os.path.isdir(p) else open(p).read())"
    result = await run(code)
    assert (result.termination, result.stdout) == ("error", "")
    assert "PermissionError" in result.stderr or "FileNotFoundError" in result.stderr


async def test_a_canary_next_to_the_scratch_folders_cannot_be_read(run, pool):
    canary = Path(pool.config.scratch_root) / "canary.txt"
    canary.write_text("canary")
    try:
        result = await run(f"print(open({str(canary)!r}).read())")
    finally:
        canary.unlink()
    assert (result.termination, result.stdout) == ("error", "")


async def test_modes_and_times_of_files_outside_cannot_be_changed(run, pool):
    canary = Path(pool.config.scratch_root) / "canary.txt"
    canary.write_text("canary")
    before = file_status(canary)
    attempt = f"try:\n    os.CALL({str(canary)!r}, ARGUMENT)\nexcept OSError:\n    pass\n"
    attempts = [
        attempt.replace("CALL", call).replace("ARGUMENT", argument) for call, argument in CHANGES.items()
    ]
    assert (await run("import os\n" + "".join(attempts))).termination == "ok"
    after = file_status(canary)
    canary.unlink()
    assert after == before


async def test_copying_a_file_with_its_mode_works(run):
    code = "import shutil\nopen('a', 'w').write('x')\nshutil.copy2('a', 'b')\nprint(open('b').read())"
    assert (await run(code)).stdout == "x\n"


async def test_writing_outside_the_scratch_folder_is_refused(run):
    code = """
import os, sys, sysconfig
folders = ["/", "/usr", "/usr/lib", "/etc", "/var/tmp", "/dev", "/proc", sys.prefix, sysconfig.get_path("stdlib"), ".."]
folders += ["../..", "/root", "/scratch", os.path.dirname(os.__file__)]
for folder in folders:
    try:
        path = os.path.join(folder, "sandbox-was-here")
        open(path, "w").write("x")
        if not os.path.realpath(path).startswith(os.path.realpath("..") + "/"):
            print("wrote", os.path.realpath(path))
    except OSError:
        pass
"""
    result = await run(code)
    assert (result.termination, result.stdout) == ("ok", "")


async def test_installed_libraries_cannot_be_changed(run):
    code = "import os, numpy\nopen(numpy.__file__, 'a').write('#')"
    result = await run(code)
    assert "Error" in result.stderr
    assert "wrote" not in result.stdout


async def test_a_symlink_out_of_the_folder_leads_nowhere(run):
    result = await run("import os\nos.symlink('/etc/hostname', 'link')\nprint(open('link').read())")
    assert (result.termination, result.stdout) == ("error", "")


async def test_device_nodes_cannot_be_made(run):
    assert (
        "Operation not permitted"
        in (await run("import os\nos.mknod('disk', 0o60666, os.makedev(8, 0))")).stderr
    )


async def test_the_folder_is_gone_afterwards_whatever_is_in_it(run, pool, has_namespaces):
    code = """
import os
os.mkdir("locked")
open("locked/file", "w").write("x")
os.chmod("locked", 0)
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
print("made")
"""
    result = await run(code)
    # Nested deeper than a path may be long: a watched folder does not allow that, a tmpfs does not mind.
    assert result.stdout == "made\n" or (result.termination == "killed" and not has_namespaces)
    assert (await run("import os\nprint(os.listdir('.'))")).stdout == "[]\n"
    # Without a private root the lane's own folder stays, empty between two runs.
    assert names_below_lanes(pool.config.scratch_root) <= {"run"}


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_VSOCK", "AF_PACKET"])
async def test_no_socket_can_be_opened(run, family):
    result = await run(f"import socket\nsocket.socket(socket.{family}, socket.SOCK_DGRAM)\nprint('opened')")
    assert (result.termination, result.stdout) == ("error", "")


async def test_the_network_cannot_be_reached_through_a_library(run):
    code = "import urllib.request\nprint(urllib.request.urlopen('http://127.0.0.1:1/', timeout=2).status)"
    result = await run(code)
    assert result.termination == "error"
    assert "Operation not permitted" in result.stderr or "Temporary failure" in result.stderr


async def test_asyncio_works_without_a_network(run):
    code = (
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 7\nprint(asyncio.run(f()))"
    )
    assert (await run(code)).stdout == "7\n"
