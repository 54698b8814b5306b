import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from source_files import ROOT

from driver.errors import RunFolderError
from driver.outputs.row_writer import RowWriter
from driver.outputs.run_folder import read_lines


def _append(path: Path, *rows: object) -> None:
    with RowWriter(path) as writer:
        for row in rows:
            writer.append(row)


def test_no_row_of_sixteen_threads_is_lost_or_torn(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with RowWriter(path) as rows, ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda n: rows.append({"n": n, "text": "x" * (n % 977)}), range(20_000)))
    found = read_lines(path)
    assert sorted(row["n"] for row in found) == list(range(20_000))
    assert all(len(row["text"]) == row["n"] % 977 for row in found)


def test_a_second_writer_of_a_file_is_refused_until_the_first_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with RowWriter(path) as rows:
        rows.append(1)
        with pytest.raises(RunFolderError, match="has a writer already"):
            RowWriter(path)
        rows.append(2)
    _append(path, 3)
    assert read_lines(path) == [1, 2, 3]


def test_a_folder_that_is_gone_is_told_as_a_run_folder_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none" / "a", tmp_path / "file" / "a"):
        with pytest.raises(RunFolderError, match="set folder= to a place"):
            RowWriter(path)


KILLED = """
import os, sys
from pathlib import Path
from driver.outputs.row_writer import RowWriter
rows = RowWriter(Path(sys.argv[1]))
rows.append({"n": 1})
rows.append({"n": 2})
os.kill(os.getpid(), 9)
"""


def test_a_row_that_was_appended_survives_the_kill_of_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    done = subprocess.run([sys.executable, "-c", KILLED, path], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert read_lines(path) == [{"n": 1}, {"n": 2}]
    _append(path, {"n": 3})
    assert json.loads(path.read_text().splitlines()[2]) == {"n": 3}


def test_a_line_that_a_full_disk_cut_is_taken_out_by_the_next_one(small_disk: Path) -> None:
    path = small_disk / "rows.jsonl"
    with RowWriter(path) as rows:
        rows.append("first")
        with pytest.raises(RunFolderError, match="free some space"):
            rows.append("x" * 100_000)
        assert read_lines(path) == ["first"]
        rows.append("second")
    assert read_lines(path) == ["first", "second"]


def test_a_last_line_cut_by_a_crash_is_ignored_and_not_grown_together_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert read_lines(path) == []
    _append(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"b": ')
    assert read_lines(path) == [{"a": 1}]
    _append(path, {"c": 3}, {"d": 4})
    assert read_lines(path) == [{"a": 1}, {"c": 3}, {"d": 4}]


def test_a_last_line_that_only_lacks_its_line_feed_counts(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"b": 2}')
    assert read_lines(path) == [{"a": 1}, {"b": 2}]
    _append(path, {"c": 3})
    assert read_lines(path) == [{"a": 1}, {"b": 2}, {"c": 3}]
