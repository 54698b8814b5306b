import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from source_files import ROOT

from curriculum.whole_files import (
    NotWrittenError,
    reason_not_written,
    remove_drafts,
    whole_file,
    whole_folder,
)


def test_a_file_has_its_name_only_once_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with whole_file(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def _fail_in_a_file(path: Path) -> None:
    with whole_file(path) as draft:
        draft.write_text("half")
        raise ValueError("mine")


def _fail_in_a_folder(path: Path) -> None:
    with whole_folder(path) as draft:
        (draft / "a").write_text("half")
        raise ValueError("mine")


def test_a_block_that_fails_leaves_the_old_file_and_folder_and_no_draft(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_text("old")
    with pytest.raises(ValueError, match="mine"):
        _fail_in_a_file(tmp_path / "file")
    with pytest.raises(ValueError, match="mine"):
        _fail_in_a_folder(tmp_path / "folder")
    assert (tmp_path / "file").read_text() == (tmp_path / "folder" / "a").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_folder_takes_the_place_of_the_old_one_whole(tmp_path: Path) -> None:
    for content in ({"a": "1", "b": "2"}, {"b": "3"}):
        with whole_folder(tmp_path / "up" / "folder") as draft:
            for name, text in content.items():
                (draft / name).write_text(text)
        assert {p.name: p.read_text() for p in (tmp_path / "up" / "folder").iterdir()} == content
        assert [p.name for p in (tmp_path / "up").iterdir()] == ["folder"]


def test_a_folder_that_another_process_finished_first_stays(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with whole_folder(target, replaces=False) as draft:
        (draft / "a").write_text("second")
        target.mkdir()
        (target / "a").write_text("first")
    assert (target / "a").read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "free some space or set --out to another disk"),
        (errno.EDQUOT, "free some space or set --out to another disk"),
        (errno.EACCES, "set --out to a place that can be written to"),
        (errno.EFBIG, "set --out to a place that can be written to"),
    ],
)
def test_the_message_names_file_reason_and_cure(number: int, cure: str) -> None:
    told = reason_not_written(Path("x/y"), OSError(number, os.strerror(number)), "--out")
    assert told.startswith(f"x/y could not be written ({os.strerror(number)}): {cure}")
    assert "\n" not in told


def test_a_full_disk_while_tensors_are_written_is_told_as_such(small_disk: Path) -> None:
    import torch
    from safetensors.torch import save_file

    tensor = torch.zeros(100_000)
    for write in (
        lambda folder: torch.save(tensor, folder / "state.pt"),
        lambda folder: save_file({"a": tensor}, folder / "model.safetensors"),
        lambda folder: (folder / "text").write_text("x" * 100_000),
    ):
        with (
            pytest.raises(
                NotWrittenError, match=r"step-1 could not be written \(No space left.*free some space"
            ),
            whole_folder(small_disk / "step-1") as draft,
        ):
            write(draft)
        assert list(small_disk.iterdir()) == []


def test_only_drafts_that_nobody_touched_lately_are_removed(tmp_path: Path) -> None:
    for name in ("old.draft", "new.draft", "kept"):
        (tmp_path / name).mkdir()
    long_ago = time.time() - 1000
    os.utime(tmp_path / "old.draft", (long_ago, long_ago))
    remove_drafts(tmp_path, older_than_s=500)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kept", "new.draft"]
    (tmp_path / "file.draft").write_text("")
    remove_drafts(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


KILLED_WHILE_WRITING = """
import os, sys
from pathlib import Path
from curriculum.whole_files import whole_file
with whole_file(Path(sys.argv[1])) as draft:
    with draft.open("w") as file:
        file.write("x" * int(sys.argv[2]))
        file.flush()
        os.kill(os.getpid(), 9)
"""


def test_a_writer_that_is_killed_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, path, "5000"], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert path.read_text() == "old"
    remove_drafts(tmp_path)
    assert list(tmp_path.iterdir()) == [path]
