"""Programs that read or write outside their scratch folder, and what becomes of the folder."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_copying_a_file_with_its_mode_works(run):
    code = "import shutil\nopen('a', 'w').write('x')\nshutil.copy2('a', 'b')\nprint(open('b').read())"
    assert (await run(code)).stdout == "x\n"
