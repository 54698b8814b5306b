import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from source_files import ROOT

from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set
from curriculum.tasks.sets.parquet import freeze
from driver.config_loading import load_config
from driver.errors import RunFolderError
from driver.outputs.run_folder import RunFolder, read_json, read_lines, write_json, write_whole

CONFIG = load_config("smoke")
HOLDER = """
import sys, time
from pathlib import Path
from driver.config_loading import load_config
from driver.outputs.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).claimed(load_config("smoke")):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """Another process that holds the folder `run`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "run")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_folder_held_by_a_live_process_is_refused_until_it_dies(
    tmp_path: Path, holder: subprocess.Popen
) -> None:
    folder = RunFolder(tmp_path / "run")
    with (
        pytest.raises(RunFolderError, match=f"in use by process {holder.pid}: wait for it"),
        folder.claimed(CONFIG),
    ):
        pass
    holder.kill()
    holder.wait()
    with folder.claimed(CONFIG):
        pass


def test_the_lock_of_a_dead_process_is_taken_even_if_its_number_lives_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for number in ("999999999", "1", ""):
        (tmp_path / ".lock").write_text(number)
        with folder.claimed(CONFIG):
            pass


def test_a_folder_cannot_be_claimed_twice_at_once_but_again_afterwards(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.claimed(CONFIG):
        with pytest.raises(RunFolderError, match="in use"), folder.claimed(CONFIG):
            pass
        assert folder.rollouts.is_dir()
        assert folder.checkpoints.is_dir()
    with folder.claimed(CONFIG):
        assert load_config(str(folder.config)) == CONFIG


def test_another_config_is_refused_with_the_changed_keys_named(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.claimed(CONFIG):
        # What a run in the middle of training has made.
        (folder.checkpoints / "step-1").mkdir()
    other = load_config("smoke", ["rollout.group_size=8", "model=other"])
    with (
        pytest.raises(
            RunFolderError,
            match=r"model='tiny-random-llama' -> 'other' \(sft has begun\), rollout\.group_size=4 -> 8",
        ) as caught,
        folder.claimed(other),
    ):
        pass
    assert "set folder= to a new folder" in str(caught.value)
    assert load_config(str(folder.config)) == CONFIG


def test_a_key_may_change_until_something_was_made_with_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.claimed(CONFIG):
        folder.traces.write_text("{}")
    # The traces say that a family has no solver, or the tasks are too few: what an error asks for can be done.
    for change in ("evaluation.samples=3", "learner.grpo.lr=1e-5", "learner.sft.epochs=2"):
        with folder.claimed(load_config("smoke", [change])):
            pass
    with (
        pytest.raises(RunFolderError, match=r"synthesis\.seed=0 -> 1 \(synthesize has begun\)"),
        folder.claimed(load_config("smoke", ["learner.sft.epochs=2", "synthesis.seed=1"])),
    ):
        pass


def test_a_key_that_is_younger_than_the_run_had_its_default(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    config = load_config("laptop", [f"folder={folder.root}"])
    with folder.claimed(config):
        folder.traces.touch()
        folder.tasks.touch()
    older = yaml.safe_load(folder.config.read_text())
    del older["synthesis"]["max_traces"], older["curriculum"]["policy"]
    folder.config.write_text(yaml.safe_dump(older))
    with folder.claimed(config):
        pass
    folder.config.write_text(yaml.safe_dump(older))
    other = load_config("laptop", [f"folder={folder.root}", "synthesis.max_traces=9"])
    with pytest.raises(RunFolderError, match=r"synthesis.max_traces=6500 -> 9"), folder.claimed(other):
        pass


def test_phases_count_as_begun_by_what_they_made_and_by_what_came_after(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.begun_phases() == []
    folder.evaluation_partial.write_text("")
    assert folder.begun_phases() == []
    (folder.sft_partial / "step-5").mkdir(parents=True)
    assert folder.begun_phases() == ["tasks", "synthesize", "sft"]
    assert folder.has_learner_state()
    folder.sft_model.mkdir()
    assert not folder.has_learner_state()
    (folder.checkpoints / "step-5").mkdir()
    assert folder.begun_phases() == ["tasks", "synthesize", "sft", "potential", "train"]
    assert folder.has_learner_state()
    folder.final_model.mkdir()
    assert not folder.has_learner_state()
    folder.evaluation_partial.write_text("{}")
    assert folder.begun_phases()[-1] == "evaluate"


def test_a_run_that_goes_on_clears_away_what_a_killed_one_left_unfinished(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.claimed(CONFIG):
        pass
    for draft in ("summary.json.1.draft", "checkpoints/step-3.2.draft", "rollouts/a.parquet.3.draft"):
        (tmp_path / draft).write_text("half")
    with folder.claimed(CONFIG):
        assert list(tmp_path.rglob("*.draft")) == []


def test_a_damaged_file_of_the_run_is_told_with_the_cure(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.phases.write_text('{"sft": {"wal')
    with pytest.raises(
        RunFolderError, match=r"phases\.json is not JSON .*delete it and its phase makes it again"
    ):
        folder.record_phase("sft", 1.0)
    folder.potential.write_text("[]")
    with pytest.raises(RunFolderError, match=r"potential\.json must hold an object, not a list"):
        read_json(folder.potential)
    for text in (b"\xff\xfe", b"a: [", b"- 1", b"just text"):
        folder.config.write_bytes(text)
        with pytest.raises(RunFolderError, match="nobody knows what"), folder.claimed(CONFIG):
            pass


def test_a_task_set_that_was_cut_or_changed_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    tasks = build_task_set(
        TaskSetConfig(preset="smoke", sft_per_family=2, train_per_family=2, test_per_family=2)
    )
    freeze(tasks, folder.tasks)
    whole = folder.tasks.read_bytes()
    assert list(folder.load_tasks()) == tasks
    for place in (0, len(whole) // 3, len(whole) - 9):
        folder.tasks.write_bytes(whole[:place])
        with pytest.raises(RunFolderError, match=r"tasks\.parquet cannot be read"):
            folder.load_tasks()
    freeze(tasks[:-1], folder.tasks)
    other = pq.read_table(folder.tasks)
    pq.write_table(other.replace_schema_metadata({b"content_hash": b"0" * 64}), folder.tasks)
    with pytest.raises(RunFolderError, match="does not have the content it was frozen with"):
        folder.load_tasks()


def test_what_does_not_change_the_result_may_change(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.claimed(CONFIG):
        pass
    moved = load_config("smoke", ["placement.rollout_workers=2", "name=again", "folder=elsewhere"])
    with folder.claimed(moved):
        assert load_config(str(folder.config)) == moved


def test_a_folder_that_cannot_be_made_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RunFolderError, match="set folder= to a place that can be written to"),
        RunFolder(tmp_path / "file" / "run").claimed(CONFIG),
    ):
        pass


def test_seconds_of_a_phase_add_up_over_attempts(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.read_phases() == {}
    folder.record_phase("sft", 2.0)
    folder.record_phase("sft", 3.0)
    folder.record_phase("train", 1.0)
    assert folder.read_phases() == {"sft": {"wall_s": 5.0}, "train": {"wall_s": 1.0}}


def test_a_full_disk_leaves_the_old_file_and_no_draft(small_disk: Path) -> None:
    path = small_disk / "state.json"
    write_json(path, "old")
    with pytest.raises(
        RunFolderError, match=r"state.json could not be written \(No space left.*free some space"
    ):
        write_whole(path, "x" * 100_000)
    assert json.loads(path.read_text()) == "old"
    assert list(small_disk.iterdir()) == [path]


LIMITED = """
import resource, sys
from pathlib import Path
from driver.errors import RunFolderError
from driver.outputs.run_folder import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), "x" * 5000)
except RunFolderError as error:
    print(error)
"""


def test_a_file_that_may_not_grow_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_whole(path, "old")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "state.json could not be written (File too large)" in done.stdout
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_gone_is_told_as_a_run_folder_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none" / "a", tmp_path / "file" / "a"):
        with pytest.raises(RunFolderError, match="set folder= to a place"):
            write_whole(path, "x")


def test_a_broken_line_in_the_middle_is_told_and_not_skipped(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    path.write_text('{"a": 1}\nnonsense\n{"b": 2}\n')
    with pytest.raises(RunFolderError, match=r"traces.jsonl line 2 is not JSON"):
        read_lines(path)


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    path.write_text(json.dumps({"a": "x\u2028y"}, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_lines(path) == [{"a": "x\u2028y"}]


def test_every_file_of_a_run_folder_is_in_its_document(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "run-folder.md").read_text()
    places = [path for path in vars(RunFolder(tmp_path)).values() if path != tmp_path]
    assert len(places) > 12
    names = [str(path.relative_to(tmp_path)) for path in places]
    assert [name for name in names if f"`{name}" not in document] == []
