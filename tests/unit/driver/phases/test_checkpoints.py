import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_files import ROOT

from driver.errors import RunFolderError
from driver.phases.checkpoints import (
    MANIFEST,
    checkpoint_steps,
    damage,
    drafted,
    latest_checkpoint,
    read_state,
    refuse_damaged_model,
    remove_checkpoints,
    seal,
    write_state,
)


def _made(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "weights").write_text("w")
        seal(folder / name)


def test_steps_are_ordered_by_number_and_drafts_do_not_count(tmp_path: Path) -> None:
    assert latest_checkpoint(tmp_path / "none") is None
    _made(tmp_path, "step-10", "step-9", "step-11.draft", "step-x", "final")
    (tmp_path / "step-12").write_text("no folder")
    assert checkpoint_steps(tmp_path) == [9, 10]
    assert latest_checkpoint(tmp_path) == tmp_path / "step-10"


@given(steps=st.sets(st.integers(0, 200), max_size=6), keep=st.integers(1, 8))
def test_the_newest_are_kept_and_never_fewer_than_asked_for(
    tmp_path_factory: pytest.TempPathFactory, steps: set[int], keep: int
) -> None:
    folder = tmp_path_factory.mktemp("checkpoints")
    _made(folder, *(f"step-{step}" for step in steps), "step-3.draft", "final")
    remove_checkpoints(folder, keep)
    assert checkpoint_steps(folder) == sorted(steps)[-keep:]
    assert (folder / "final").is_dir()
    assert not (folder / "step-3.draft").exists()


def test_keeping_none_removes_the_folder(tmp_path: Path) -> None:
    _made(tmp_path / "partial", "step-1")
    remove_checkpoints(tmp_path / "partial", keep=0)
    assert not (tmp_path / "partial").exists()
    remove_checkpoints(tmp_path / "partial", keep=0)


def test_the_drivers_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    state: dict[str, object] = {"step": 3, "buffer": {"steps": 3}}
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state


FILES = {"state.json": '{"step": 2}', "learner/model.pt": "w" * 5000, "latest": "learner"}


async def _saved(folder: Path, step: int) -> Path:
    async with drafted(folder / f"step-{step}") as draft:
        for name, text in FILES.items():
            (draft / name).parent.mkdir(exist_ok=True)
            (draft / name).write_text(text)
    return folder / f"step-{step}"


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _emptied(file: Path) -> None:
    os.truncate(file, 0)


def _flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _deleted(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("harm", [_cut, _emptied, _flipped, _deleted])
async def test_any_harm_to_any_file_of_the_newest_checkpoint_brings_back_the_one_before(
    tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    await _saved(tmp_path, 2)
    newest = await _saved(tmp_path, 4)
    assert latest_checkpoint(tmp_path) == newest
    harm(newest / name)
    said: list[str] = []
    assert latest_checkpoint(tmp_path, said.append) == tmp_path / "step-2"
    (line,) = said
    assert line.startswith("checkpoint step-4 is damaged (")
    assert name in line or (name == MANIFEST and "checksum" in line)
    assert line.endswith("going on from step-2")
    # Out of the way of the one that will be made when the run comes to this step again.
    assert checkpoint_steps(tmp_path) == [2]
    await _saved(tmp_path, 4)
    remove_checkpoints(tmp_path, keep=2)
    assert _names(tmp_path) == ["step-2", "step-4"]


async def test_each_fault_is_told_with_its_numbers(tmp_path: Path) -> None:
    folder = await _saved(tmp_path, 1)
    assert damage(folder) is None
    (folder / "extra").write_text("what is not listed does no harm")
    assert damage(folder) is None
    os.truncate(folder / "learner" / "model.pt", 4999)
    assert damage(folder) == "learner/model.pt has 4999 bytes of 5000"
    (folder / "learner" / "model.pt").write_text("v" + "w" * 4999)
    assert damage(folder) == "learner/model.pt has another checksum than when it was written"
    (folder / "latest").unlink()
    assert damage(folder) == "latest is missing"
    (folder / MANIFEST).write_text("[]")
    assert damage(folder) == "manifest.json cannot be read (TypeError)"


async def test_where_no_checkpoint_is_whole_nothing_is_thrown_away_in_silence(tmp_path: Path) -> None:
    for step in (2, 4):
        _cut(await _saved(tmp_path, step) / "state.json")
    with pytest.raises(RunFolderError) as caught:
        latest_checkpoint(tmp_path)
    told = str(caught.value)
    assert "all 2 checkpoints" in told
    assert "step-4: state.json has 5 bytes of 11; step-2: state.json has 5 bytes of 11" in told
    assert "delete them to begin this phase again" in told
    assert checkpoint_steps(tmp_path) == [2, 4]


async def test_a_full_disk_while_a_checkpoint_is_written_leaves_the_last_one_and_no_draft(
    small_disk: Path,
) -> None:
    await _saved(small_disk, 1)
    with pytest.raises(RunFolderError, match=r"step-2 could not be written \(No space left.*free some space"):
        async with drafted(small_disk / "step-2") as draft:
            (draft / "model.pt").write_text("w" * 100_000)
    assert _names(small_disk) == ["step-1"]
    assert latest_checkpoint(small_disk) == small_disk / "step-1"


WRITES_FOR_EVER = """
import asyncio, itertools, sys
from pathlib import Path
from driver.phases.checkpoints import drafted, remove_checkpoints
async def main(folder):
    for step in itertools.count(1):
        async with drafted(folder / f"step-{step}") as draft:
            for name in "abc":
                (draft / name).write_text(name * 50_000)
        remove_checkpoints(folder, keep=2)
        print(step, flush=True)
asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("pause_s", [0.0, 0.003, 0.006, 0.009, 0.012, 0.015])
def test_a_kill_at_any_moment_leaves_a_whole_checkpoint(tmp_path: Path, pause_s: float) -> None:
    command = [sys.executable, "-c", WRITES_FOR_EVER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(3):
            writer.stdout.readline()
        signal.sigtimedwait([], pause_s)
        writer.kill()
    newest = latest_checkpoint(tmp_path)
    assert newest is not None
    assert int(newest.name.removeprefix("step-")) >= 3
    assert damage(newest) is None


async def test_a_saved_model_that_was_harmed_is_refused_and_a_users_own_is_not_judged(tmp_path: Path) -> None:
    model = tmp_path / "sft"
    async with drafted(model) as draft:
        (draft / "model.safetensors").write_text("w" * 10)
    await refuse_damaged_model(model)
    _cut(model / "model.safetensors")
    with pytest.raises(RunFolderError, match=r"model.safetensors has 5 bytes of 10.*delete that folder"):
        await refuse_damaged_model(model)
    (model / MANIFEST).unlink()
    await refuse_damaged_model(model)
