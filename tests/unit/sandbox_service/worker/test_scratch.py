import os
from pathlib import Path

from sandbox_service.worker.scratch import empty


def test_a_folder_is_emptied_however_deep_and_locked(tmp_path: Path):
    folder = tmp_path / "scratch"
    (folder / "locked").mkdir(parents=True)
    (folder / "locked" / "file").write_text("x")
    (folder / "locked").chmod(0)
    (folder / "link").symlink_to("/etc")
    start = os.open(".", os.O_RDONLY)
    try:
        os.chdir(folder)
        for _ in range(2500):
            Path("d").mkdir()
            os.chdir("d")
    finally:
        os.fchdir(start)
        os.close(start)
    empty(str(folder))
    assert list(folder.iterdir()) == []
    assert Path("/etc").is_dir()
