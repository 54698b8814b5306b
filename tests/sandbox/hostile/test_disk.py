"""Programs that fill, flood or booby-trap their scratch folder, and what becomes of it."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

FULL = "filled its scratch folder: more than 16 MiB, or too many or too deep files"
# Each writes well above 16 MiB in files of at most 8 MiB, then waits for whoever should notice.
FILLINGS = {
    "many_files": "for i in range(6):\n    open(str(i), 'wb').write(bytes(7 << 20))",
    "in_the_temporary_folder": """
import os
for i in range(6):
    open(f"{os.environ['TMPDIR']}/{i}", "wb").write(bytes(7 << 20))
""",
    "deleted_but_open": """
import os
kept = [open(str(i), "wb") for i in range(6)]
for i, file in enumerate(kept):
    os.unlink(str(i))
    file.write(bytes(7 << 20))
    file.flush()
""",
    "deleted_but_mapped": """
import mmap, os
kept = []
for i in range(6):
    with open(str(i), "wb+") as file:
        file.write(bytes(7 << 20))
        file.flush()
        kept.append(mmap.mmap(file.fileno(), 0))
    os.unlink(str(i))
""",
    "deleted_closed_and_mapped_past_python": """
import ctypes, os
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
for i in range(6):
    with open(str(i), "wb+") as file:
        file.write(bytes(7 << 20))
        file.flush()
        libc.mmap(None, ctypes.c_size_t(4096), 3, 1, file.fileno(), ctypes.c_long(0))
    os.unlink(str(i))
""",
    "reserved": """
import os
for i in range(6):
    os.posix_fallocate(os.open(str(i), os.O_CREAT | os.O_RDWR), 0, 7 << 20)
""",
    "in_deep_folders": """
import os
for i in range(6):
    os.mkdir("d")
    os.chdir("d")
    open("file", "wb").write(bytes(7 << 20))
""",
    "in_a_locked_folder": """
import os
os.mkdir("locked")
for i in range(6):
    open(f"locked/{i}", "wb").write(bytes(7 << 20))
    os.chmod("locked", 0)
    os.chmod("locked", 0o700)
os.chmod("locked", 0)
""",
}


@pytest.mark.parametrize("code", FILLINGS.values(), ids=FILLINGS.keys())
async def test_room_used_up_in_this_way_is_noticed(run, has_namespaces, code):
    result = await run(f"import time\n{code}\ntime.sleep(2)\nprint('unnoticed')")
    if has_namespaces:
        assert (result.termination, "No space left on device" in result.stderr) == ("error", True)
    else:
        assert (result.termination, result.message) == ("killed", FULL)


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
async def test_inodes_run_out(run, has_namespaces, kind):
    making = {
        "file": "open(str(i), 'w').close()",
        "folder": "os.mkdir(str(i))",
        "link": "os.symlink('x', str(i))",
    }
    result = await run(f"import os, time\nfor i in range(6_000):\n    {making[kind]}\ntime.sleep(2)")
    if has_namespaces:
        assert "No space left on device" in result.stderr
    else:
        assert (result.termination, result.message) == ("killed", FULL)


async def test_one_file_has_an_end(run):
    result = await run(
        "with open('big', 'wb') as f:\n    for _ in range(10):\n        f.write(bytes(1 << 20))"
    )
    assert (result.termination, "File too large" in result.stderr) == ("error", True)


async def test_a_sparse_terabyte_is_refused(run):
    result = await run("import os\nos.truncate(os.open('sparse', os.O_CREAT | os.O_RDWR), 1 << 40)")
    assert (result.termination, "File too large" in result.stderr) == ("error", True)


async def test_a_write_at_a_terabyte_is_refused(run):
    result = await run("import os\nos.pwrite(os.open('sparse', os.O_CREAT | os.O_RDWR), b'x', 1 << 40)")
    assert (result.termination, "File too large" in result.stderr) == ("error", True)


async def test_open_descriptors_run_out(run):
    result = await run("import os\nx = [os.open('/dev/null', os.O_RDONLY) for _ in range(1000)]")
    assert "Too many open files" in result.stderr


async def test_pipes_run_out(run):
    result = await run("import os\nx = [os.pipe() for _ in range(1000)]")
    assert "Too many open files" in result.stderr


async def test_descriptors_cannot_be_hidden_in_a_socket_where_the_folder_is_watched(run, has_namespaces):
    code = """
import array, os, socket
ours, theirs = socket.socketpair()
file = os.open("hidden", os.O_CREAT | os.O_RDWR)
ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
print("sent")
"""
    result = await run(code)
    assert result.stdout == "sent\n" if has_namespaces else "PermissionError" in result.stderr


TRAPS = {
    "three_thousand_folders_deep": "for _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')",
    "a_folder_without_rights": "os.mkdir('locked')\nopen('locked/file', 'w').close()\nos.chmod('locked', 0)",
    "a_tree_without_rights": """
os.makedirs("a/b/c")
for path in ("a/b/c", "a/b", "a"):
    open(f"{path}/file", "w").close()
    os.chmod(path, 0)
""",
    "the_folder_itself_without_rights": "os.chmod('..', 0)",
    "a_file_without_rights": "open('file', 'w').close()\nos.chmod('file', 0)",
    "a_loop_of_links": "os.symlink('b', 'a')\nos.symlink('a', 'b')",
    "a_link_to_the_root": "os.symlink('/', 'root')",
    "names_that_are_no_text": "open(b'\\xff\\xfe', 'w').close()\nos.mkdir(b'\\xff')\nopen(b'\\xff/\\n', 'w').close()",
    "a_name_like_an_option": "os.mkdir('-rf')\nopen('-rf/*', 'w').close()",
    "a_name_of_full_length": "os.mkdir('x' * 255)\nopen('x' * 255 + '/' + 'y' * 255, 'w').close()",
    "the_folder_moved_away": "os.rename('../work', '../moved')\nos.symlink('/', '../work')",
    "the_current_folder_deleted": "os.rmdir('../work')",
    "a_socket": "import socket\nsocket.socketpair()\nopen('s', 'w').close()",
}


@pytest.mark.parametrize("code", TRAPS.values(), ids=TRAPS.keys())
async def test_this_trap_is_gone_afterwards(run, pool, has_namespaces, code):
    result = await run(f"import os\n{code}\nprint('set')")
    # Nested deeper than a path may be long: a watched folder does not allow that, a tmpfs does not mind.
    assert result.stdout == "set\n" or (not has_namespaces and result.message == FULL), result.stderr
    looks = "import os\nprint([len(names) + len(files) for _, names, files in os.walk('..')])"
    for _ in range(pool.config.num_workers):
        # The two empty folders of every run: to work in, and for temporary files.
        assert (await run(looks)).stdout == "[2, 0, 0]\n"
    assert names_below(pool.config.scratch_root) <= {"run", "work", "tmp"}


def names_below(scratch_root: str) -> set[str]:
    return {path.name for path in Path(scratch_root).glob("*/*/**/*")}
